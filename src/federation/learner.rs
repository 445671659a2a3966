//! The learner that a plan asks for.

use super::prepared::Prepared;
use super::start::{parameters_of, start};
use crate::data::preprocess::Feature;
use crate::form::State;
use crate::learners::boosting::{AtHand, Boosted, Drawn, Single};
use crate::learners::newton::Coefficient;
use crate::learners::scorecard::Carded;
use crate::learners::{Averaged, KMeans, Learner, Newton};
use crate::models::boosting::{Splits, TreesOf};
use crate::models::scorecard::INTERCEPT;
use crate::models::{Differentiable, Linear};
use crate::numeric::Params;
use crate::scenario::Plan;
use crate::training::Solver;

/// The learner of this plan, on these data.
pub(super) fn learner<'a>(plan: &'a Plan, prepared: &'a Prepared) -> Box<dyn Learner + 'a> {
    match plan.hyper.solver {
        Solver::Newton { .. } => match carded(plan, prepared) {
            Some(carded) => Box::new(carded),
            None => Box::new(newton(plan, prepared).expect("this solver is Newton's")),
        },
        Solver::Lloyd { tolerance } => {
            let centroids = plan.model.as_centroids().expect("a scenario with this solver has a model of centroids");
            let (reach, first) = (&prepared.reach.features, &prepared.first_centroids);
            Box::new(KMeans { clusters: centroids.clusters(), reach, first, tolerance })
        }
        Solver::Boosting => {
            let boosted = boosted(plan, prepared);
            match boosted.growth.splits {
                Splits::Histogram if boosted.growth.federation != TreesOf::All => Box::new(Single(boosted)),
                Splits::Histogram => Box::new(boosted),
                Splits::Random => Box::new(Drawn(boosted)),
            }
        }
        Solver::Sgd => {
            let params = parameters_of(plan, &prepared.federation).len();
            Box::new(Averaged { model: differentiable(plan), strategy: plan.strategy.as_ref(), hyper: &plan.hyper, params })
        }
    }
}

/// The learner of a federation of one, on these data: a single client's trees are those that sums over it alone grow.
pub(super) fn learner_of_one<'a>(plan: &'a Plan, prepared: &'a Prepared) -> Box<dyn Learner + 'a> {
    let is_single = plan.model.as_boosting().is_some_and(|growth| growth.federation != TreesOf::All);
    if is_single { Box::new(boosted(plan, prepared)) } else { learner(plan, prepared) }
}

/// The parameters as estimates, where the plan's learner has them.
pub(crate) fn coefficients(plan: &Plan, prepared: &Prepared, state: &State) -> Option<Vec<Coefficient>> {
    match carded(plan, prepared) {
        Some(carded) => carded.coefficients(state),
        None => newton(plan, prepared)?.coefficients(state),
    }
}

/// A scorecard's regression, if this plan is of one.
fn carded<'a>(plan: &'a Plan, prepared: &'a Prepared) -> Option<Carded<'a>> {
    let binned = prepared.binned.as_ref()?;
    let names = binned.included().map(|column| column.name.clone()).chain([INTERCEPT.to_owned()]).collect();
    let newton = Newton { names, ..newton(plan, prepared)? };
    Some(Carded { newton, card: binned.card() })
}

/// Newton's method, if this plan asks for it.
fn newton<'a>(plan: &'a Plan, prepared: &'a Prepared) -> Option<Newton<'a>> {
    let Solver::Newton { tolerance } = plan.hyper.solver else { return None };
    let names = parameters_of(plan, &prepared.federation).into_iter().map(|parameter| parameter.name).collect();
    let (reach, label_reach) = (&prepared.reach.features, prepared.reach.label);
    Some(Newton { model: linear(plan), names, reach, label_reach, weights: prepared.weights(), tolerance })
}

/// Boosting, where this plan asks for it.
fn boosted<'a>(plan: &'a Plan, prepared: &'a Prepared) -> Boosted<'a> {
    let growth = plan.model.as_boosting().expect("a scenario with this solver has a model of trees");
    let trend = |feature: &Feature| growth.monotone.iter().find(|(column, ..)| *column == feature.name).map(|(_, trend, _)| *trend);
    Boosted {
        task: plan.model.task(),
        growth,
        ground: &prepared.ground,
        weights: prepared.weights(),
        trends: prepared.federation.transform.features.iter().map(trend).collect(),
        streams: plan.streams.clone(),
        at_hand: AtHand::default(),
    }
}

/// A plan's model, which learns by gradients.
pub(super) fn differentiable(plan: &Plan) -> &dyn Differentiable {
    plan.model.as_differentiable().expect("a scenario that asks for descent has a model with a gradient")
}

fn linear(plan: &Plan) -> &dyn Linear {
    plan.model.as_linear().expect("a scenario that asks for Newton's method has a model of a linear predictor")
}

/// What the server keeps before the first round.
pub(super) fn start_state(plan: &Plan, prepared: &Prepared) -> State {
    learner(plan, prepared).start(start(plan, &prepared.federation))
}

/// Whether clients remember anything from round to round.
pub(super) fn keeps_memories(learner: &dyn Learner) -> bool {
    learner.forms().iter().any(|form| form.is_remembered)
}

/// How many numbers may be remembered beside the model, by the server and by all clients.
pub(crate) fn remembered_max(plan: &Plan, prepared: &Prepared) -> u64 {
    let learner = learner(plan, prepared);
    let params = parameters_of(plan, &prepared.federation).len();
    let beside = learner.start(Params::zeros(params)).count() - params;
    let keepers = if keeps_memories(learner.as_ref()) { prepared.federation.client_count() } else { 0 };
    beside as u64 + (keepers as u64).saturating_mul(params as u64)
}
