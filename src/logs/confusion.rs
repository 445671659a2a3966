//! `confusion.csv`.

use super::column::{Column, Group, Log};
use super::unit::Unit;
use crate::numeric::cell::shielded;

/// Which classes are taken for which.
pub const LOG: Log = Log::reproducible(
    "confusion.csv",
    "How many test rows of each class the run's model takes for each class, drawn in `plots/confusion.svg`; left where there are several.",
    &[Group::always(&COLUMNS)],
);

const COLUMNS: [Column; 3] = [
    Column::new("class", "Class", Unit::Text, "of the rows"),
    Column::new("decided", "Decided", Unit::Text, "the likeliest class"),
    Column::new("rows", "Rows", Unit::Plain, ""),
];

/// The rows of the table, from counts (classes, classes).
pub fn rows<'a>(classes: &'a [String], counts: &'a [u64]) -> impl Iterator<Item = [String; 3]> + 'a {
    let cell = |class: &String| shielded(class).into_owned();
    let pairs = classes.iter().flat_map(move |class| classes.iter().map(move |decided| (class, decided)));
    pairs.zip(counts).map(move |((class, decided), count)| [cell(class), cell(decided), count.to_string()])
}
