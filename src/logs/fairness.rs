//! `fairness.csv`.

use super::column::{Column, Group, Log};
use super::filling::{Filling, Run, Sink};
use super::sizes::{FIGURES_MAX, Length};
use super::unit::Unit;
use crate::diag::Error;
use crate::federation::RoundRecord;
use crate::numeric::text::shortest_or_empty;

/// How metrics spread over clients.
pub const LOG: Log = Log::reproducible(
    "fairness.csv",
    "How the task's metrics of most interest, AUC and loss of two classes, spread over clients; left with `evaluation.per_client`.",
    &[Group::always(&COLUMNS)],
    Length::of_numbers(|sizes| sizes.measured() * FIGURES_MAX),
)
.filled(Filling::ByRound { is_left: |run| run.plan.evaluation.per_client, fill });

const COLUMNS: [Column; 7] = [
    Column::new("round", "Round", Unit::Plain, ""),
    Column::new("metric", "Metric", Unit::Text, ""),
    Column::new("clients", "Clients", Unit::Plain, "that have the metric"),
    Column::new("worst", "Worst", Unit::Measure, ""),
    Column::new("p10", "10th percentile", Unit::Measure, "from the worst"),
    Column::new("median", "Median", Unit::Measure, ""),
    Column::new("gini", "Gini", Unit::Measure, "the Gini coefficient: 0 if all are alike"),
];

fn fill(_: &Run<'_>, record: &RoundRecord, sink: &mut dyn Sink) -> Result<(), Error> {
    record.fairness.iter().try_for_each(|(metric, spread)| {
        let [worst, p10, median, gini] = [Some(spread.worst), Some(spread.p10), Some(spread.median), spread.gini].map(shortest_or_empty);
        sink.row(&[record.round.to_string(), (*metric).to_owned(), spread.clients.to_string(), worst, p10, median, gini])
    })
}
