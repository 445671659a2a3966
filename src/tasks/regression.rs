//! A number; the score is the expected one.

use super::metric::{Metric, Range};
use super::view::View;
use crate::metrics::{Regression, Worse};

/// The metrics, in the order of every table.
pub const METRICS: [Metric; 7] = [
    Metric::loss("rmse", "RMSE", Range::NotNegative, "root of the mean squared error"),
    Metric::loss("mae", "MAE", Range::NotNegative, "mean absolute error"),
    Metric::gain("r2", "R2", Range::AtMostOne, "share of the variance that is told; empty where all labels are alike"),
    Metric::loss("median_error", "Median error", Range::NotNegative, "median absolute error"),
    Metric { worse: Worse::Farther, ..Metric::loss("bias", "Bias", Range::Any, "mean of prediction minus label") },
    Metric::loss("pinball_0.1", "Pinball loss at 0.1", Range::NotNegative, "of the prediction as the 10% quantile"),
    Metric::loss("pinball_0.9", "Pinball loss at 0.9", Range::NotNegative, "of the prediction as the 90% quantile"),
];

/// The metrics of some rows; `None` where one does not exist.
pub(super) fn measure(view: &View<'_>) -> Vec<Option<f64>> {
    let found = Regression::of(view.labels.values(), view.scores);
    let Regression { rmse, mae, r2, median_error, bias, pinball_10, pinball_90 } = found;
    let values = [Some(rmse), Some(mae), r2, Some(median_error), Some(bias), Some(pinball_10), Some(pinball_90)];
    const { assert!(METRICS.len() == 7) };
    values.to_vec()
}

/// Each row's squared error.
pub(super) fn losses(view: &View<'_>) -> Vec<f64> {
    view.labels.values().iter().zip(view.scores).map(|(label, score)| (score - label) * (score - label)).collect()
}
