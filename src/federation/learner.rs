//! The learner that a plan asks for.

use super::prepared::Prepared;
use super::start::{parameters, start};
use crate::form::State;
use crate::learners::{Averaged, Learner, Newton};
use crate::models::Linear;
use crate::numeric::Params;
use crate::scenario::Plan;
use crate::training::Solver;

/// The learner of this plan, on these data.
pub(super) fn learner<'a>(plan: &'a Plan, prepared: &'a Prepared) -> Box<dyn Learner + 'a> {
    match newton(plan, prepared) {
        Some(newton) => Box::new(newton),
        None => {
            let params = parameters(plan, &prepared.federation.transform.names()).len();
            Box::new(Averaged { model: plan.model.as_ref(), strategy: plan.strategy.as_ref(), hyper: &plan.hyper, params })
        }
    }
}

/// Newton's method, if this plan asks for it.
pub(crate) fn newton<'a>(plan: &'a Plan, prepared: &'a Prepared) -> Option<Newton<'a>> {
    let Solver::Newton { tolerance } = plan.hyper.solver else { return None };
    let names = parameters(plan, &prepared.federation.transform.names()).into_iter().map(|parameter| parameter.name).collect();
    Some(Newton { model: linear(plan), names, reach: &prepared.reach, weights: prepared.weights, tolerance })
}

fn linear(plan: &Plan) -> &dyn Linear {
    plan.model.as_linear().expect("a scenario that asks for Newton's method has a model of a linear predictor")
}

/// What the server keeps before the first round.
pub(super) fn start_state(plan: &Plan, prepared: &Prepared) -> State {
    learner(plan, prepared).start(start(plan, &prepared.federation))
}

/// How many numbers may be remembered beside the model, by the server and by all clients.
pub(crate) fn remembered_max(plan: &Plan, prepared: &Prepared) -> u64 {
    let learner = learner(plan, prepared);
    let params = parameters(plan, &prepared.federation.transform.names()).len();
    let beside = learner.start(Params::zeros(params)).count() - params;
    let keepers = if learner.form().is_remembered { prepared.federation.client_count() } else { 0 };
    beside as u64 + (keepers as u64).saturating_mul(params as u64)
}
