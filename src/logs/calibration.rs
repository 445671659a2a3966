//! `calibration.csv`.

use super::column::{Column, Group, Log};
use super::unit::Unit;
use crate::metrics::Decile;
use crate::numeric::text::shortest;

/// Whether what is predicted comes true.
pub const LOG: Log = Log::reproducible(
    "calibration.csv",
    "The test rows in ten groups by what the run's model predicts, ascending, drawn in `plots/calibration.svg`; left where labels are numbers.",
    &[Group::always(&COLUMNS)],
);

const COLUMNS: [Column; 4] = [
    Column::new("group", "Group", Unit::Plain, "1 has the smallest predictions"),
    Column::new("rows", "Rows", Unit::Plain, ""),
    Column::new("predicted", "Predicted", Unit::Measure, "mean of the predictions"),
    Column::new("actual", "Actual", Unit::Measure, "mean of the labels"),
];

/// A group's row.
pub fn row(number: usize, decile: &Decile) -> [String; 4] {
    [number.to_string(), decile.rows.to_string(), shortest(decile.predicted), shortest(decile.actual)]
}
