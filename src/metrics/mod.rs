//! How good scores are, as scikit-learn defines it.

pub mod bootstrap;
mod calibration;
mod calibration_test;
mod classification;
mod clusters;
mod confusion;
pub mod cost;
mod curves;
pub mod equivalence;
mod evaluation;
mod gains;
mod multiclass;
mod ranking;
pub mod reconstruction;
mod regression;
mod score_histogram;
mod spread;
pub mod stability;

pub use calibration::{BINS, Bin, Excess};
pub use calibration_test::{CalibrationTest, Grade};
pub use classification::{TwoClassSums, TwoClasses};
pub use clusters::{Clusters, SILHOUETTE_ROWS_MAX};
pub use confusion::Confusion;
pub use cost::{Costs, ExpectedCost};
pub use curves::{CurvePoint, Curves};
pub use evaluation::Evaluation;
pub use gains::{Group, gains};
pub use multiclass::{Multiclass, MulticlassSums, confusion_matrix};
pub use ranking::{FALSE_POSITIVE_RATES, Ranking};
pub use reconstruction::{FeatureError, Reconstruction};
pub use regression::{Decile, Regression, deciles};
pub use score_histogram::{ScoreBin, score_histogram};
pub use spread::{Spread, Worse};
