//! What models are compared by.

use crate::diag::Error;
use crate::federation::{Divergence, Prepared, score};
use crate::metrics::{Metrics, NAMES, Worse};
use crate::numeric::Params;
use crate::scenario::Plan;

/// Whether more of this metric is worse.
pub(super) fn is_bad(metric: &str) -> bool {
    metric == "cost" || Metrics::worse(metric) == Worse::Higher
}

/// The names of the figures in a [`Trial`](super::Trial): all metrics, and the cost of a row where decisions have a price.
pub fn metric_names(plan: &Plan) -> Vec<&'static str> {
    let cost = plan.evaluation.cost.map(|_| "cost");
    NAMES.into_iter().chain(cost).collect()
}

/// Metrics on the test rows, in the order of [`metric_names`].
pub(super) fn values(plan: &Plan, labels: &[bool], scores: &[f64]) -> Vec<Option<f64>> {
    let threshold = plan.evaluation.threshold;
    let cost = plan.evaluation.cost.map(|costs| Some(costs.per_row(labels, scores, threshold)));
    Metrics::of(labels, scores, threshold).values().into_iter().chain(cost).collect()
}

/// The scores of the test rows, or the failure that `who` diverges.
pub(super) fn sound_scores(plan: &Plan, prepared: &Prepared, params: &Params, who: &str) -> Result<Vec<f64>, Error> {
    let scores = score(plan.model.as_ref(), params, prepared.federation.test.x.rows());
    if params.is_finite() && !scores.iter().any(|score| score.is_nan()) {
        return Ok(scores);
    }
    Err(Divergence(format!("{who}: its numbers are no longer finite")).into())
}
