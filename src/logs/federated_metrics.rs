//! `federated_metrics.csv`.

use super::column::{Column, Group, Log};
use super::metrics_log::{METRICS, ROUND, metric_cells};
use super::unit::Unit;
use crate::federation::FederatedMetrics;

/// The global model on the clients' rows, by their sums.
pub const LOG: Log = Log::reproducible(
    "federated_metrics.csv",
    "The global model on held-out rows of the round's clients, or on their training rows where nothing is held out, as their sums tell: \
     no row and no client's own metric leaves a client. What depends on the order of scores is that of scores rounded to 1/32 in \
     log-odds. Left with `evaluation.federated`.",
    &[Group::always(&ROUND), Group::always(&ROWS), METRICS[0], METRICS[1]],
);

const ROWS: [Column; 2] = [
    Column::new("answered", "Answered", Unit::Plain, "clients in the sum"),
    Column::new("measured_rows", "Measured rows", Unit::Plain, "of these clients"),
];

/// The row of a round in which the clients' rows were due.
pub fn row(round: usize, FederatedMetrics { clients, rows, metrics }: &FederatedMetrics) -> Vec<String> {
    [round.to_string(), clients.to_string(), rows.to_string()].into_iter().chain(metric_cells(metrics)).collect()
}
