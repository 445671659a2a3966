//! `reconstruction.csv`.

use super::column::{Column, Group, Log};
use super::filling::{Filling, Finished, Rows};
use super::sizes::Length;
use super::unit::Unit;
use crate::data::preprocess::Feature;
use crate::federation::Detail;
use crate::metrics::FeatureError;
use crate::numeric::cell::shielded;
use crate::numeric::text::{shortest, shortest_or_empty};

/// How well each feature comes back.
pub const LOG: Log = Log::reproducible(
    "reconstruction.csv",
    "How well the run's model says each feature of the test rows again; left by an autoencoder.",
    &[Group::always(&COLUMNS)],
    Length::of_columns(|sizes| sizes.features),
)
.filled(Filling::AtEnd(rows));

const COLUMNS: [Column; 3] = [
    Column::new("feature", "Feature", Unit::Text, ""),
    Column::new("mse", "MSE", Unit::Measure, "mean squared error, after scaling"),
    Column::new("explained", "Explained", Unit::Measure, "share of its variance that comes back; empty where it does not vary"),
];

fn rows<'a>(finished: &Finished<'a>) -> Option<Rows<'a>> {
    let Detail::Reconstruction { features: errors } = &finished.last.detail else { return None };
    let row = |(feature, error): (&Feature, &FeatureError)| {
        vec![shielded(&feature.name).into_owned(), shortest(error.mse), shortest_or_empty(error.explained)]
    };
    Some(Box::new(finished.run.federation().transform.features.iter().zip(errors).map(row)))
}
