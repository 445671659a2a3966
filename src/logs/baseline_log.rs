//! `baseline_log.csv`.

use super::column::{Column, Group, Log};
use super::metrics_log::METRICS;
use super::sizes::Length;
use super::unit::Unit;
use crate::numeric::text::{shortest, shortest_or_empty};

/// The models of a comparison on their way.
pub const LOG: Log = Log::reproducible(
    "baseline_log.csv",
    "The models of a comparison on the test rows, by passes over the training rows. Left by `fedsim compare-baseline`, of the first seed.",
    &[Group::always(&COLUMNS), METRICS[0], METRICS[1], METRICS[2], METRICS[3], METRICS[4]],
    Length::of_numbers(|sizes| 2 * sizes.measured() + 3),
);

const COLUMNS: [Column; 2] = [
    Column::new(
        "model",
        "Model",
        Unit::Text,
        "`centralized`, `federated`, or `local_mean`, `local_worst`, `local_best` over the clients alone",
    ),
    Column::new("passes", "Passes", Unit::Measure, "over the training rows"),
];

/// A model's row after so many passes; its metrics in the order of the columns.
pub fn row(model: &str, passes: f64, metrics: impl IntoIterator<Item = Option<f64>>) -> Vec<String> {
    [model.to_owned(), shortest(passes)].into_iter().chain(metrics.into_iter().map(shortest_or_empty)).collect()
}
