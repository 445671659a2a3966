//! Tables: read from CSV or generated, split, dealt to clients, and turned into matrices.

mod chunked_rows;
mod client_files;
mod columns;
pub mod csv;
mod derived;
mod examples;
mod federation;
mod labelling;
mod labels;
mod look;
pub mod partition;
mod population;
mod prepare;
pub mod preprocess;
mod raw;
mod source;
pub mod split;
mod suspects;
pub mod synthetic;
pub mod table;

pub use columns::TextColumn;
pub use derived::Derived;
pub use examples::Examples;
pub use federation::{ByClient, ClientRows, Clients, Federation, Stored, not_stored};
pub use labelling::Labelling;
pub use look::{Look, LookedAt, LookedLabel, look};
pub use prepare::{DataPlan, Deal, Loaded, apply_all, deal, load, prepare};
pub use raw::{RawCell, RawColumn, table_of};
pub use source::{AllRows, Files, Source};
pub use suspects::Suspicion;
