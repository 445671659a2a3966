//! The model before training.

use crate::data::Federation;
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
