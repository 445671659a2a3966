//! Whether the model's probabilities come true, tested.

use super::grid::{Choice, Grid, ROWS_MAX};
use super::markup::paragraph;
use crate::diag::Error;
use crate::logs::Unit;
use crate::runs::Saved;

const FILE: &str = "calibration_tests.csv";

/// Below this p value a test speaks against the scores.
const LEVEL: f64 = 0.05;

/// The verdict, and the groups.
///
/// # Errors
/// When the file is not as fedsim wrote it.
pub(super) fn calibration(saved: &Saved) -> Result<String, Error> {
    let (mut groups, mut too_many, mut whole) = (0, 0, None);
    saved.rows(FILE, ["test", "p_value"], |[test, p_value]| {
        let p_value = p_value.number()?;
        if test.text() == "binomial" {
            groups += 1;
            too_many += usize::from(p_value < LEVEL);
        } else {
            whole = Some(p_value);
        }
        Ok(())
    })?;
    let count = |count: usize| Unit::Plain.show(count as f64);
    let mut text = format!(
        "In {} of {} groups of test rows by score there are more positives than the scores leave open (binomial test, 5 %).",
        count(too_many),
        count(groups)
    );
    if let Some(p_value) = whole {
        let verdict = if p_value < LEVEL {
            "the scores are not the probabilities that they claim to be"
        } else {
            "nothing speaks against the scores"
        };
        text += &format!(" Over all groups {verdict}: the test of Hosmer and Lemeshow has a p value of {}.", Unit::Measure.show(p_value));
    }
    let grid = Grid::of_csv(saved, FILE, Choice::new(ROWS_MAX, ROWS_MAX))?;
    Ok(paragraph(&text) + &grid.html("calibration-tests", "Tests of calibration"))
}
