//! `client_metrics.csv`.

use super::column::{CLIENT, Group, Log, client_cells};
use super::filling::{Filling, Run, Sink};
use super::metrics_log::{METRICS, ROUND, metric_cells};
use super::sizes::Length;
use crate::diag::Error;
use crate::federation::RoundRecord;

/// The global model on each client's rows.
pub const LOG: Log = Log::reproducible(
    "client_metrics.csv",
    "The global model on each client's held-out rows, or on its training rows where nothing is held out; left with \
     `evaluation.per_client`.",
    &[Group::always(&ROUND), CLIENT[0], CLIENT[1], METRICS[0], METRICS[1], METRICS[2], METRICS[3], METRICS[4]],
    Length::of_named(|sizes| sizes.measured().saturating_mul(sizes.clients)),
)
.filled(Filling::ByRound { is_left: |run| run.plan.evaluation.per_client, fill });

/// Each client that has such rows has one here, in a round in which they were due.
fn fill(run: &Run<'_>, record: &RoundRecord, sink: &mut dyn Sink) -> Result<(), Error> {
    let measured = record.client_metrics.iter().enumerate().filter_map(|(client, metrics)| Some((client, metrics.as_ref()?)));
    measured.into_iter().try_for_each(|(client, metrics)| {
        let cells = client_cells(client, run.federation().name(client)).chain(metric_cells(metrics));
        sink.row(&[record.round.to_string()].into_iter().chain(cells).collect::<Vec<_>>())
    })
}
