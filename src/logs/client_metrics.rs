//! `client_metrics.csv`.

use super::column::{CLIENT, Group, Log, client_cells};
use super::metrics_log::{METRICS, ROUND, metric_cells};
use crate::tasks::Metrics;

/// The global model on each client's rows.
pub const LOG: Log = Log::reproducible(
    "client_metrics.csv",
    "The global model on each client's held-out rows, or on its training rows where nothing is held out; left with \
     `evaluation.per_client`.",
    &[Group::always(&ROUND), CLIENT[0], CLIENT[1], METRICS[0], METRICS[1], METRICS[2], METRICS[3], METRICS[4]],
);

/// A client's row in a round.
pub fn row(round: usize, client: usize, name: Option<&str>, metrics: &Metrics) -> Vec<String> {
    [round.to_string()].into_iter().chain(client_cells(client, name)).chain(metric_cells(metrics)).collect()
}
