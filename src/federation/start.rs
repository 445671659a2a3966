//! The model before training.

use crate::data::Federation;
use crate::form::State;
use crate::models::Parameter;
use crate::numeric::Params;
use crate::numeric::rng::Purpose;
use crate::scenario::Plan;

/// The model's parameters before training.
pub fn parameters(plan: &Plan, features: &[String]) -> Vec<Parameter> {
    plan.model.parameters(features, &mut plan.streams.stream(Purpose::Init, 0, 0))
}

/// The model before training, (params,).
pub(super) fn start(plan: &Plan, federation: &Federation) -> Params {
    let starts: Vec<f64> = parameters(plan, &federation.transform.names()).iter().map(|parameter| parameter.start).collect();
    starts.into()
}

/// What the server keeps before the first round.
pub(super) fn start_state(plan: &Plan, federation: &Federation) -> State {
    plan.strategy.start(start(plan, federation))
}

/// How many numbers may be remembered beside a model of so many parameters, by the server and by so many clients.
pub(crate) fn remembered_max(plan: &Plan, parameters: u64, clients: u64) -> u64 {
    let none = Params::zeros(parameters as usize);
    let beside = plan.strategy.start(none).count() as u64 - parameters;
    let keepers = if plan.strategy.parts().is_remembered { clients } else { 0 };
    beside + keepers.saturating_mul(parameters)
}
