//! One round, top to bottom: who takes part, who fails, what the survivors learn, what becomes of the model.

use super::asked::forms;
use super::learner::learner;
use super::prepared::Prepared;
use super::record::{ClientRecord, Divergence, Outcome, RoundRecord, RoundTiming, Standing};
use super::sums::of_rounds;
use super::variation::Variation;
use crate::data::Federation;
use crate::diag::{Error, Problem};
use crate::exchange::{At, Cohort, Exchange, ExchangeRecord, Exchanged, Summed};
use crate::faults::Fate;
use crate::form::{Answer, Form, Lost, Mean, State, Sum};
use crate::learners::{Client, Learner};
use crate::numeric::linalg::norm;
use crate::numeric::rng::Purpose;
use crate::numeric::{Params, reduce};
use crate::scenario::Plan;
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
        let exchange = of_rounds(plan, &prepared.federation, &forms(plan, prepared, learner.as_ref()), variation)?;
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

    /// What answers go through.
    pub(super) fn exchange(&mut self) -> &mut Exchange<'a> {
        &mut self.exchange
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
    let (plan, federation, form) = (setting.plan, &setting.prepared.federation, setting.learner.form());
    let state = &standing.state;
    let (clients, fates) = cohort(plan, federation, setting.variation, round);
    let sent = sent(state, &form);
    let cohort = Cohort { clients: &clients, fates: &fates, sent: &sent };
    let survivors: Vec<usize> = clients.iter().zip(&fates).filter(|(_, fate)| fate.contributes()).map(|(&client, _)| client).collect();
    let examples = survivors.iter().map(|&client| federation.examples(client) as u64);
    let mut record = RoundRecord::of_cohort(round, clients.len(), examples);
    if survivors.len() < plan.faults.min_clients {
        record.clients = client_records(federation, &cohort, &ExchangeRecord::of_answers(&form, &cohort), &[]);
        return Ok(Moved { state: state.clone(), kept: Vec::new(), record });
    }

    let watch = WallStopwatch::start();
    let Answered { exchanged: Exchanged { summed, record: taken }, mut kept, train, train_seconds } =
        ask(setting, standing, round, &cohort, &survivors)?;
    record.clients = client_records(federation, &cohort, &taken, &train);
    record.outcome = taken.abort().map_or(Outcome::Completed, |abort| Outcome::Aborted(abort.stage));
    let learner = setting.learner.as_ref();
    let moved = match &summed {
        Some(Summed::Mean(mean)) => {
            let all = federation.active_count() - usize::from(matches!(setting.variation, Variation::Without(_)));
            learner.learn(state.clone(), &Sum::Mean(Mean { values: mean.as_slice(), answers: taken.answered, clients: all }))
        }
        Some(Summed::Total(numbers)) => learner.learn(state.clone(), &Sum::Total(numbers)),
        Some(Summed::Any(_)) => unreachable!("a learner learns from means and sums"),
        None => {
            // What clients would have kept goes with the sum that did not come about.
            kept.clear();
            Ok(state.clone())
        }
    }
    .map_err(Stuck::Unlearnable)?;
    record.update_norm = summed.map(|_| distance(moved.params(), state.params()));
    if !moved.is_finite() || record.update_norm.is_some_and(|norm| !norm.is_finite()) {
        return Err(Divergence(format!("round {round}: the model moved farther than a number can tell")).into());
    }
    record.exchanges.push(taken);
    record.timing = RoundTiming { train: train_seconds, aggregate: watch.elapsed() - train_seconds, ..RoundTiming::default() };
    Ok(Moved { state: moved, kept, record })
}

/// What the survivors' answers came to.
struct Answered {
    exchanged: Exchanged,
    /// What they would remember.
    kept: Vec<(usize, Params)>,
    /// How long each of them took, in their order.
    train: Vec<(usize, Seconds)>,
    /// Wall seconds of waiting for answers.
    train_seconds: f64,
}

/// Asks the survivors, and sums what they answer.
fn ask(
    setting: &mut Setting<'_>,
    standing: &Standing,
    round: usize,
    cohort: &Cohort<'_>,
    survivors: &[usize],
) -> Result<Answered, Divergence> {
    let Setting { plan, prepared, ref learner, ref mut exchange, .. } = *setting;
    let form = learner.form();
    let answer = |&client: &usize| (client, answer(plan, prepared, learner.as_ref(), standing, round, client));
    let mut answered = reduce::map_ahead(survivors, 8 * form.numbers, answer);
    let (mut train, mut train_seconds, mut lost, mut kept) = (Vec::with_capacity(survivors.len()), 0.0, None, Vec::new());
    let mut answers = std::iter::from_fn(|| {
        let waiting = WallStopwatch::start();
        let next = answered.next();
        train_seconds += waiting.elapsed();
        let (client, (answer, seconds)) = next?;
        train.push((client, seconds));
        let Ok(Answer { values, memory }) = answer else {
            lost = Some(client);
            return None;
        };
        kept.extend(memory.map(|memory| (client, memory)));
        Some((client, values))
    });
    let exchanged = exchange.sum(At { round, number: 0 }, &form, cohort, &mut answers);
    if let Some(client) = lost {
        let who = prepared.federation.called(client);
        return Err(Divergence(format!("round {round}: the parameters of {who} are no longer finite numbers")));
    }
    let exchanged = exchanged.expect("no survivor's answer is lost");
    Ok(Answered { exchanged, kept, train, train_seconds })
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

/// Each of the cohort's record, in its order; `train` tells how long who answered took.
fn client_records(federation: &Federation, cohort: &Cohort<'_>, taken: &ExchangeRecord, train: &[(usize, Seconds)]) -> Vec<ClientRecord> {
    let mut train = train.iter().peekable();
    let bytes = taken.upload_bytes.iter().zip(&taken.download_bytes);
    let records = cohort.clients.iter().zip(cohort.fates).zip(bytes).map(|((&client, &fate), (&upload_bytes, &download_bytes))| {
        let seconds = train.next_if(|(trained, _)| *trained == client).map_or(Seconds::default(), |(_, seconds)| *seconds);
        ClientRecord { client, fate, examples: federation.examples(client) as u64, train: seconds, upload_bytes, download_bytes }
    });
    records.collect()
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
