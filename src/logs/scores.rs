//! `scores.csv`.

use super::column::{Column, Group, Log};
use super::filling::{Filling, Finished, Rows};
use super::sizes::{FIGURES_MAX, Length};
use super::unit::Unit;
use crate::federation::Detail;
use crate::metrics::ScoreBin;
use crate::numeric::text::shortest;

/// How scores are distributed.
pub const LOG: Log = Log::reproducible(
    "scores.csv",
    "How many test rows of each class the run's model gives a score in each of fifty bins.",
    &[Group::always(&COLUMNS)],
    Length::of_numbers(|_| FIGURES_MAX),
)
.filled(Filling::AtEnd(rows));

const COLUMNS: [Column; 4] = [
    Column::new("score_from", "Score from", Unit::Measure, ""),
    Column::new("score_to", "Score to", Unit::Measure, "not included, but for 1"),
    Column::new("negatives", "Negatives", Unit::Plain, ""),
    Column::new("positives", "Positives", Unit::Plain, ""),
];

fn rows<'a>(finished: &Finished<'a>) -> Option<Rows<'a>> {
    let Detail::Binary { histogram, .. } = &finished.last.detail else { return None };
    let row = |bin: &ScoreBin| vec![shortest(bin.low), shortest(bin.high), bin.negatives.to_string(), bin.positives.to_string()];
    Some(Box::new(histogram.iter().map(row)))
}
