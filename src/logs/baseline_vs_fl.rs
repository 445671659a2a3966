//! `baseline_vs_fl.csv`.

use super::column::{Column, Group, Log, When};
use super::sizes::{FIGURES_MAX, Length};
use super::unit::Unit;
use crate::federation::baseline::Row;
use crate::numeric::text::shortest_or_empty;

/// A comparison, metric by metric.
pub const LOG: Log = Log::reproducible(
    "baseline_vs_fl.csv",
    "Each metric on the test rows, as means over the seeds, and whether the federation is as good as training in one place. Left by \
     `fedsim compare-baseline`.",
    &[Group::always(&METRIC), Group::always(&BY_MODEL), Group::always(&JUDGED), Group::if_there(When::Secure, &PLAIN)],
    Length::of_numbers(|_| FIGURES_MAX),
);

const METRIC: [Column; 1] = [Column::new("metric", "Metric", Unit::Text, "")];

/// What each model has of a metric.
pub(super) const BY_MODEL: [Column; 5] = [
    Column::new("centralized", "Centralised", Unit::Measure, "of the model trained on all rows in one place"),
    Column::new("federated", "Federated", Unit::Measure, ""),
    Column::new("local_mean", "Alone, mean", Unit::Measure, "over the clients, each trained alone"),
    Column::new("local_worst", "Alone, worst", Unit::Measure, ""),
    Column::new("difference", "Difference", Unit::Measure, "federated less centralised"),
];

const JUDGED: [Column; 10] = [
    Column::new(
        "equivalent",
        "Equivalent",
        Unit::Text,
        "whether the difference is shown to be within the tolerance, either way; of the judged metrics",
    ),
    Column::new("non_inferior", "Not inferior", Unit::Text, "whether the federation is shown to be worse by less than the tolerance"),
    Column::new("seeds", "Seeds", Unit::Plain, ""),
    Column::new("centralized_sd", "Centralised, SD", Unit::Measure, "over the seeds, as the next two"),
    Column::new("federated_sd", "Federated, SD", Unit::Measure, ""),
    Column::new("difference_sd", "Difference, SD", Unit::Measure, ""),
    Column::new(
        "difference_low",
        "Difference, low",
        Unit::Measure,
        "the lower end of the 90% interval of the mean difference, which decides",
    ),
    Column::new("difference_high", "Difference, high", Unit::Measure, "its upper end"),
    Column::new("p_value", "p value", Unit::Measure, "of equivalence: the larger of the two one-sided tests"),
    Column::new("p_non_inferior", "p, not inferior", Unit::Measure, "of the one test"),
];

const PLAIN: [Column; 2] = [
    Column::new("plain", "Plain", Unit::Measure, "of the same updates without secure aggregation"),
    Column::new("secure_minus_plain", "Secure \u{2212} plain", Unit::Measure, ""),
];

/// A metric's row over so many seeds.
pub fn row(row: &Row, seeds: usize) -> Vec<String> {
    let paired = row.paired;
    let word = |verdict: Option<bool>| verdict.map_or("", |holds| if holds { "yes" } else { "no" }).to_owned();
    let values = [row.centralized, row.federated, row.local_mean, row.local_worst, row.difference];
    let spreads = [
        paired.map(|paired| paired.centralized_sd),
        paired.map(|paired| paired.federated_sd),
        paired.map(|paired| paired.difference_sd),
        paired.map(|paired| paired.interval[0]),
        paired.map(|paired| paired.interval[1]),
        row.judged.and_then(|judged| judged.p_equivalent),
        row.judged.and_then(|judged| judged.p_non_inferior),
    ];
    let verdicts = [row.judged.map(|judged| judged.is_equivalent), row.judged.map(|judged| judged.is_non_inferior)];
    let mut cells = vec![row.name.to_owned()];
    cells.extend(values.map(shortest_or_empty));
    cells.extend(verdicts.map(word));
    cells.push(seeds.to_string());
    cells.extend(spreads.map(shortest_or_empty));
    if row.plain.is_some() {
        cells.extend([row.plain, row.secure_minus_plain].map(shortest_or_empty));
    }
    cells
}
