//! How good scores are, as scikit-learn defines it.

pub mod bootstrap;
mod calibration;
mod classification;
pub mod cost;
mod curves;
pub mod equivalence;
mod evaluation;
mod ranking;
mod spread;
mod stop;
mod student;

pub use calibration::Bin;
pub use classification::{Metrics, NAMES};
pub use cost::{Costs, ExpectedCost};
pub use curves::Curves;
pub use evaluation::Evaluation;
pub use ranking::{FALSE_POSITIVE_RATES, Ranking};
pub use spread::{Spread, Worse};
pub use stop::{Stop, Watched};
