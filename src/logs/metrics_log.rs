//! `metrics_log.csv`.

use super::column::{Column, Group, Log, When};
use super::unit::Unit;
use crate::federation::RoundRecord;
use crate::metrics::Metrics;
use crate::numeric::text::{shortest, shortest_or_empty};

/// The global model on the test rows.
pub const LOG: Log = Log::reproducible(
    "metrics_log.csv",
    "The global model on the test rows, every `evaluation.every` rounds.",
    &[Group::always(&ROUND), Group::always(&METRICS), Group::if_there(When::Prices, &COST)],
);

pub(super) const ROUND: [Column; 1] = [Column::new("round", "Round", Unit::Plain, "from 1; 0 is the start")];

/// Every metric, in the order of [`Metrics::values`].
pub(super) const METRICS: [Column; 14] = [
    Column::new("loss", "Loss", Unit::Measure, "mean cross-entropy in nats"),
    Column::new("auc", "AUC", Unit::Measure, "area under the ROC curve; empty where a class is missing"),
    Column::new("pr_auc", "PR-AUC", Unit::Measure, "average precision"),
    Column::new("accuracy", "Accuracy", Unit::Measure, "at the scenario's threshold, as the next three"),
    Column::new("precision", "Precision", Unit::Measure, ""),
    Column::new("recall", "Recall", Unit::Measure, ""),
    Column::new("f1", "F1", Unit::Measure, ""),
    Column::new("brier", "Brier score", Unit::Measure, ""),
    Column::new("ks", "KS", Unit::Measure, "Kolmogorov-Smirnov statistic"),
    Column::new("gini", "Gini", Unit::Measure, "2 AUC - 1; in `fairness.csv` the Gini coefficient over clients"),
    Column::new("ece", "Calibration error", Unit::Measure, "expected calibration error over ten bins"),
    Column::new("recall_at_fpr_0.001", "Recall at 0.1% FPR", Unit::Measure, ""),
    Column::new("recall_at_fpr_0.01", "Recall at 1% FPR", Unit::Measure, ""),
    Column::new("recall_at_fpr_0.05", "Recall at 5% FPR", Unit::Measure, ""),
];

const COST: [Column; 3] = [
    Column::new("cost", "Cost per row", Unit::Measure, "at the scenario's threshold"),
    Column::new("cost_best", "Cost at best threshold", Unit::Measure, ""),
    Column::new(
        "threshold_best",
        "Best threshold",
        Unit::Measure,
        "costs least on the validation rows, or on the training rows where there are none",
    ),
];

/// The row of a round in which the test rows were due.
pub fn row(record: &RoundRecord) -> Option<Vec<String>> {
    let mut row = vec![record.round.to_string()];
    row.extend(metric_cells(record.metrics.as_ref()?));
    row.extend(record.cost.iter().flat_map(|cost| cost.values().map(shortest)));
    Some(row)
}

/// The cells of [`METRICS`].
pub(super) fn metric_cells(metrics: &Metrics) -> impl Iterator<Item = String> + use<> {
    metrics.values().into_iter().map(shortest_or_empty)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{self, cost};

    #[test]
    fn the_columns_are_the_metrics_in_their_order() {
        assert_eq!(METRICS.each_ref().map(|column| column.name), metrics::NAMES);
        assert_eq!(COST.each_ref().map(|column| column.name), cost::NAMES);
    }
}
