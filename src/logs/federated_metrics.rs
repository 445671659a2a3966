//! `federated_metrics.csv`.

use super::column::{Column, Group, Log};
use super::filling::{Filling, Run, Sink};
use super::metrics_log::{METRICS, ROUND, metric_cells};
use super::sizes::{Length, Sizes};
use super::unit::Unit;
use crate::diag::Error;
use crate::federation::{FederatedMetrics, RoundRecord};

/// The global model on the clients' rows, by their sums.
pub const LOG: Log = Log::reproducible(
    "federated_metrics.csv",
    "The global model on held-out rows of the round's clients, or on their training rows where nothing is held out, as their sums tell: \
     no row and no client's own metric leaves a client. What depends on the order of scores is that of scores rounded to 1/32 in \
     log-odds. Left with `evaluation.federated`.",
    &[Group::always(&ROUND), Group::always(&ROWS), METRICS[0], METRICS[1]],
    Length::of_numbers(Sizes::measured),
)
.filled(Filling::ByRound { is_left: |run| run.plan.evaluation.federated, fill });

const ROWS: [Column; 2] = [
    Column::new("answered", "Answered", Unit::Plain, "clients in the sum"),
    Column::new("measured_rows", "Measured rows", Unit::Plain, "of these clients"),
];

/// Rounds in which the clients' rows were due have a row.
fn fill(_: &Run<'_>, record: &RoundRecord, sink: &mut dyn Sink) -> Result<(), Error> {
    let Some(FederatedMetrics { clients, rows, metrics }) = &record.federated else { return Ok(()) };
    let counts = [record.round.to_string(), clients.to_string(), rows.to_string()];
    sink.row(&counts.into_iter().chain(metric_cells(metrics)).collect::<Vec<_>>())
}
