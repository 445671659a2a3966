//! A scenario: read from TOML, checked as a whole, and from then on valid.

mod aggregation;
mod odds;
mod plan;
mod read;
mod rules;

pub use aggregation::{AGGREGATIONS, Aggregation};
pub use plan::{PATHS, Plan};
pub use read::{MEBIBYTES_MAX, load, parse};
