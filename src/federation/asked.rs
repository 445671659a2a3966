//! All that clients are asked for in a round.

use super::prepared::Prepared;
use crate::data::Federation;
use crate::form::Form;
use crate::learners::Learner;
use crate::scenario::Plan;
use crate::tasks::{SUMMARY_BITS, Summary};

/// The forms of a round's sums, in their order.
pub(super) fn forms(plan: &Plan, prepared: &Prepared, learner: &dyn Learner) -> Vec<Form> {
    let metrics = summary(plan, &prepared.federation).map(|summary| metrics_form(&summary));
    learner.forms().into_iter().chain(metrics).collect()
}

/// What is summed up, if the plan asks for it.
pub(super) fn summary(plan: &Plan, federation: &Federation) -> Option<Summary> {
    let classes = federation.classes.len().max(2);
    let summary = || Summary::of(plan.model.task(), classes, plan.evaluation.threshold);
    plan.evaluation.federated.then(|| summary().expect("a scenario that asks for it has a task with probabilities"))
}

/// A server learns, over all who answer, the counts, losses and score histogram of [`Summary`], of no client alone.
pub(super) fn metrics_form(summary: &Summary) -> Form {
    Form::total("metrics", summary.numbers(), SUMMARY_BITS)
}
