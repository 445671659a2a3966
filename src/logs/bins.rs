//! `bins.csv`.

use super::column::{Column, Group, Log};
use super::filling::{Filling, Finished, Rows};
use super::sizes::Length;
use super::unit::Unit;
use crate::data::preprocess::Transform;
use crate::learners::scorecard::{Bin, BinnedColumn, Kind};
use crate::models::scorecard::Lookup;
use crate::numeric::cell::shielded;
use crate::numeric::text::{shortest, shortest_or_empty};

/// A scorecard's bins.
pub const LOG: Log = Log::reproducible(
    "bins.csv",
    "The bins of a scorecard, with its training rows in them and its points, drawn in `plots/woe.svg`; left by a scorecard. The weight of \
     evidence is ln(share of all rows of label 0 / share of all rows of label 1): above 0 rows are safer than on the whole.",
    &[Group::always(&COLUMNS)],
    Length::of_columns(|sizes| sizes.parameters),
)
.filled(Filling::AtEnd(rows));

const COLUMNS: [Column; 12] = [
    Column::new("feature", "Feature", Unit::Text, "the column"),
    Column::new("bin", "Bin", Unit::Plain, "its number in the column, from 1"),
    Column::new(
        "kind",
        "Kind",
        Unit::Text,
        "`number`, `category`, `missing`, `special`, `rare` (of categories that few rows have) or `unseen` (of those that no training row has)",
    ),
    Column::new("lower", "From", Unit::Measure, "the least number in it; empty if there is no such end; of a special number that number"),
    Column::new("upper", "To below", Unit::Measure, "what all numbers in it lie below; empty if there is no such end"),
    Column::new("categories", "Categories", Unit::Text, "those in it, parted by a bar"),
    Column::new("rows", "Rows", Unit::Plain, "training rows"),
    Column::new("events", "Events", Unit::Plain, "those of label 1"),
    Column::new("rate", "Event rate", Unit::Share, "their share; empty without rows"),
    Column::new("woe", "Weight of evidence", Unit::Measure, "0 where a bin that stands apart lacks rows of a class"),
    Column::new("iv", "Information value", Unit::Measure, "the bin's part of the column's"),
    Column::new("points", "Points", Unit::Measure, "in whole numbers; empty where the column was left out"),
];

fn rows<'a>(finished: &Finished<'a>) -> Option<Rows<'a>> {
    let (binned, pointed) = (finished.run.prepared.binned.as_ref()?, finished.last.pointed.as_ref()?);
    let transform = &finished.run.federation().transform;
    let of_column = move |(column, points): (&'a BinnedColumn, &'a Vec<f64>)| {
        (0..).zip(&column.bins).map(move |(at, bin): (usize, _)| row(transform, column, (at, bin), points.get(at).copied()).to_vec())
    };
    Some(Box::new(binned.columns.iter().zip(&pointed.points.rounded).flat_map(of_column)))
}

fn row(transform: &Transform, column: &BinnedColumn, (at, bin): (usize, &Bin), points: Option<f64>) -> [String; 12] {
    let Bin { kind, counts, woe, iv } = bin;
    let end = |end: f64| if end.is_finite() { shortest(end) } else { String::new() };
    let (kind, [lower, upper]) = match *kind {
        Kind::Numbers(ends) => ("number", ends.map(end)),
        Kind::Special(special) => ("special", [shortest(special), String::new()]),
        Kind::Categories => ("category", Default::default()),
        Kind::Missing => ("missing", Default::default()),
        Kind::Rare => ("rare", Default::default()),
        Kind::Unseen => ("unseen", Default::default()),
    };
    [
        shielded(&column.name).into_owned(),
        (at + 1).to_string(),
        kind.to_owned(),
        lower,
        upper,
        shielded(&categories(transform, column, at).join(" | ")).into_owned(),
        counts.rows().to_string(),
        counts.bads.to_string(),
        shortest_or_empty((counts.rows() > 0).then(|| counts.rate())),
        shortest(*woe),
        shortest(*iv),
        shortest_or_empty(points),
    ]
}

/// The categories in a bin of a column.
fn categories<'a>(transform: &'a Transform, column: &BinnedColumn, bin: usize) -> Vec<&'a str> {
    let Lookup::Categories { bin_of, .. } = &column.lookup else { return Vec::new() };
    let features = transform.features[column.first..].iter().zip(bin_of);
    features.filter(|(_, own)| **own == bin).filter_map(|(feature, _)| feature.category()).collect()
}
