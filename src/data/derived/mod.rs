//! Features that no file holds: simple arithmetic over its columns, as people write it.

mod features;
mod formula;
mod scan;
mod term;

pub use features::{Derived, Refused};
