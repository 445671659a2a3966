//! `validation_log.csv`.

use super::column::{Group, Log};
use super::filling::{Filling, Run, Sink};
use super::metrics_log::{METRICS, ROUND, metric_cells};
use super::sizes::{Length, Sizes};
use crate::diag::Error;
use crate::federation::RoundRecord;

/// The global model on the validation rows.
pub const LOG: Log = Log::reproducible(
    "validation_log.csv",
    "The global model on the validation rows, whenever the test rows are due; left with `data.validation_fraction`.",
    &[Group::always(&ROUND), METRICS[0], METRICS[1], METRICS[2], METRICS[3], METRICS[4]],
    Length::of_numbers(Sizes::measured),
)
.filled(Filling::ByRound { is_left: |run| run.federation().validation.is_some(), fill });

/// Rounds in which the validation rows were due have a row.
fn fill(_: &Run<'_>, record: &RoundRecord, sink: &mut dyn Sink) -> Result<(), Error> {
    let Some(metrics) = &record.validation else { return Ok(()) };
    sink.row(&[record.round.to_string()].into_iter().chain(metric_cells(metrics)).collect::<Vec<_>>())
}
