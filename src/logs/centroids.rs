//! `centroids.csv`.

use super::column::{Column, Group, Log};
use super::filling::{Filling, Finished, Rows};
use super::sizes::Length;
use super::unit::Unit;
use crate::data::preprocess::Rule;
use crate::federation::Detail;
use crate::numeric::cell::shielded;
use crate::numeric::text::shortest;

/// The segments' profiles.
pub const LOG: Log = Log::reproducible(
    "centroids.csv",
    "Each cluster's centroid, feature by feature, drawn in `plots/segments.svg`; left by k-means.",
    &[Group::always(&COLUMNS)],
    Length::of_columns(|sizes| sizes.parameters),
)
.filled(Filling::AtEnd(rows));

const COLUMNS: [Column; 5] = [
    Column::new("cluster", "Cluster", Unit::Plain, "from 1"),
    Column::new("rows", "Rows", Unit::Plain, "test rows that are nearest to it"),
    Column::new("feature", "Feature", Unit::Text, ""),
    Column::new("centroid", "Centroid", Unit::Measure, "in the column's own unit, after its `transform`; of a category its share"),
    Column::new("centroid_scaled", "Centroid, scaled", Unit::Measure, "as the model has it"),
];

/// From the test rows of each cluster, (clusters,), and centroids, (clusters, features).
fn rows<'a>(finished: &Finished<'a>) -> Option<Rows<'a>> {
    let Detail::Clusters { rows: counts } = &finished.last.detail else { return None };
    let (transform, centroids) = (&finished.run.federation().transform, finished.last.params.as_slice());
    let of_cluster = move |(cluster, (centroid, count)): (usize, (&'a [f64], &'a u64))| {
        centroid.iter().zip(&transform.features).map(move |(&scaled, feature)| {
            let mean = match feature.rule {
                Rule::Number { offset, scale, .. } => offset + scale * scaled,
                Rule::Category(_) | Rule::MissingCategory | Rule::Indicator => scaled,
            };
            let name = shielded(&feature.name).into_owned();
            vec![cluster.to_string(), count.to_string(), name, shortest(mean), shortest(scaled)]
        })
    };
    Some(Box::new((1..).zip(centroids.chunks_exact(transform.features.len().max(1)).zip(counts)).flat_map(of_cluster)))
}
