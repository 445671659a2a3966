//! Tables: read from CSV or generated, split, dealt to clients, and turned into matrices.

pub mod csv;
mod federation;
mod labels;
mod look;
pub mod partition;
mod population;
mod prepare;
pub mod preprocess;
mod source;
pub mod split;
mod stretches;
mod suspects;
pub mod synthetic;
pub mod table;

pub use federation::{ByClient, ClientRows, Clients, Federation, Stored, not_stored};
pub use look::{Look, LookedAt, look};
pub use prepare::{DataPlan, Deal, Examples, Loaded, apply_all, deal, load, prepare};
pub use source::{AllRows, Files, Source, TextColumn};
pub use suspects::Suspicion;
