//! `confusion.csv`.

use super::column::{Column, Group, Log};
use super::filling::{Filling, Finished, Rows};
use super::sizes::Length;
use super::unit::Unit;
use crate::federation::Detail;
use crate::numeric::cell::shielded;
use crate::tasks::CLASSES_MAX;

/// Which classes are taken for which.
pub const LOG: Log = Log::reproducible(
    "confusion.csv",
    "How many test rows of each class the run's model takes for each class, drawn in `plots/confusion.svg`; left where there are several.",
    &[Group::always(&COLUMNS)],
    Length::of_columns(|_| (CLASSES_MAX * CLASSES_MAX) as u64),
)
.filled(Filling::AtEnd(rows));

const COLUMNS: [Column; 3] = [
    Column::new("class", "Class", Unit::Text, "of the rows"),
    Column::new("decided", "Decided", Unit::Text, "the likeliest class"),
    Column::new("rows", "Rows", Unit::Plain, ""),
];

fn rows<'a>(finished: &Finished<'a>) -> Option<Rows<'a>> {
    let Detail::Multiclass { confusion: counts } = &finished.last.detail else { return None };
    let classes = &finished.run.federation().classes;
    let cell = |class: &String| shielded(class).into_owned();
    let pairs = classes.iter().flat_map(move |class| classes.iter().map(move |decided| (class, decided)));
    Some(Box::new(pairs.zip(counts).map(move |((class, decided), count)| vec![cell(class), cell(decided), count.to_string()])))
}
