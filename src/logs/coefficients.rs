//! `coefficients.csv`.

use super::column::{Column, Group, Log};
use super::filling::{Filling, Finished, Rows, Run};
use super::sizes::Length;
use super::unit::Unit;
use crate::federation;
use crate::learners::newton::Coefficient;
use crate::numeric::text::{shortest, shortest_or_empty};

/// The parameters as estimates.
pub const LOG: Log = Log::reproducible(
    "coefficients.csv",
    "The parameters as estimates, with their standard errors; with `training.kind = \"newton\"`. They come from the sum at the model \
     before the last step, which a run that has settled does not tell from the last. With `model.l2` above 0 they are those of the \
     penalised information, and with `class_weight` a row counts as often as it weighs.",
    &[Group::always(&COLUMNS)],
    Length::of_columns(|sizes| sizes.parameters),
)
.filled(Filling::AtEnd(rows));

const COLUMNS: [Column; 8] = [
    Column::new("name", "Name", Unit::Text, "the feature, or `intercept`"),
    Column::new("estimate", "Estimate", Unit::Measure, "the coefficient of the scaled feature"),
    Column::new("standard_error", "Standard error", Unit::Measure, "the root of the inverse information's diagonal"),
    Column::new("z", "z", Unit::Measure, "Wald's statistic: estimate over standard error"),
    Column::new("p_value", "p value", Unit::Measure, "of a parameter of 0, on both sides"),
    Column::new("estimate_low", "Estimate, low", Unit::Measure, "the lower end of its 95% interval"),
    Column::new("estimate_high", "Estimate, high", Unit::Measure, "its upper end"),
    Column::new(
        "vif",
        "VIF",
        Unit::Measure,
        "the variance inflation factor; empty for the intercept, and where columns depend on each other",
    ),
];

fn rows<'a>(finished: &Finished<'a>) -> Option<Rows<'a>> {
    let Finished { run: Run { plan, prepared }, standing, .. } = *finished;
    let found = federation::coefficients(plan, prepared, &standing.state)?;
    Some(Box::new(found.into_iter().map(|coefficient| row(&coefficient).to_vec())))
}

/// A parameter's row.
fn row(coefficient: &Coefficient) -> [String; 8] {
    let Coefficient { name, estimate, standard_error, z, p_value, interval: [low, high], vif } = coefficient;
    let figures = [estimate, standard_error, z, p_value, low, high].map(|&figure| shortest(figure));
    let [estimate, standard_error, z, p_value, low, high] = figures;
    [name.clone(), estimate, standard_error, z, p_value, low, high, shortest_or_empty(*vif)]
}
