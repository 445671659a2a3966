//! Several classes; the scores are the probabilities of each.

use super::metric::{Metric, Range};
use super::view::View;
use crate::metrics::Multiclass;
use crate::numeric::math::ln;

/// The metrics, in the order of every table.
pub const METRICS: [Metric; 9] = [
    Metric::loss("loss", "Loss", Range::NotNegative, "mean cross-entropy in nats"),
    Metric::gain("accuracy", "Accuracy", Range::Share, "rows whose likeliest class is theirs"),
    Metric::gain("balanced_accuracy", "Balanced accuracy", Range::Share, "mean recall of the classes"),
    Metric::gain("f1_macro", "F1, macro", Range::Share, "mean over the classes"),
    Metric::gain("f1_micro", "F1, micro", Range::Share, "over all decisions"),
    Metric::gain("f1_weighted", "F1, weighted", Range::Share, "mean over the classes by their rows"),
    Metric::gain("auc", "AUC", Range::Share, "one class against the rest, mean over the classes; empty where a class is missing"),
    Metric::gain("auc_weighted", "AUC, weighted", Range::Share, "the same, by the classes' rows"),
    Metric::loss("brier", "Brier score", Range::NotNegative, "summed over the classes"),
];

/// The metrics of some rows; `None` where one does not exist.
pub(super) fn measure(view: &View<'_>) -> Vec<Option<f64>> {
    values(&Multiclass::of(view.labels.classes(), view.scores, view.outputs()))
}

/// The metrics as they were found, in their order.
pub(super) fn values(found: &Multiclass) -> Vec<Option<f64>> {
    let Multiclass { loss, accuracy, balanced_accuracy, f1_macro, f1_micro, f1_weighted, auc, auc_weighted, brier } = *found;
    let always = [loss, accuracy, balanced_accuracy, f1_macro, f1_micro, f1_weighted].map(Some);
    let values = always.into_iter().chain([auc, auc_weighted, Some(brier)]).collect::<Vec<_>>();
    debug_assert_eq!(values.len(), METRICS.len());
    values
}

/// What each row adds to the loss.
pub(super) fn losses(view: &View<'_>) -> Vec<f64> {
    let of_row = |(scores, &class): (&[f64], &u8)| -ln(scores[usize::from(class)].clamp(f64::EPSILON, 1.0 - f64::EPSILON));
    view.by_row().zip(view.labels.classes()).map(of_row).collect()
}

/// The likeliest class, the first among equals.
pub fn decided(scores: &[f64]) -> usize {
    (1..scores.len()).fold(0, |best, at| if scores[at] > scores[best] { at } else { best })
}
