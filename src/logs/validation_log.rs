//! `validation_log.csv`.

use super::column::{Group, Log};
use super::metrics_log::{METRICS, ROUND, metric_cells};
use crate::federation::RoundRecord;

/// The global model on the validation rows.
pub const LOG: Log = Log::reproducible(
    "validation_log.csv",
    "The global model on the validation rows, whenever the test rows are due; left with `data.validation_fraction`.",
    &[Group::always(&ROUND), METRICS[0], METRICS[1], METRICS[2], METRICS[3], METRICS[4]],
);

/// The row of a round in which the validation rows were due.
pub fn row(record: &RoundRecord) -> Option<Vec<String>> {
    let metrics = record.validation.as_ref()?;
    Some([record.round.to_string()].into_iter().chain(metric_cells(metrics)).collect())
}
