//! Rows themselves; the scores are what the model makes of their features.

use super::metric::{Metric, Range};
use super::view::View;
use crate::metrics::{Reconstruction, reconstruction};

/// The metrics, in the order of every table.
pub const METRICS: [Metric; 4] = [
    Metric::gain(
        "explained",
        "Explained",
        Range::AtMostOne,
        "share of the features' variance that comes back; empty where all rows are alike",
    ),
    Metric::loss("mse", "MSE", Range::NotNegative, "mean squared error of a cell, features as the model sees them"),
    Metric::loss("mae", "MAE", Range::NotNegative, "mean absolute error of a cell"),
    Metric::loss("error_p95", "Error, 95%", Range::NotNegative, "95% quantile of the rows' mean squared errors"),
];

/// The metrics of some rows; `None` where one does not exist.
pub(super) fn measure(view: &View<'_>) -> Vec<Option<f64>> {
    let Reconstruction { mse, mae, explained, error_p95 } = Reconstruction::of(view.x, view.scores);
    let values = [explained, Some(mse), Some(mae), Some(error_p95)];
    const { assert!(METRICS.len() == 4) };
    values.to_vec()
}

/// Each row's mean squared error.
pub(super) fn losses(view: &View<'_>) -> Vec<f64> {
    reconstruction::row_errors(view.x, view.scores)
}
