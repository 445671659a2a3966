//! One round, top to bottom: who takes part, who fails, what the survivors learn, what becomes of the model.

use super::diverged;
use super::record::{ClientRecord, Outcome, RoundRecord, RoundTiming};
use crate::aggregators::{Contribution, RoundContext};
use crate::data::Federation;
use crate::diag::Error;
use crate::faults::Fate;
use crate::numeric::digest::Hash;
use crate::numeric::linalg::norm;
use crate::numeric::reduce;
use crate::numeric::rng::Purpose;
use crate::scenario::Plan;
use crate::strategies::ServerState;
use crate::timing::{Seconds, Stopwatch, ThreadStopwatch};
use crate::training::{LocalRows, RowWeights, local_train};

/// Runs round `round` from `state`. The record lacks what comes after: digest, metrics and the whole round's time.
///
/// # Errors
/// When a client's training leaves the finite numbers.
pub(super) fn run(
    plan: &Plan,
    federation: &Federation,
    weights: RowWeights,
    state: ServerState,
    round: usize,
) -> Result<(ServerState, RoundRecord), Error> {
    let cohort = plan.cohort.select(federation.clients.len(), round, &plan.streams);
    let fates = plan.faults.decide(&cohort, round, &plan.streams);
    let mut clients: Vec<ClientRecord> =
        cohort.iter().zip(fates).map(|(&client, fate)| taking_part(federation, &state, client, fate)).collect();
    let survivors: Vec<usize> = (0..clients.len()).filter(|&at| clients[at].fate.contributes()).collect();
    let record = RoundRecord {
        round,
        outcome: Outcome::TooFewSurvivors,
        selected: clients.len(),
        survivors: survivors.len(),
        examples: survivors.iter().map(|&at| clients[at].examples).sum(),
        update_norm: None,
        state_digest: Hash::of(b""),
        metrics: None,
        client_metrics: Vec::new(),
        timing: RoundTiming::default(),
        clients: Vec::new(),
    };
    if survivors.len() < plan.faults.min_clients {
        return Ok((state, RoundRecord { clients, ..record }));
    }

    let watch = Stopwatch::start();
    let trained: Vec<(usize, usize)> = survivors.iter().map(|&at| (at, clients[at].client)).collect();
    let mut updates = reduce::map_ahead(&trained, |&(at, client)| (at, train(plan, federation, weights, &state, round, client)));
    let (mut train_seconds, mut lost) = (0.0, None);
    let mut contributions = std::iter::from_fn(|| {
        let waiting = Stopwatch::start();
        let next = updates.next();
        train_seconds += waiting.elapsed().wall;
        let (at, (contribution, seconds)) = next?;
        clients[at].train = seconds;
        if !contribution.delta.is_finite() {
            lost = Some(contribution.client);
            return None;
        }
        Some(contribution)
    });
    let context = RoundContext { round, streams: &plan.streams, params: state.params.len() };
    let mean_delta = plan.aggregator.aggregate(&mut contributions, &context);
    if let Some(client) = lost {
        return Err(diverged(round, &format!("the parameters of client {} are no longer finite numbers", client + 1)));
    }
    drop(updates);
    let before = state.params.clone();
    let state = plan.strategy.step(state, &mean_delta);
    let moved: Vec<f64> = state.params.as_slice().iter().zip(before.as_slice()).map(|(now, before)| now - before).collect();
    let timing = RoundTiming { train: train_seconds, aggregate: watch.elapsed().wall - train_seconds, ..RoundTiming::default() };
    Ok((state, RoundRecord { outcome: Outcome::Completed, update_norm: Some(norm(&moved)), timing, clients, ..record }))
}

/// A client's record before it has done anything.
fn taking_part(federation: &Federation, state: &ServerState, client: usize, fate: Fate) -> ClientRecord {
    let model_bytes = 8 * state.params.len() as u64;
    ClientRecord {
        client,
        fate,
        examples: federation.examples(client) as u64,
        train: Seconds::default(),
        upload_bytes: if fate.contributes() { model_bytes + 8 } else { 0 },
        download_bytes: model_bytes,
    }
}

fn train(
    plan: &Plan,
    federation: &Federation,
    weights: RowWeights,
    state: &ServerState,
    round: usize,
    client: usize,
) -> (Contribution, Seconds) {
    let watch = ThreadStopwatch::start();
    let (x, y) = federation.client(client);
    let stream = plan.streams.stream(Purpose::Shuffle, round, client);
    let update = local_train(plan.model.as_ref(), &state.params, &LocalRows { x, y, weights }, &plan.hyper, stream);
    (Contribution { client, examples: y.len() as u64, delta: update.delta }, watch.elapsed())
}
