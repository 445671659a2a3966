//! `curves.csv`.

use super::column::{Column, Group, Log};
use super::filling::{Filling, Finished, Rows};
use super::sizes::Length;
use super::unit::Unit;
use crate::federation::Detail;
use crate::numeric::text::{shortest, shortest_or_empty};

/// The curves of the run's model.
pub const LOG: Log = Log::reproducible(
    "curves.csv",
    "ROC, precision against recall, and calibration of the run's model on the test rows, thinned to steps of 1/1024; not left where \
     they lack a class.",
    &[Group::always(&COLUMNS)],
    Length::of_numbers(|_| POINTS_MAX),
)
.filled(Filling::AtEnd(rows));

/// Curves are thinned to steps of 1/1024 in two directions, and there are two of them, and the bins of the calibration.
const POINTS_MAX: u64 = 1 << 14;

const COLUMNS: [Column; 5] = [
    Column::new("curve", "Curve", Unit::Text, "`roc`, `pr` or `calibration`"),
    Column::new("x", "X", Unit::Measure, "false positive rate; recall; mean score of the bin"),
    Column::new("y", "Y", Unit::Measure, "true positive rate; precision; share of positives in the bin"),
    Column::new("rows", "Rows", Unit::Plain, "of the bin"),
    Column::new("threshold", "Threshold", Unit::Plain, "the least score that is decided 1 at this point"),
];

/// All points, curve after curve.
fn rows<'a>(finished: &Finished<'a>) -> Option<Rows<'a>> {
    let Detail::Binary { curves: Some(curves), .. } = &finished.last.detail else { return None };
    let lines = [("roc", &curves.roc), ("pr", &curves.precision_recall)];
    let points = lines.into_iter().flat_map(|(name, points)| points.iter().map(move |point| (name, point)));
    let points = points
        .map(|(name, point)| [name.to_owned(), shortest(point.x), shortest(point.y), String::new(), shortest_or_empty(point.threshold)]);
    let bins = curves.calibration.iter();
    let bins = bins.map(|bin| {
        let [score, share] = [bin.mean_score, bin.positive_share].map(shortest);
        ["calibration".to_owned(), score, share, bin.rows.to_string(), String::new()]
    });
    Some(Box::new(points.chain(bins).map(Vec::from)))
}
