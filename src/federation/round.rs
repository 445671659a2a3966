//! One round, top to bottom: who takes part, who fails, what the survivors learn, what becomes of the model.

use super::exchange::Exchange;
use super::learner::learner;
use super::prepared::Prepared;
use super::record::{ClientRecord, Divergence, Outcome, RoundRecord, RoundTiming, SecureRecord, Standing};
use super::secure::{SecureCohort, SecureSums};
use super::summed::Summed;
use super::variation::Variation;
use crate::aggregators::{FED_AVG, RoundContext};
use crate::data::Federation;
use crate::diag::{Error, Problem};
use crate::faults::Fate;
use crate::form::{Answer, Form, Lost, Mean, State, Sum};
use crate::learners::{Client, Learner};
use crate::numeric::linalg::norm;
use crate::numeric::rng::Purpose;
use crate::numeric::{Params, reduce};
use crate::scenario::{Aggregation, Plan};
use crate::timing::{Seconds, ThreadStopwatch, WallStopwatch};
use crate::training::LocalRows;

/// What all rounds have in common.
pub(super) struct Setting<'a> {
    plan: &'a Plan,
    prepared: &'a Prepared,
    learner: Box<dyn Learner + 'a>,
    exchange: Exchange<'a>,
    variation: Variation,
    is_measured: bool,
}

impl<'a> Setting<'a> {
    /// Sets the rounds up, as planned but for `variation`.
    ///
    /// # Errors
    /// When secure aggregation can't hold the sums of this federation.
    pub(super) fn new(plan: &'a Plan, prepared: &'a Prepared, variation: Variation) -> Result<Self, Error> {
        let learner = learner(plan, prepared);
        let exchange = match &plan.aggregation {
            _ if variation == Variation::InTheClear => Exchange::Clear(&FED_AVG),
            Aggregation::Clear(aggregator) => Exchange::Clear(aggregator.as_ref()),
            Aggregation::Secure(spec) => {
                Exchange::Secure(Box::new(SecureSums::new(plan, spec, &prepared.federation, &learner.form(), variation)?))
            }
        };
        Ok(Self { plan, prepared, learner, exchange, variation, is_measured: true })
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
        &self.prepared.federation
    }

    /// The clients' rows, and what it took to prepare them.
    pub(super) fn prepared(&self) -> &'a Prepared {
        self.prepared
    }

    /// Whether there is nothing more to learn.
    pub(super) fn is_settled(&self, state: &State) -> bool {
        self.learner.is_settled(state)
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

/// Why a round leaves nothing.
pub(super) enum Stuck {
    /// Numbers left the finite range.
    Diverged(Divergence),
    /// The rows can't be learned from as the scenario says.
    Unlearnable(Problem),
}

impl From<Divergence> for Stuck {
    fn from(divergence: Divergence) -> Self {
        Self::Diverged(divergence)
    }
}

/// Runs round `round` from where the run stands.
///
/// # Errors
/// When a client's training leaves the finite numbers, or nothing can be learned from the sum.
pub(super) fn run(setting: &mut Setting<'_>, standing: &Standing, round: usize) -> Result<Moved, Stuck> {
    let Setting { plan, prepared, ref learner, ref mut exchange, variation, .. } = *setting;
    let (state, form, federation) = (&standing.state, learner.form(), &prepared.federation);
    let (cohort, fates) = cohort(plan, federation, variation, round);
    let mut clients: Vec<ClientRecord> =
        cohort.iter().zip(&fates).map(|(&client, &fate)| taking_part(federation, state, &form, client, fate)).collect();
    let survivors: Vec<usize> = (0..clients.len()).filter(|&at| fates[at].contributes()).collect();
    let mut record = RoundRecord::of_cohort(round, clients.len(), survivors.iter().map(|&at| clients[at].examples));
    if survivors.len() < plan.faults.min_clients {
        return Ok(Moved { state: state.clone(), kept: Vec::new(), record: RoundRecord { clients, ..record } });
    }

    let watch = WallStopwatch::start();
    let trained: Vec<(usize, usize)> = survivors.iter().map(|&at| (at, clients[at].client)).collect();
    let answer = |&(at, client): &(usize, usize)| (at, client, answer(plan, prepared, learner.as_ref(), standing, round, client));
    let mut answered = reduce::map_ahead(&trained, 8 * form.numbers, answer);
    let (mut train_seconds, mut lost, mut kept) = (0.0, None, Vec::new());
    let mut answers = std::iter::from_fn(|| {
        let waiting = WallStopwatch::start();
        let next = answered.next();
        train_seconds += waiting.elapsed();
        let (at, client, (answer, seconds)) = next?;
        clients[at].train = seconds;
        let Ok(Answer { values, memory }) = answer else {
            lost = Some(client);
            return None;
        };
        kept.extend(memory.map(|memory| (client, memory)));
        Some((client, values))
    });
    let context = RoundContext { round, streams: &plan.streams, params: form.numbers };
    let secure_cohort = SecureCohort { clients: &cohort, fates: &fates, sent: &sent(state, &form) };
    let exchanged = exchange.sum(form.read, &mut answers, &secure_cohort, &context);
    if let Some(client) = lost {
        let words = format!("round {round}: the parameters of {} are no longer finite numbers", federation.called(client));
        return Err(Divergence(words).into());
    }
    drop(answered);
    let (summed, secure) = exchanged.expect("no survivor's answer is lost");
    if let Some(secure) = &secure {
        charge(&mut clients, secure);
    }
    let answers = secure.as_ref().map_or(survivors.len(), |secure| secure.summed);
    let moved = match &summed {
        Some(Summed::Mean(mean)) => {
            let all = federation.active_count() - usize::from(matches!(variation, Variation::Without(_)));
            learner.learn(state.clone(), &Sum::Mean(Mean { values: mean.as_slice(), answers, clients: all }))
        }
        Some(Summed::Total(numbers)) => learner.learn(state.clone(), &Sum::Total(numbers)),
        None => {
            // What clients would have kept goes with the sum that did not come about.
            kept.clear();
            Ok(state.clone())
        }
    }
    .map_err(Stuck::Unlearnable)?;
    record.outcome =
        secure.as_ref().and_then(|secure| secure.abort.as_ref()).map_or(Outcome::Completed, |abort| Outcome::Aborted(abort.stage));
    record.update_norm = summed.map(|_| distance(moved.params(), state.params()));
    if !moved.is_finite() || record.update_norm.is_some_and(|norm| !norm.is_finite()) {
        return Err(Divergence(format!("round {round}: the model moved farther than a number can tell")).into());
    }
    record.timing = RoundTiming { train: train_seconds, aggregate: watch.elapsed() - train_seconds, ..RoundTiming::default() };
    Ok(Moved { state: moved, kept, record: RoundRecord { clients, secure, ..record } })
}

/// Who takes part in a round, ascending, and what becomes of each.
pub(super) fn cohort(plan: &Plan, federation: &Federation, variation: Variation, round: usize) -> (Vec<usize>, Vec<Fate>) {
    let mut cohort = plan.cohort.select(federation.active_count(), round, &plan.streams);
    cohort.iter_mut().for_each(|client| *client = federation.active(*client));
    cohort.retain(|&client| variation != Variation::Without(client));
    let fates = plan.faults.decide(&cohort, round, &plan.streams);
    (cohort, fates)
}

/// What is sent to every client: the model, and what the strategy sends beside it.
fn sent<'s>(state: &'s State, form: &Form) -> Vec<&'s [f64]> {
    [state.params().as_slice()].into_iter().chain(form.received.iter().map(|name| state.block(name))).collect()
}

/// A client's record before it has done anything.
fn taking_part(federation: &Federation, state: &State, form: &Form, client: usize, fate: Fate) -> ClientRecord {
    let model_bytes = 8 * state.params().len() as u64;
    ClientRecord {
        client,
        fate,
        examples: federation.examples(client) as u64,
        train: Seconds::default(),
        upload_bytes: if fate.contributes() { form.bytes_sent() } else { 0 },
        download_bytes: model_bytes * (1 + form.received.len() as u64),
    }
}

/// Puts the bytes of secure aggregation's messages in the place of a plain update's; the model is sent as before.
fn charge(clients: &mut [ClientRecord], secure: &SecureRecord) {
    for (client, (&up, &down)) in clients.iter_mut().zip(secure.tally.client_up.iter().zip(&secure.tally.client_down)) {
        client.upload_bytes = up;
        client.download_bytes += down;
    }
}

/// A client's answer, and how long it took.
pub(super) fn answer(
    plan: &Plan,
    prepared: &Prepared,
    learner: &dyn Learner,
    standing: &Standing,
    round: usize,
    client: usize,
) -> (Result<Answer, Lost>, Seconds) {
    let watch = ThreadStopwatch::start();
    let rows = prepared.federation.client(client);
    let (x, y) = rows.parts();
    let stream = plan.streams.stream(Purpose::Shuffle, round, client);
    let rows = LocalRows { x, y, weights: prepared.weights() };
    let answer = learner.answer(&standing.state, Client { round, rows, memory: standing.memories.get(&client), stream });
    (answer, watch.elapsed())
}

fn distance(a: &Params, b: &Params) -> f64 {
    norm(&a.as_slice().iter().zip(b.as_slice()).map(|(a, b)| a - b).collect::<Vec<f64>>())
}
