//! `model.csv`.

use super::column::{Column, Group, Log};
use super::sizes::Length;
use super::unit::Unit;
use crate::numeric::text::shortest;

/// The model.
pub const LOG: Log = Log::reproducible(
    "model.csv",
    "The parameters of the model that the run leaves.",
    &[Group::always(&COLUMNS)],
    Length::of_columns(|sizes| sizes.parameters),
);

const COLUMNS: [Column; 2] = [
    Column::new("name", "Name", Unit::Text, "the feature, or `intercept`"),
    Column::new(
        "value",
        "Value",
        Unit::Plain,
        "the coefficient of the scaled feature; of trees one of their numbers, which `trees.csv` tells in words",
    ),
];

/// A parameter's row.
pub fn row(name: String, value: f64) -> [String; 2] {
    [name, shortest(value)]
}
