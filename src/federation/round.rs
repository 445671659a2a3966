//! One round, top to bottom: who takes part, who fails, what the survivors learn, what becomes of the model.

use super::prepared::Prepared;
use super::record::{ClientRecord, Divergence, Outcome, RoundRecord, RoundTiming, SecureRecord, Standing};
use super::secure::{SecureCohort, SecureUpdates};
use super::start::parameters;
use super::variation::Variation;
use crate::aggregators::{Aggregator, Contribution, FED_AVG, RoundContext};
use crate::data::Federation;
use crate::diag::Error;
use crate::faults::Fate;
use crate::form::{Answer, State, Sum};
use crate::numeric::linalg::norm;
use crate::numeric::rng::Purpose;
use crate::numeric::{Params, reduce};
use crate::scenario::{Aggregation, Plan};
use crate::strategies::{Local, Parts, Report};
use crate::timing::{Seconds, ThreadStopwatch, WallStopwatch};
use crate::training::{LocalRows, RowWeights, local_train};

/// What all rounds have in common.
pub(super) struct Setting<'a> {
    plan: &'a Plan,
    federation: &'a Federation,
    weights: RowWeights,
    channel: Channel<'a>,
    variation: Variation,
    is_measured: bool,
}

/// What updates go through to the server.
enum Channel<'a> {
    Clear(&'a dyn Aggregator),
    Secure(Box<SecureUpdates>),
}

impl<'a> Setting<'a> {
    /// Sets the rounds up, as planned but for `variation`.
    ///
    /// # Errors
    /// When secure aggregation can't hold the sums of this federation.
    pub(super) fn new(plan: &'a Plan, prepared: &'a Prepared, variation: Variation) -> Result<Self, Error> {
        let channel = match &plan.aggregation {
            _ if variation == Variation::InTheClear => Channel::Clear(&FED_AVG),
            Aggregation::Clear(aggregator) => Channel::Clear(aggregator.as_ref()),
            Aggregation::Secure(spec) => {
                let params = parameters(plan, &prepared.federation.transform.names()).len();
                Channel::Secure(Box::new(SecureUpdates::new(plan, spec, &prepared.federation, params, variation)?))
            }
        };
        Ok(Self { plan, federation: &prepared.federation, weights: prepared.weights, channel, variation, is_measured: true })
    }

    /// The same rounds, whose models are measured only where early stopping has to know.
    pub(super) fn measured_to_stop(self) -> Self {
        Self { is_measured: self.plan.stop.is_some(), ..self }
    }

    /// What was planned.
    pub(super) fn plan(&self) -> &'a Plan {
        self.plan
    }

    /// Whether models are measured where it is due.
    pub(super) fn is_measured(&self) -> bool {
        self.is_measured
    }

    /// The clients' rows.
    pub(super) fn federation(&self) -> &'a Federation {
        self.federation
    }
}

/// What a round leaves.
pub(super) struct Moved {
    /// What the server keeps now.
    pub state: State,
    /// The memories of the clients whose answers came about.
    pub kept: Vec<(usize, Params)>,
    /// It lacks what comes after: digest, metrics and the whole round's time.
    pub record: RoundRecord,
}

/// Runs round `round` from where the run stands.
///
/// # Errors
/// When a client's training leaves the finite numbers.
pub(super) fn run(setting: &mut Setting<'_>, standing: &Standing, round: usize) -> Result<Moved, Divergence> {
    let Setting { plan, federation, weights, ref mut channel, variation, .. } = *setting;
    let (state, parts) = (&standing.state, plan.strategy.parts());
    let mut cohort = plan.cohort.select(federation.active_count(), round, &plan.streams);
    cohort.iter_mut().for_each(|client| *client = federation.active(*client));
    cohort.retain(|&client| variation != Variation::Without(client));
    let fates = plan.faults.decide(&cohort, round, &plan.streams);
    let mut clients: Vec<ClientRecord> =
        cohort.iter().zip(&fates).map(|(&client, &fate)| taking_part(federation, state, parts, client, fate)).collect();
    let survivors: Vec<usize> = (0..clients.len()).filter(|&at| fates[at].contributes()).collect();
    let mut record = RoundRecord::of_cohort(round, clients.len(), survivors.iter().map(|&at| clients[at].examples));
    if survivors.len() < plan.faults.min_clients {
        return Ok(Moved { state: state.clone(), kept: Vec::new(), record: RoundRecord { clients, ..record } });
    }

    let watch = WallStopwatch::start();
    let trained: Vec<(usize, usize)> = survivors.iter().map(|&at| (at, clients[at].client)).collect();
    let numbers = state.params().len() * parts.sent_count();
    let answer = |&(at, client): &(usize, usize)| (at, client, train(plan, federation, weights, standing, round, client));
    let mut answers = reduce::map_ahead(&trained, 8 * numbers, answer);
    let (mut train_seconds, mut lost, mut kept) = (0.0, None, Vec::new());
    let mut contributions = std::iter::from_fn(|| {
        let waiting = WallStopwatch::start();
        let next = answers.next();
        train_seconds += waiting.elapsed();
        let (at, client, (Answer { weight, values, memory }, seconds)) = next?;
        clients[at].train = seconds;
        if !values.is_finite() {
            lost = Some(client);
            return None;
        }
        kept.extend(memory.map(|memory| (client, memory)));
        Some(Contribution { client, weight, values })
    });
    let context = RoundContext { round, streams: &plan.streams, params: numbers };
    let secure_cohort = SecureCohort { clients: &cohort, fates: &fates, sent: &sent(state, parts) };
    let aggregated = aggregate(channel, &mut contributions, &secure_cohort, &context);
    if let Some(client) = lost {
        return Err(Divergence(format!("round {round}: the parameters of {} are no longer finite numbers", federation.called(client))));
    }
    drop(answers);
    let (mean, secure) = aggregated.expect("no survivor's update is lost");
    if let Some(secure) = &secure {
        charge(&mut clients, secure);
    }
    let moved = match &mean {
        Some(mean) => {
            let summed = secure.as_ref().map_or(survivors.len(), |secure| secure.summed);
            let all = federation.active_count() - usize::from(matches!(variation, Variation::Without(_)));
            plan.strategy.step(state.clone(), &Sum { mean: mean.as_slice(), answers: summed, clients: all })
        }
        None => {
            // What clients would have kept goes with the sum that did not come about.
            kept.clear();
            state.clone()
        }
    };
    record.outcome =
        secure.as_ref().and_then(|secure| secure.abort.as_ref()).map_or(Outcome::Completed, |abort| Outcome::Aborted(abort.stage));
    record.update_norm = mean.map(|_| distance(moved.params(), state.params()));
    if !moved.is_finite() || record.update_norm.is_some_and(|norm| !norm.is_finite()) {
        return Err(Divergence(format!("round {round}: the model moved farther than a number can tell")));
    }
    record.timing = RoundTiming { train: train_seconds, aggregate: watch.elapsed() - train_seconds, ..RoundTiming::default() };
    Ok(Moved { state: moved, kept, record: RoundRecord { clients, secure, ..record } })
}

/// What is sent to every client: the model, and what the strategy sends beside it.
fn sent(state: &State, parts: Parts) -> Vec<&[f64]> {
    [state.params().as_slice()].into_iter().chain(parts.received.iter().map(|name| state.block(name))).collect()
}

/// The clients' mean, if it could be had, and what secure aggregation took; `None` if a survivor's update is lost.
fn aggregate(
    channel: &mut Channel<'_>,
    contributions: &mut dyn Iterator<Item = Contribution>,
    cohort: &SecureCohort<'_>,
    context: &RoundContext<'_>,
) -> Option<(Option<Params>, Option<SecureRecord>)> {
    match channel {
        Channel::Clear(aggregator) => Some((Some(aggregator.aggregate(contributions, context)), None)),
        Channel::Secure(updates) => updates.aggregate(contributions, cohort, context).map(|(mean, record)| (mean, Some(record))),
    }
}

/// A client's record before it has done anything.
fn taking_part(federation: &Federation, state: &State, parts: Parts, client: usize, fate: Fate) -> ClientRecord {
    let model_bytes = 8 * state.params().len() as u64;
    ClientRecord {
        client,
        fate,
        examples: federation.examples(client) as u64,
        train: Seconds::default(),
        upload_bytes: if fate.contributes() { model_bytes * parts.sent_count() as u64 + 8 } else { 0 },
        download_bytes: model_bytes * (1 + parts.received.len() as u64),
    }
}

/// Puts the bytes of secure aggregation's messages in the place of a plain update's; the model is sent as before.
fn charge(clients: &mut [ClientRecord], secure: &SecureRecord) {
    for (client, (&up, &down)) in clients.iter_mut().zip(secure.tally.client_up.iter().zip(&secure.tally.client_down)) {
        client.upload_bytes = up;
        client.download_bytes += down;
    }
}

fn train(plan: &Plan, federation: &Federation, weights: RowWeights, standing: &Standing, round: usize, client: usize) -> (Answer, Seconds) {
    let watch = ThreadStopwatch::start();
    let (state, strategy) = (&standing.state, plan.strategy.as_ref());
    let rows = federation.client(client);
    let (x, y) = rows.parts();
    let stream = plan.streams.stream(Purpose::Shuffle, round, client);
    let local = Local { state, memory: standing.memories.get(&client), learning_rate: plan.hyper.learning_rate };
    let rows = LocalRows { x, y, weights };
    let trained = local_train(plan.model.as_ref(), state.params(), &rows, &plan.hyper, strategy.correction(&local), stream);
    let Report { sent, memory } = strategy.report(&trained, &local);
    let mut values = trained.delta.into_vec();
    values.extend(sent);
    let weight = if strategy.parts().is_even { 1 } else { y.len() as u64 };
    (Answer { weight, values: values.into(), memory }, watch.elapsed())
}

fn distance(a: &Params, b: &Params) -> f64 {
    norm(&a.as_slice().iter().zip(b.as_slice()).map(|(a, b)| a - b).collect::<Vec<f64>>())
}
