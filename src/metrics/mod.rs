//! How good scores are, as scikit-learn defines it.

mod classification;
pub mod equivalence;
mod evaluation;
mod ranking;
mod student;

pub use classification::{Metrics, NAMES};
pub use evaluation::Evaluation;
pub use ranking::Ranking;
