//! `predictions.csv`.

use super::column::{Column, Group, Log, When};
use super::unit::Unit;
use crate::numeric::text::shortest;

/// The scores of the test rows.
pub const LOG: Log = Log::reproducible(
    "predictions.csv",
    "The score that the run's model gives each test row.",
    &[Group::always(&ROW), Group::if_there(When::Ids, &ID), Group::always(&SCORE)],
);

const ROW: [Column; 1] =
    [Column::new("row", "Row", Unit::Plain, "its number in its file, the first after the header being 1; empty if it was generated")];

const ID: [Column; 1] = [Column::new("id", "Identifier", Unit::Text, "the value of `data.id`")];

const SCORE: [Column; 2] =
    [Column::new("label", "Label", Unit::Plain, "0 or 1"), Column::new("score", "Score", Unit::Measure, "the probability of label 1")];

/// A test row's row, which is the one at `row` of its file.
pub fn row(row: Option<u32>, id: Option<&str>, label: bool, score: f64) -> impl Iterator<Item = String> {
    let row = row.map(|row| (u64::from(row) + 1).to_string()).unwrap_or_default();
    [row].into_iter().chain(id.map(str::to_owned)).chain([u8::from(label).to_string(), shortest(score)])
}
