//! Two classes, 0 and 1; a score is the probability of 1.

use super::metric::{Metric, Range};
use super::view::View;
use crate::metrics::{FALSE_POSITIVE_RATES, Ranking, TwoClasses};
use crate::numeric::math::ln;

/// The metrics, in the order of every table.
pub const METRICS: [Metric; 14] = [
    Metric::loss("loss", "Loss", Range::NotNegative, "mean cross-entropy in nats"),
    Metric::gain("auc", "AUC", Range::Share, "area under the ROC curve; empty where a class is missing"),
    Metric::gain("pr_auc", "PR-AUC", Range::Share, "average precision"),
    Metric::gain("accuracy", "Accuracy", Range::Share, "at the scenario's threshold, as the next three"),
    Metric::gain("precision", "Precision", Range::Share, ""),
    Metric::gain("recall", "Recall", Range::Share, ""),
    Metric::gain("f1", "F1", Range::Share, ""),
    Metric::loss("brier", "Brier score", Range::Share, ""),
    Metric::gain("ks", "KS", Range::Share, "Kolmogorov-Smirnov statistic"),
    Metric::gain("gini", "Gini", Range::Signed, "2 AUC - 1; in `fairness.csv` the Gini coefficient over clients"),
    Metric::loss("ece", "Calibration error", Range::Share, "expected calibration error over ten bins"),
    Metric::gain("recall_at_fpr_0.001", "Recall at 0.1% FPR", Range::Share, ""),
    Metric::gain("recall_at_fpr_0.01", "Recall at 1% FPR", Range::Share, ""),
    Metric::gain("recall_at_fpr_0.05", "Recall at 5% FPR", Range::Share, ""),
];

/// The metrics of some rows; `None` where one does not exist.
pub(super) fn measure(view: &View<'_>, threshold: f64) -> Vec<Option<f64>> {
    values(&TwoClasses::of(view.labels.binary(), view.scores, threshold))
}

/// The metrics as they were found, in their order.
pub(super) fn values(found: &TwoClasses) -> Vec<Option<f64>> {
    const { assert!(FALSE_POSITIVE_RATES.len() == 3, "each rate has its name") };
    let TwoClasses { loss, ranking, accuracy, precision, recall, f1, brier, ece } = *found;
    let ranked = |value: fn(&Ranking) -> f64| ranking.as_ref().map(value);
    let values = [
        Some(loss),
        ranked(|ranking| ranking.auc),
        ranked(|ranking| ranking.average_precision),
        Some(accuracy),
        Some(precision),
        Some(recall),
        Some(f1),
        Some(brier),
        ranked(|ranking| ranking.ks),
        ranked(Ranking::gini),
        Some(ece),
        ranked(|ranking| ranking.recalls[0]),
        ranked(|ranking| ranking.recalls[1]),
        ranked(|ranking| ranking.recalls[2]),
    ];
    const { assert!(METRICS.len() == 14) };
    values.to_vec()
}

/// The AUC; `None` where a class is missing.
pub(super) fn auc(view: &View<'_>) -> Option<f64> {
    Ranking::of(view.labels.binary(), view.scores).map(|ranking| ranking.auc)
}

/// What each row adds to the loss.
pub(super) fn losses(view: &View<'_>) -> Vec<f64> {
    let of_row = |(&label, &score): (&bool, &f64)| -ln(if label { score } else { 1.0 - score }.clamp(f64::EPSILON, 1.0 - f64::EPSILON));
    view.labels.binary().iter().zip(view.scores).map(of_row).collect()
}
