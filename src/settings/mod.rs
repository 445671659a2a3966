//! Reads a TOML text key by key: each key's default, type and limits stand where it is read, every mistake is
//! collected with its place, and what was read is written down as the full scenario.

mod canonical;
mod document;
mod limit;
mod lists;
mod question;
mod table;
mod values;
mod written;

pub use document::{Document, Interview, Resolved, Source};
pub use limit::{Bound, FRACTION, Limit, NOT_NEGATIVE, POSITIVE, PROPER_FRACTION, SHARE, UNIT_INTERVAL};
pub use question::{Question, Shape};
pub use table::{Scalar, Table};
pub use written::Written;
