//! What the others lose when a client leaves: the federation once without each.

use super::alone::{Headlines, Participant};
use super::compare::Baselines;
use super::measures::sound_scores;
use super::trained::Trained;
use super::varied::run;
use super::watch::Watch;
use crate::diag::{Error, Problem};
use crate::federation::Prepared;
use crate::federation::variation::Variation;
use crate::scenario::Plan;

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

/// Runs the federation once without each client, and tells of each client what the others lose on average by its leaving; nothing
/// where no round could then be completed.
///
/// # Errors
/// When a model leaves the finite numbers, or `watch` ends it.
pub fn leave_one_out(plan: &Plan, prepared: &Prepared, found: &mut Baselines, watch: &Watch<'_>) -> Result<(), Error> {
    found.is_left_out = true;
    let participants = &mut found.participants;
    let (clients, worse) = (participants.len(), plan.model.task().headline().worse);
    for place in 0..clients {
        let (client, who) = (participants[place].client, prepared.federation.called(participants[place].client));
        if place.is_multiple_of(clients.div_ceil(20)) {
            (watch.tell)(&format!("leave one out: {} of {clients}", place + 1));
        }
        let Trained { params, course } = run(plan, prepared, Variation::Without(client), watch)?;
        if course.visits() == 0 {
            (watch.tell)(&format!("without {who} no round is completed: what the others lose is not told"));
            continue;
        }
        let scores = sound_scores(plan, prepared, &params, &format!("the federation without {who}"))?;
        let headlines = Headlines::of(plan, prepared, &params, &scores);
        let lost = |other: &Participant| Some(worse.gained(other.metric.federated?, headlines.for_client(other.client)?));
        let losses: Vec<f64> = participants.iter().filter(|other| other.client != client).filter_map(lost).collect();
        participants[place].others_lose = (!losses.is_empty()).then(|| losses.iter().sum::<f64>() / losses.len() as f64);
    }
    Ok(())
}
