//! The model before training.

use crate::data::Federation;
use crate::models::{Columns, Parameter};
use crate::numeric::Params;
use crate::numeric::rng::Purpose;
use crate::scenario::Plan;

/// The model's parameters before training.
pub fn parameters(plan: &Plan, columns: &Columns<'_>) -> Vec<Parameter> {
    plan.model.parameters(columns, &mut plan.streams.stream(Purpose::Init, 0, 0))
}

/// The parameters of a model of these data before training.
pub(crate) fn parameters_of(plan: &Plan, federation: &Federation) -> Vec<Parameter> {
    parameters(plan, &Columns { features: &federation.transform.names(), classes: &federation.classes })
}

/// The model before training, (params,).
pub(super) fn start(plan: &Plan, federation: &Federation) -> Params {
    let starts: Vec<f64> = parameters_of(plan, federation).iter().map(|parameter| parameter.start).collect();
    starts.into()
}
