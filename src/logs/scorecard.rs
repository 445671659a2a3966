//! `scorecard.csv`.

use super::column::{Column, Group, Log};
use super::filling::{Filling, Finished, Rows, Run};
use super::sizes::Length;
use super::unit::Unit;
use crate::federation;
use crate::learners::scorecard::BinnedColumn;
use crate::numeric::cell::shielded;
use crate::numeric::text::{shortest, shortest_or_empty};

/// A scorecard's columns.
pub const LOG: Log = Log::reproducible(
    "scorecard.csv",
    "The columns of a scorecard: how well each tells the classes apart, what it weighs, and what there is to look at; left by a scorecard. \
     A row's points are the sum over its columns of the points of its bins, in `bins.csv`; their scale, and what rounding them costs, is \
     in `metrics.json`.",
    &[Group::always(&COLUMNS)],
    Length::of_columns(|sizes| sizes.parameters),
)
.filled(Filling::AtEnd(rows));

const COLUMNS: [Column; 11] = [
    Column::new("feature", "Feature", Unit::Text, "the column"),
    Column::new("trend", "Trend", Unit::Text, "how the event rate goes with its numbers; empty of categories, which are in its order"),
    Column::new("bins", "Bins", Unit::Plain, "how many there are that have training rows"),
    Column::new("iv", "Information value", Unit::Measure, "the sum of its bins'"),
    Column::new(
        "strength",
        "Strength",
        Unit::Text,
        "by information value: `none` below 0.02, `weak` below 0.1, `medium` below 0.3, `strong` below 0.5, else `suspicious`",
    ),
    Column::new(
        "weight",
        "Weight",
        Unit::Measure,
        "what the log-odds of label 1 rise by with one unit of its weight of evidence, below 0 as it should be; empty if it was left out",
    ),
    Column::new("vif", "VIF", Unit::Measure, "the variance inflation factor; empty where columns depend on each other"),
    Column::new("points_low", "Points, low", Unit::Measure, "the fewest of its bins"),
    Column::new("points_high", "Points, high", Unit::Measure, "the most of its bins"),
    Column::new(
        "points_neutral",
        "Points, neutral",
        Unit::Measure,
        "where the weight of evidence is 0: a row's reasons are the columns with the fewest points against these",
    ),
    Column::new("warning", "Warning", Unit::Text, "what there is to look at; empty if nothing"),
];

/// Columns of a greater variance inflation factor are warned of.
const VIF_MAX: f64 = 5.0;

/// The strengths, and the information values below which they are.
const STRENGTHS: [(f64, &str); 4] = [(0.02, "none"), (0.1, "weak"), (0.3, "medium"), (0.5, "strong")];

/// That of more than these.
const SUSPICIOUS: &str = "suspicious";

fn strength(iv: f64) -> &'static str {
    STRENGTHS.iter().find(|(below, _)| iv < *below).map_or(SUSPICIOUS, |(_, word)| word)
}

fn rows<'a>(finished: &Finished<'a>) -> Option<Rows<'a>> {
    let columns = columns(finished)?;
    Some(Box::new(columns.map(|(column, weight, vif, points)| row(column, weight, vif, points).to_vec())))
}

/// A column, its weight and what is neutral if the regression has it, its variance inflation factor, and the points of its bins.
type OnCard<'a> = (&'a BinnedColumn, Option<(f64, f64)>, Option<f64>, &'a [f64]);

fn columns<'a>(finished: &Finished<'a>) -> Option<impl Iterator<Item = OnCard<'a>> + use<'a>> {
    let Finished { run: Run { plan, prepared }, standing, last } = *finished;
    let (binned, pointed) = (prepared.binned.as_ref()?, last.pointed.as_ref()?);
    // Of the columns that the regression has, in their order.
    let mut estimates = federation::coefficients(plan, prepared, &standing.state).unwrap_or_default().into_iter();
    let columns = binned.columns.iter().zip(&pointed.card.columns).zip(&pointed.points.rounded);
    Some(columns.map(move |((column, on_card), points)| {
        let vif = if column.is_in { estimates.next().and_then(|estimate| estimate.vif) } else { None };
        (column, column.is_in.then_some((on_card.weight, pointed.points.neutral)), vif, points.as_slice())
    }))
}

/// What there is to look at of the columns that the regression has, each with its name.
pub fn warned(finished: &Finished<'_>) -> Vec<String> {
    let told = columns(finished).into_iter().flatten().filter(|(_, weight, ..)| weight.is_some()).map(|(column, weight, vif, _)| {
        let words = warnings(column, weight.map(|(weight, _)| weight), vif).join("; ");
        (!words.is_empty()).then(|| format!("{}: {words}", column.name))
    });
    told.flatten().collect()
}

/// A column's row, with its weight and what is neutral if the regression has it, and the points of its bins.
fn row(column: &BinnedColumn, weight: Option<(f64, f64)>, vif: Option<f64>, points: &[f64]) -> [String; 11] {
    let [low, high] = [f64::min, f64::max].map(|end| points.iter().copied().reduce(end));
    let (weight, neutral) = weight.unzip();
    let [weight_cell, vif_cell, low, high, neutral] = [weight, vif, low, high, neutral].map(shortest_or_empty);
    [
        shielded(&column.name).into_owned(),
        column.course.map_or("", |course| course.word()).to_owned(),
        column.bins.iter().filter(|bin| bin.counts.rows() > 0).count().to_string(),
        shortest(column.iv),
        strength(column.iv).to_owned(),
        weight_cell,
        vif_cell,
        low,
        high,
        neutral,
        warnings(column, weight, vif).join("; "),
    ]
}

/// What there is to look at.
fn warnings(column: &BinnedColumn, weight: Option<f64>, vif: Option<f64>) -> Vec<&'static str> {
    let has_one_bin = column.bins.iter().filter(|bin| bin.counts.rows() > 0).count() < 2;
    let found = [
        (weight.is_none() && has_one_bin, "left out: all rows are in one bin"),
        (weight.is_none() && !has_one_bin, "left out: too little information value"),
        (strength(column.iv) == SUSPICIOUS, "suspiciously strong: does it come from the label?"),
        (weight.is_some_and(|weight| weight > 0.0), "wrong sign: beside the other columns safer bins have fewer points"),
        (vif.is_some_and(|vif| vif > VIF_MAX), "VIF above 5: other columns tell much the same"),
    ];
    found.into_iter().filter_map(|(is_so, words)| is_so.then_some(words)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learners::scorecard::{Bin, Counts, Kind};
    use crate::models::scorecard::{Course, Lookup};

    fn column(rows: &[u64], iv: f64) -> BinnedColumn {
        let bin = |rows: &u64| Bin { kind: Kind::Missing, counts: Counts { goods: *rows, bads: 0 }, woe: 0.0, iv: 0.0 };
        let lookup = Lookup::Number { cuts: Vec::new(), specials: Vec::new() };
        let bins = rows.iter().map(bin).collect();
        BinnedColumn { name: "x".to_owned(), first: 0, lookup, bins, course: Some(Course::Peak), iv, is_in: true }
    }

    #[test]
    fn strengths_begin_where_they_say() {
        let found = [0.0, 0.0199, 0.02, 0.1, 0.3, 0.4999, 0.5, 7.0].map(strength);
        assert_eq!(found, ["none", "none", "weak", "medium", "strong", "strong", "suspicious", "suspicious"]);
    }

    #[test]
    fn what_there_is_to_look_at_is_told() {
        let told = |column: &BinnedColumn, weight: Option<f64>, vif: Option<f64>| {
            warnings(column, weight, vif).iter().map(|words| words.split(':').next().unwrap_or_default()).collect::<Vec<_>>()
        };
        assert!(told(&column(&[5, 5], 0.2), Some(-1.0), Some(5.0)).is_empty());
        assert_eq!(told(&column(&[5, 5], 0.7), Some(0.25), Some(5.1)), ["suspiciously strong", "wrong sign", "VIF above 5"]);
        assert_eq!(warnings(&column(&[5, 0], 0.0), None, None), ["left out: all rows are in one bin"]);
        assert_eq!(warnings(&column(&[5, 5], 0.01), None, None), ["left out: too little information value"]);
        let row = row(&column(&[5, 0, 3], 0.2), Some((-1.0, 55.0)), None, &[60.0, 48.0, 55.0]);
        assert_eq!(row, ["x", "peak", "2", "0.2", "medium", "-1", "", "48", "60", "55", ""]);
    }
}
