//! `fairness.csv`.

use super::column::{Column, Group, Log};
use super::unit::Unit;
use crate::metrics::Spread;
use crate::numeric::text::shortest_or_empty;

/// How metrics spread over clients.
pub const LOG: Log = Log::reproducible(
    "fairness.csv",
    "How the task's metrics of most interest, AUC and loss of two classes, spread over clients; left with `evaluation.per_client`.",
    &[Group::always(&COLUMNS)],
);

const COLUMNS: [Column; 7] = [
    Column::new("round", "Round", Unit::Plain, ""),
    Column::new("metric", "Metric", Unit::Text, ""),
    Column::new("clients", "Clients", Unit::Plain, "that have the metric"),
    Column::new("worst", "Worst", Unit::Measure, ""),
    Column::new("p10", "10th percentile", Unit::Measure, "from the worst"),
    Column::new("median", "Median", Unit::Measure, ""),
    Column::new("gini", "Gini", Unit::Measure, "the Gini coefficient: 0 if all are alike"),
];

/// A metric's row in a round.
pub fn row(round: usize, metric: &str, spread: &Spread) -> Vec<String> {
    let figures = [Some(spread.worst), Some(spread.p10), Some(spread.median), spread.gini].map(shortest_or_empty);
    [round.to_string(), metric.to_owned(), spread.clients.to_string()].into_iter().chain(figures).collect()
}
