//! A scenario: read from TOML, checked as a whole, and from then on valid.

mod aggregation;
mod keys;
mod odds;
mod plan;
mod read;
mod rules;
mod schema;

pub use aggregation::{AGGREGATIONS, Aggregation};
pub use plan::{PATHS, Plan, ROUNDS, relative};
pub use read::{MEBIBYTES_MAX, can_be_a_folder, load, parse};
pub use schema::schema;
