//! The model before training.

use super::prepared::Prepared;
use crate::data::Federation;
use crate::models::boosting::{Forest, TreesOf, names, numbers_max};
use crate::models::scorecard::{self, Card};
use crate::models::{Columns, Counts, Parameter};
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

/// How many parameters the model can come to have: more than it begins with if every round adds a tree.
pub(crate) fn parameters_max(plan: &Plan, prepared: &Prepared) -> usize {
    if let Some(binned) = &prepared.binned {
        return binned.card().to_params().len();
    }
    let federation = &prepared.federation;
    let begun = parameters_of(plan, federation).len();
    let of_trees = plan.model.as_boosting().map(|growth| {
        let clients = if growth.federation == TreesOf::All { 1 } else { plan.cohort.largest(federation.active_count()) };
        numbers_max(plan.rounds.saturating_mul(begun).saturating_mul(clients), growth.depth)
    });
    begun.saturating_add(of_trees.unwrap_or(0))
}

/// The names of a model's parameters, (params,).
pub(crate) fn names_of(plan: &Plan, columns: &Columns<'_>, params: &[f64]) -> Vec<String> {
    if plan.model.as_boosting().is_some() {
        let counts = Counts { features: columns.features.len(), classes: columns.classes.len() };
        return names(plan.model.task(), &Forest::of(params, plan.model.outputs(counts), counts.features), columns);
    }
    if plan.model.as_scorecard().is_some() {
        return scorecard::names(&Card::of(params, columns.features.len()), columns.features);
    }
    parameters(plan, columns).into_iter().map(|parameter| parameter.name).collect()
}

/// The model before training, (params,).
pub(super) fn start(plan: &Plan, federation: &Federation) -> Params {
    let starts: Vec<f64> = parameters_of(plan, federation).iter().map(|parameter| parameter.start).collect();
    starts.into()
}
