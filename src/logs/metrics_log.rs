//! `metrics_log.csv`.

use super::column::{Column, Group, Log, When};
use super::filling::{Filling, Run, Sink};
use super::sizes::{Length, Sizes};
use super::unit::Unit;
use crate::diag::Error;
use crate::federation::RoundRecord;
use crate::numeric::text::{shortest, shortest_or_empty};
use crate::tasks::{Metric, Metrics, Task, binary, clusters, multiclass, reconstruction, regression};

/// The global model on the test rows.
pub const LOG: Log = Log::reproducible(
    "metrics_log.csv",
    "The global model on the test rows, every `evaluation.every` rounds.",
    &[Group::always(&ROUND), METRICS[0], METRICS[1], METRICS[2], METRICS[3], METRICS[4], Group::if_there(When::Prices, &COST)],
    Length::of_numbers(Sizes::measured),
)
.filled(Filling::ByRound { is_left: |_| true, fill });

pub(super) const ROUND: [Column; 1] = [Column::new("round", "Round", Unit::Plain, "from 1; 0 is the start")];

/// Every metric of each task, in the order of [`Metrics::values`].
pub(super) const METRICS: [Group; 5] = [
    Group::of(Task::Binary, &columns(&binary::METRICS)),
    Group::of(Task::Multiclass, &columns(&multiclass::METRICS)),
    Group::of(Task::Regression, &columns(&regression::METRICS)),
    Group::of(Task::Clusters, &columns(&clusters::METRICS)),
    Group::of(Task::Reconstruction, &columns(&reconstruction::METRICS)),
];

/// Metrics as columns.
const fn columns<const N: usize>(metrics: &[Metric; N]) -> [Column; N] {
    let mut columns = [const { Column::new("", "", Unit::Measure, "") }; N];
    let mut at = 0;
    while at < N {
        columns[at] = Column::new(metrics[at].name, metrics[at].label, Unit::Measure, metrics[at].about);
        at += 1;
    }
    columns
}

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

/// Rounds in which the test rows were due have a row.
fn fill(_: &Run<'_>, record: &RoundRecord, sink: &mut dyn Sink) -> Result<(), Error> {
    let Some(metrics) = &record.metrics else { return Ok(()) };
    let mut row = vec![record.round.to_string()];
    row.extend(metric_cells(metrics));
    row.extend(record.cost.iter().flat_map(|cost| cost.values().map(shortest)));
    sink.row(&row)
}

/// The cells of a group of [`METRICS`].
pub(super) fn metric_cells(metrics: &Metrics) -> impl Iterator<Item = String> + use<> {
    metrics.values().iter().copied().map(shortest_or_empty).collect::<Vec<_>>().into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::{baseline_log, client_metrics, validation_log};
    use crate::metrics::cost;

    #[test]
    fn the_columns_are_the_metrics_in_their_order() {
        for (task, group) in Task::ALL.into_iter().zip(&METRICS) {
            assert_eq!(group.when, When::Of(task));
            assert!(group.columns.iter().map(|column| column.name).eq(task.metrics().iter().map(|metric| metric.name)));
        }
        assert_eq!(COST.each_ref().map(|column| column.name), cost::NAMES);
    }
    #[test]
    fn every_table_of_metrics_has_those_of_every_task() {
        for log in [&LOG, &validation_log::LOG, &client_metrics::LOG, &baseline_log::LOG] {
            for task in Task::ALL {
                let header = log.header(&[When::Of(task)]);
                assert!(task.metrics().iter().all(|metric| header.contains(&metric.name)), "{} of {}", log.name, task.word());
            }
        }
    }
}
