//! Whole runs without records: under another seed, without one client, or without secure aggregation.

use std::ops::ControlFlow;

use super::course::Course;
use super::trained::Trained;
use super::watch::Watch;
use crate::diag::Error;
use crate::federation::rounds::run_varied;
use crate::federation::variation::Variation;
use crate::federation::{End, Prepared};
use crate::numeric::Params;
use crate::scenario::Plan;

/// Runs all rounds, measuring only where early stopping has to know.
///
/// # Errors
/// When the model leaves the finite numbers, or `watch` ends it.
pub fn train(plan: &Plan, prepared: &Prepared, watch: &Watch<'_>) -> Result<Trained, Error> {
    run(plan, prepared, Variation::AsPlanned, watch)
}

/// The model that plain FedAvg would have made of the same updates, dropouts included.
pub(super) fn train_in_the_clear(plan: &Plan, prepared: &Prepared, watch: &Watch<'_>) -> Result<Params, Error> {
    Ok(run(plan, prepared, Variation::InTheClear, watch)?.params)
}

/// A run of this variation.
pub(super) fn run(plan: &Plan, prepared: &Prepared, variation: Variation, watch: &Watch<'_>) -> Result<Trained, Error> {
    let mut course = Course::default();
    let history = run_varied(plan, prepared, variation, &mut |record, _| {
        watch.check()?;
        course.round(record, plan.hyper.epochs);
        Ok(ControlFlow::Continue(()))
    })?;
    match history.end {
        End::Diverged(divergence) => Err(divergence.into()),
        End::AllRounds | End::StoppedEarly | End::Settled | End::Interrupted => Ok(Trained::new(&history.standing, course)),
    }
}
