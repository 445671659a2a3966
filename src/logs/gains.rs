//! `gains.csv`.

use super::column::{Column, Group, Log};
use super::filling::{Filling, Finished, Rows};
use super::sizes::{FIGURES_MAX, Length};
use super::unit::Unit;
use crate::federation::Detail;
use crate::metrics::Group as Scored;
use crate::numeric::text::shortest;

/// The gains table.
pub const LOG: Log = Log::reproducible(
    "gains.csv",
    "The test rows in ten groups, the greatest scores first; rows of one score stay together.",
    &[Group::always(&COLUMNS)],
    Length::of_numbers(|_| FIGURES_MAX),
)
.filled(Filling::AtEnd(rows));

const COLUMNS: [Column; 7] = [
    Column::new("group", "Group", Unit::Plain, ""),
    Column::new("rows", "Rows", Unit::Plain, ""),
    Column::new("positives", "Positives", Unit::Plain, ""),
    Column::new("positive_share", "Share positive", Unit::Share, ""),
    Column::new("lift", "Lift", Unit::Measure, "that share over the share among all test rows"),
    Column::new("positives_so_far", "Positives so far", Unit::Share, "the share of all positives in this group and those before"),
    Column::new("threshold", "Threshold", Unit::Plain, "the least score of the group"),
];

fn rows<'a>(finished: &Finished<'a>) -> Option<Rows<'a>> {
    let Detail::Binary { gains, .. } = &finished.last.detail else { return None };
    let row = |(number, group): (u64, &Scored)| {
        let share = group.positives as f64 / group.rows as f64;
        let counts = [number, group.rows, group.positives].map(|count| count.to_string());
        counts.into_iter().chain([share, group.lift, group.positives_so_far, group.threshold].map(shortest)).collect()
    };
    (!gains.is_empty()).then(|| -> Rows<'a> { Box::new((1..).zip(gains).map(row)) })
}
