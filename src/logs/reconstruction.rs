//! `reconstruction.csv`.

use super::column::{Column, Group, Log};
use super::unit::Unit;
use crate::metrics::FeatureError;
use crate::numeric::cell::shielded;
use crate::numeric::text::{shortest, shortest_or_empty};

/// How well each feature comes back.
pub const LOG: Log = Log::reproducible(
    "reconstruction.csv",
    "How well the run's model says each feature of the test rows again; left by an autoencoder.",
    &[Group::always(&COLUMNS)],
);

const COLUMNS: [Column; 3] = [
    Column::new("feature", "Feature", Unit::Text, ""),
    Column::new("mse", "MSE", Unit::Measure, "mean squared error, after scaling"),
    Column::new("explained", "Explained", Unit::Measure, "share of its variance that comes back; empty where it does not vary"),
];

/// The row of a feature of this name.
pub fn row(name: &str, error: &FeatureError) -> [String; 3] {
    [shielded(name).into_owned(), shortest(error.mse), shortest_or_empty(error.explained)]
}
