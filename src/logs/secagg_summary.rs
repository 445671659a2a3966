//! `secagg_summary.csv`.

use super::column::{Column, Group, Log};
use super::sizes::{FIGURES_MAX, Length};
use super::unit::Unit;

/// What a reviewer of secure aggregation asks first.
pub const LOG: Log = Log::reproducible(
    "secagg_summary.csv",
    "All sums of updates together, and what colluding clients would learn. Left with secure aggregation.",
    &[Group::always(&COLUMNS)],
    Length::of_numbers(|sizes| FIGURES_MAX + 2 * sizes.clients),
)
.of_figures(&FIGURES);

const COLUMNS: [Column; 3] = [
    Column::new("metric", "Metric", Unit::Text, ""),
    Column::new("colluders", "Colluders", Unit::Plain, "clients that tell the server all they know"),
    Column::new("value", "Value", Unit::Plain, ""),
];

const FIGURES: [Column; 17] = [
    Column::new("sums", "Sums", Unit::Plain, ""),
    Column::new("sums_aborted", "Sums aborted", Unit::Plain, ""),
    Column::new("clients", "Clients", Unit::Plain, "in the largest cohort, as the next"),
    Column::new("threshold", "Threshold", Unit::Plain, "clients that it takes"),
    Column::new("margin_least", "Least margin above the threshold, clients", Unit::Plain, ""),
    Column::new("fewest_inputs_in_a_sum", "Fewest inputs in a sum", Unit::Plain, ""),
    Column::new("modulus_bits", "Modulus bits", Unit::Plain, ""),
    Column::new("headroom_bits", "Headroom bits", Unit::Plain, "of a coordinate that no sum can reach"),
    Column::new("bytes", "Bytes", Unit::Bytes, ""),
    Column::new("bytes_wasted", "Bytes wasted", Unit::Bytes, "of sums that came to nothing"),
    Column::new("expansion", "Bytes against plain updates, times", Unit::Measure, ""),
    Column::new("expansion_by_the_papers_formula", "The same by the paper's formula", Unit::Measure, ""),
    Column::new("clip_rate", "Values clipped", Unit::Share, ""),
    Column::new("rounding_error_max", "Largest rounding error", Unit::Measure, "of a coordinate of the mean"),
    Column::new(
        "statistics_error_max",
        "Largest error of statistics",
        Unit::Measure,
        "of a column's mean and spread, in units of its spread",
    ),
    Column::new("collusion_is_safe", "Sum is safe", Unit::Text, "whether the server still learns the sum alone"),
    Column::new("honest_inputs_left", "Honest inputs left in the sum", Unit::Plain, ""),
];
