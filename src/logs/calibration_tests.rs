//! `calibration_tests.csv`.

use super::column::{Column, Group, Log};
use super::filling::{Filling, Finished, Rows};
use super::sizes::{FIGURES_MAX, Length};
use super::unit::Unit;
use crate::metrics::Grade;
use crate::numeric::text::{shortest, shortest_or_empty};

/// Whether the model's probabilities come true.
pub const LOG: Log = Log::reproducible(
    "calibration_tests.csv",
    "The test rows in ten groups by score, ascending, each with the binomial test (Basel Committee, Working Paper 14, 2005), and behind \
     them all rows with the test of Hosmer and Lemeshow, which has as many degrees of freedom as there are groups; left with \
     `evaluation.calibration`.",
    &[Group::always(&COLUMNS)],
    Length::of_numbers(|_| FIGURES_MAX),
)
.filled(Filling::AtEnd(rows));

const COLUMNS: [Column; 7] = [
    Column::new("test", "Test", Unit::Text, "`binomial` of a group, `hosmer_lemeshow` of all rows"),
    Column::new("group", "Group", Unit::Plain, "1 has the smallest scores"),
    Column::new("rows", "Rows", Unit::Plain, ""),
    Column::new("mean_score", "Mean score", Unit::Share, "what is expected to be positive"),
    Column::new("positive_share", "Share positive", Unit::Share, ""),
    Column::new("statistic", "Statistic", Unit::Measure, "of all rows"),
    Column::new(
        "p_value",
        "p value",
        Unit::Measure,
        "the probability of as many positives or more, or of such a statistic or a greater one, were the scores right",
    ),
];

fn rows<'a>(finished: &Finished<'a>) -> Option<Rows<'a>> {
    let test = finished.last.calibration.as_ref()?;
    let row = |test: &str, group: String, counted: (u64, u64, f64), statistic: Option<f64>, p_value: f64| {
        let (rows, positives, mean_score) = counted;
        let share = (rows > 0).then(|| positives as f64 / rows as f64);
        let figures = [shortest(mean_score), shortest_or_empty(share), shortest_or_empty(statistic), shortest(p_value)];
        [test.to_owned(), group, rows.to_string()].into_iter().chain(figures).collect::<Vec<_>>()
    };
    let of_grade = move |(number, grade): (usize, &Grade)| {
        row("binomial", number.to_string(), (grade.rows, grade.positives, grade.mean_score), None, grade.as_many_or_more)
    };
    let sum = |of: fn(&Grade) -> f64| test.grades.iter().map(of).sum::<f64>();
    let all = sum(|grade| grade.rows as f64);
    let mean = sum(|grade| grade.rows as f64 * grade.mean_score) / all.max(1.0);
    let counted = (all as u64, test.grades.iter().map(|grade| grade.positives).sum(), mean);
    let whole = row("hosmer_lemeshow", String::new(), counted, Some(test.statistic), test.p_value);
    Some(Box::new((1..).zip(&test.grades).map(of_grade).chain([whole])))
}
