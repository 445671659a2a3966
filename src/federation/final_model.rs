//! The model that a run leaves, measured on the test rows for whoever reads the run.

use super::evaluate::Measured;
use super::record::{Divergence, Standing};
use crate::data::Federation;
use crate::metrics::{Confusion, Curves, ExpectedCost, Group, Metrics, ScoreBin, gains, score_histogram};
use crate::numeric::Params;
use crate::scenario::Plan;

/// A run's last model, or its best, and what it is worth.
#[derive(Clone, Debug)]
pub struct FinalModel {
    /// The model, (params,).
    pub params: Params,
    /// The round that it is of.
    pub round: usize,
    /// Of the test rows, (rows,).
    pub scores: Vec<f64>,
    /// On the test rows.
    pub metrics: Metrics,
    /// On the validation rows; `None` if there are none.
    pub validation: Option<Metrics>,
    /// What decisions on the test rows cost; `None` without prices.
    pub cost: Option<ExpectedCost>,
    /// Decisions on the test rows at the scenario's threshold.
    pub confusion: Confusion,
    /// `None` if the test rows lack a class.
    pub curves: Option<Curves>,
    /// How the scores of the test rows are distributed.
    pub histogram: Vec<ScoreBin>,
    /// The test rows in groups by descending score; empty if none is positive.
    pub gains: Vec<Group>,
}

impl FinalModel {
    /// Measures the model that a run leaves which ends here.
    ///
    /// # Errors
    /// When its scores are no numbers.
    pub fn of(plan: &Plan, federation: &Federation, standing: &Standing) -> Result<Self, Divergence> {
        let (params, round) = (standing.kept(), standing.kept_round());
        let measured = Measured::of(plan, federation, params);
        let measured = measured.ok_or_else(|| Divergence(format!("round {round}: the model's scores are no longer numbers")))?;
        let Measured { scores, metrics, validation, cost } = measured;
        let labels = &federation.test.y;
        Ok(Self {
            params: params.clone(),
            round,
            metrics,
            validation,
            cost,
            confusion: Confusion::of(labels, &scores, plan.evaluation.threshold),
            curves: Curves::of(labels, &scores),
            histogram: score_histogram(labels, &scores),
            gains: gains(labels, &scores),
            scores,
        })
    }
}
