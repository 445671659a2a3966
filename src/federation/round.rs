//! One round, top to bottom: who takes part, who fails, what the survivors learn, what becomes of the model.

use super::asked::forms;
use super::learner::learner;
use super::prepared::Prepared;
use super::record::{ClientRecord, Divergence, Outcome, RoundRecord, RoundTiming, Standing, came_through};
use super::sums::of_rounds;
use super::variation::Variation;
use crate::data::Federation;
use crate::diag::{Error, Problem};
use crate::exchange::{At, Cohort, Exchange, ExchangeRecord, Exchanged, Summed};
use crate::faults::Fate;
use crate::form::{Answer, Form, Lost, Mean, State, Sum};
use crate::learners::{Client, Learner};
use crate::numeric::rng::Purpose;
use crate::numeric::{Params, reduce};
use crate::scenario::Plan;
use crate::stage::Stage;
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
/// When a client's training leaves the finite numbers, or nothing can be learned from a sum.
pub(super) fn run(setting: &mut Setting<'_>, standing: &Standing, round: usize) -> Result<Moved, Stuck> {
    let (plan, federation) = (setting.plan, &setting.prepared.federation);
    let (clients, fates) = cohort(plan, federation, setting.variation, round);
    let mut asking = Asking { round, phase: 0, clients, fates, state: standing.state.clone(), kept: Vec::new() };
    let examples: Vec<u64> = asking.answering().into_iter().map(|client| federation.examples(client) as u64).collect();
    let mut record = RoundRecord::of_cohort(round, asking.clients.len(), &examples);
    if record.survivors < plan.faults.min_clients {
        let form = setting.learner.forms()[0];
        let sent = setting.learner.sent(&asking.state, 0);
        let cohort = asking.cohort(&sent);
        record.clients = client_records(federation, &cohort, &ExchangeRecord::of_answers(&form, &cohort), &[]);
        return Ok(Moved { state: asking.state, kept: Vec::new(), record });
    }
    let watch = WallStopwatch::start();
    let mut train_seconds = 0.0;
    record.outcome = Outcome::Completed;
    while let Some(form) = setting.learner.next(&asking.state, asking.phase) {
        if asking.phase > 0 {
            asking.freeze(plan, &record);
        }
        let Answered { exchanged: Exchanged { summed, record: taken }, kept, train, train_seconds: seconds } =
            ask(setting, standing, &asking, &form)?;
        train_seconds += seconds;
        let answers = taken.answered;
        let stage = taken.abort().map(|abort| abort.stage);
        note(federation, &mut record, &asking, taken, &train);
        let Some(summed) = summed else {
            // What clients would have kept goes with the sum that did not come about.
            asking.kept.clear();
            if asking.phase == 0 {
                record.outcome = Outcome::Aborted(stage.expect("in the clear a first sum of survivors comes about"));
            } else {
                record.outcome = Outcome::CutShort(asking.phase);
                asking.state = setting.learner.close(asking.state);
            }
            break;
        };
        asking.kept.extend(kept);
        let all = federation.active_count() - usize::from(matches!(setting.variation, Variation::Without(_)));
        let learned = learn(setting.learner.as_ref(), (asking.state, asking.phase), &summed, (answers, all));
        asking.state = learned.map_err(Stuck::Unlearnable)?;
        asking.phase += 1;
    }
    record.update_norm = record.outcome.is_completed().then(|| setting.learner.distance(&standing.state, &asking.state));
    if !asking.state.is_finite() || record.update_norm.is_some_and(|norm| !norm.is_finite()) {
        return Err(Divergence(format!("round {round}: the model moved farther than a number can tell")).into());
    }
    record.timing = RoundTiming { train: train_seconds, aggregate: watch.elapsed() - train_seconds, ..RoundTiming::default() };
    Ok(Moved { state: asking.state, kept: asking.kept, record })
}

/// How far a round has come.
struct Asking {
    round: usize,
    /// Which of its sums comes next, from 0.
    phase: usize,
    /// Who is asked, ascending.
    clients: Vec<usize>,
    /// Each one's fate in this sum.
    fates: Vec<Fate>,
    /// What the server has.
    state: State,
    /// What clients keep if the round comes about.
    kept: Vec<(usize, Params)>,
}

impl Asking {
    fn cohort<'a>(&'a self, sent: &'a [&'a [f64]]) -> Cohort<'a> {
        Cohort { clients: &self.clients, fates: &self.fates, sent, is_frozen: self.phase > 0 }
    }

    /// From the second sum on the same clients are asked, those that came through the first: sums over different ones would show, by
    /// subtraction, what one of them sent. Who was lost stays lost.
    fn freeze(&mut self, plan: &Plan, record: &RoundRecord) {
        let before: Vec<usize> =
            self.clients.iter().zip(&self.fates).filter(|(_, fate)| fate.drop_stage().is_some()).map(|(&client, _)| client).collect();
        if let (1, Some(first)) = (self.phase, record.exchanges.first()) {
            self.clients = came_through(&record.clients, first);
        }
        self.fates = plan.faults.decide_later(&self.clients, self.round, self.phase, &plan.streams);
        for (client, fate) in self.clients.iter().zip(&mut self.fates) {
            if before.binary_search(client).is_ok() {
                *fate = Fate::Drops(Stage::Advertise);
            }
        }
    }

    /// The clients whose answers are in this sum.
    fn answering(&self) -> Vec<usize> {
        self.clients.iter().zip(&self.fates).filter(|(_, fate)| fate.contributes()).map(|(&client, _)| client).collect()
    }
}

fn learn(
    learner: &dyn Learner,
    (state, phase): (State, usize),
    summed: &Summed,
    (answers, clients): (usize, usize),
) -> Result<State, Problem> {
    let sum = match summed {
        Summed::Mean(mean) => Sum::Mean(Mean { values: mean.as_slice(), answers, clients }),
        Summed::Total(numbers) => Sum::Total(numbers),
        Summed::Apart(answers) => Sum::Apart(answers),
        Summed::Any(_) => unreachable!("a learner learns from means and sums"),
    };
    learner.learn(state, phase, &sum)
}

/// Writes down what a sum took.
fn note(federation: &Federation, record: &mut RoundRecord, asking: &Asking, taken: ExchangeRecord, train: &[(usize, Seconds)]) {
    if asking.phase == 0 {
        record.clients = client_records(federation, &asking.cohort(&[]), &taken, train);
        record.exchanges.push(taken);
        return;
    }
    record.charge(&asking.clients, taken);
    let mut train = train.iter().peekable();
    for client in &mut record.clients {
        if let Some((_, seconds)) = train.next_if(|(trained, _)| *trained == client.client) {
            client.train.wall += seconds.wall;
            client.train.cpu += seconds.cpu;
        }
    }
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
fn ask(setting: &mut Setting<'_>, standing: &Standing, asking: &Asking, form: &Form) -> Result<Answered, Divergence> {
    let Setting { plan, prepared, ref learner, ref mut exchange, .. } = *setting;
    let &Asking { round, phase, ref state, .. } = asking;
    let sent = learner.sent(state, phase);
    let (cohort, survivors) = (asking.cohort(&sent), asking.answering());
    let answer = |&client: &usize| {
        let me = Answering { round, phase, client, memory: standing.memories.get(&client) };
        (client, answer(plan, prepared, learner.as_ref(), state, me))
    };
    let mut answered = reduce::map_ahead(&survivors, 8 * form.numbers, answer);
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
    let exchanged = exchange.sum(At { round, number: phase }, form, &cohort, &mut answers);
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

/// A client that answers in a round.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answering<'a> {
    /// Which round.
    pub round: usize,
    /// Which of its sums, from 0.
    pub phase: usize,
    /// Which client.
    pub client: usize,
    /// What it kept.
    pub memory: Option<&'a Params>,
}

/// A client's answer to a state, and how long it took.
pub(super) fn answer(
    plan: &Plan,
    prepared: &Prepared,
    learner: &dyn Learner,
    state: &State,
    me: Answering<'_>,
) -> (Result<Answer, Lost>, Seconds) {
    let watch = ThreadStopwatch::start();
    let Answering { round, phase, client, memory } = me;
    let rows = prepared.federation.client(client);
    let (x, y) = rows.parts();
    let stream = plan.streams.stream(Purpose::Shuffle, round, client);
    let rows = LocalRows { x, y, weights: prepared.weights() };
    let answer = learner.answer(state, phase, Client { round, number: client, rows, memory, stream });
    (answer, watch.elapsed())
}
