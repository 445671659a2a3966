//! How good scores are, as scikit-learn defines it.

mod classification;
mod evaluation;
mod ranking;

pub use classification::{Metrics, NAMES};
pub use evaluation::Evaluation;
pub use ranking::Ranking;
