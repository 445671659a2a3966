//! `calibration.csv`.

use super::column::{Column, Group, Log};
use super::filling::{Filling, Finished, Rows};
use super::sizes::{FIGURES_MAX, Length};
use super::unit::Unit;
use crate::federation::Detail;
use crate::metrics::Decile;
use crate::numeric::text::shortest;

/// Whether what is predicted comes true.
pub const LOG: Log = Log::reproducible(
    "calibration.csv",
    "The test rows in ten groups by what the run's model predicts, ascending, drawn in `plots/calibration.svg`; left where labels are numbers.",
    &[Group::always(&COLUMNS)], Length::of_numbers(|_| FIGURES_MAX)).filled(Filling::AtEnd(rows));

const COLUMNS: [Column; 4] = [
    Column::new("group", "Group", Unit::Plain, "1 has the smallest predictions"),
    Column::new("rows", "Rows", Unit::Plain, ""),
    Column::new("predicted", "Predicted", Unit::Measure, "mean of the predictions"),
    Column::new("actual", "Actual", Unit::Measure, "mean of the labels"),
];

fn rows<'a>(finished: &Finished<'a>) -> Option<Rows<'a>> {
    let Detail::Regression { deciles } = &finished.last.detail else { return None };
    let row = |(number, decile): (usize, &Decile)| {
        vec![number.to_string(), decile.rows.to_string(), shortest(decile.predicted), shortest(decile.actual)]
    };
    Some(Box::new((1..).zip(deciles).map(row)))
}
