//! What models are compared by.

use crate::diag::Error;
use crate::federation::evaluate::metrics_of;
use crate::federation::{Divergence, Prepared, score};
use crate::metrics::Worse;
use crate::numeric::Params;
use crate::numeric::rows::Rows;
use crate::scenario::Plan;
use crate::tasks::Task;

/// What a row's decision costs, beside the task's metrics.
const COST: &str = "cost";

/// Which end of a figure of this name is the bad one.
pub(super) fn worse(task: Task, name: &str) -> Worse {
    task.metric(name).map_or(Worse::Higher, |metric| metric.worse)
}

/// The names of the figures in a [`Trial`](super::Trial): all metrics, and the cost of a row where decisions have a price.
pub fn metric_names(plan: &Plan) -> Vec<&'static str> {
    let cost = plan.evaluation.cost.map(|_| COST);
    plan.model.task().metrics().iter().map(|metric| metric.name).chain(cost).collect()
}

/// Metrics on the test rows, in the order of [`metric_names`].
pub(super) fn values(plan: &Plan, prepared: &Prepared, scores: &[f64]) -> Vec<Option<f64>> {
    let (test, threshold) = (&prepared.federation.test, plan.evaluation.threshold);
    let cost = plan.evaluation.cost.map(|costs| Some(costs.per_row(test.y.all().binary(), scores, threshold)));
    metrics_of(plan, test.x.rows(), test.y.all(), scores).values().iter().copied().chain(cost).collect()
}

/// What a model says of some rows.
pub(super) fn scores_of(plan: &Plan, prepared: &Prepared, params: &Params, x: Rows<'_>) -> Vec<f64> {
    score(plan.model.as_ref(), params, x, prepared.federation.classes.len())
}

/// The scores of the test rows, or the failure that `who` diverges.
pub(super) fn sound_scores(plan: &Plan, prepared: &Prepared, params: &Params, who: &str) -> Result<Vec<f64>, Error> {
    sound(params, scores_of(plan, prepared, params, prepared.federation.test.x.rows()), who)
}

/// These scores of a model, or the failure that `who` diverges.
pub(super) fn sound(params: &Params, scores: Vec<f64>, who: &str) -> Result<Vec<f64>, Error> {
    if params.is_finite() && !scores.iter().any(|score| score.is_nan()) {
        return Ok(scores);
    }
    Err(Divergence(format!("{who}: its numbers are no longer finite")).into())
}
