//! A scenario: read from TOML, checked as a whole, and from then on valid.

mod plan;
mod read;

pub use plan::Plan;
pub use read::{load, parse};
