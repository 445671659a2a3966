//! Whole runs without records: under another seed, without one client, or without secure aggregation.

use std::ops::ControlFlow;

use super::alone::{Aucs, Seat};
use super::{Course, Found, Trained, Watch, sound_scores};
use crate::diag::{Error, Problem};
use crate::federation::round::Variation;
use crate::federation::{End, Prepared, run_varied};
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

fn run(plan: &Plan, prepared: &Prepared, variation: Variation, watch: &Watch<'_>) -> Result<Trained, Error> {
    let mut course = Course::default();
    let history = run_varied(plan, prepared, variation, &mut |record, _| {
        watch.check()?;
        course.round(record, plan.hyper.epochs);
        Ok(ControlFlow::Continue(()))
    })?;
    match history.end {
        End::Diverged(divergence) => Err(divergence.into()),
        End::AllRounds | End::StoppedEarly | End::Interrupted => Ok(Trained::new(&history.standing, course)),
    }
}

/// Wants a federation from which one client can be left out.
///
/// # Errors
/// When no client would be left, or too few for any round.
pub fn check_leave_one_out(plan: &Plan, prepared: &Prepared) -> Result<(), Error> {
    let clients = prepared.federation.active_count();
    if clients < 2 {
        let problem = Problem::about("partition.clients", "without its only client there is no federation: --leave-one-out has no meaning");
        return Err(plan.locate(problem.help("have more clients, or take --leave-one-out away").into()));
    }
    if plan.faults.min_clients > plan.cohort.largest(clients).min(clients - 1) {
        let message = format!(
            "without one client every round would be aborted: {} survivors are needed, and {} clients are left",
            plan.faults.min_clients,
            clients - 1
        );
        let problem = Problem::about("faults.min_clients", message);
        return Err(plan.locate(problem.help("lower faults.min_clients, or take --leave-one-out away").into()));
    }
    Ok(())
}

/// Runs the federation once without each client, and tells each seat what the others lose on average by its leaving; nothing
/// where no round could then be completed.
///
/// # Errors
/// When a model leaves the finite numbers, or `watch` ends it.
pub fn leave_one_out(plan: &Plan, prepared: &Prepared, found: &mut Found, watch: &Watch<'_>) -> Result<(), Error> {
    found.is_left_out = true;
    let seats = &mut found.seats;
    let clients = seats.len();
    for place in 0..clients {
        let (client, who) = (seats[place].client, prepared.federation.called(seats[place].client));
        if place.is_multiple_of(clients.div_ceil(20)) {
            (watch.tell)(&format!("leave one out: {} of {clients}", place + 1));
        }
        let Trained { params, course } = run(plan, prepared, Variation::Without(client), watch)?;
        if course.visits() == 0 {
            (watch.tell)(&format!("without {who} no round is completed: what the others lose is not told"));
            continue;
        }
        let scores = sound_scores(plan, prepared, &params, &format!("the federation without {who}"))?;
        let aucs = Aucs::of(plan, &prepared.federation, &params, &scores);
        let lost = |other: &Seat| Some(other.auc.federated? - aucs.for_client(other.client)?);
        let losses: Vec<f64> = seats.iter().filter(|other| other.client != client).filter_map(lost).collect();
        seats[place].others_lose = (!losses.is_empty()).then(|| losses.iter().sum::<f64>() / losses.len() as f64);
    }
    Ok(())
}
