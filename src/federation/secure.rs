//! Secure aggregation as a run uses it: of the clients' updates, and of the statistics that preprocessing needs.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use ndarray_rand::rand::RngCore;
use zeroize::Zeroizing;

use super::record::SecureRecord;
use super::summed::{Summed, contribution, whole_numbers};
use super::variation::Variation;
use crate::aggregators::{Contribution, RoundContext};
use crate::data::Federation;
use crate::data::preprocess::{Exchange, Question};
use crate::diag::{Error, Problems};
use crate::faults::Fate;
use crate::form::{Form, Read, Values};
use crate::numeric::Params;
use crate::numeric::digest::{Hash, Hasher};
use crate::numeric::linalg::add_scaled;
use crate::numeric::rng::Purpose;
use crate::scenario::Plan;
use crate::secagg::agreement::Agreement;
use crate::secagg::occasion::Occasion;
use crate::secagg::protocol::{self, Call, Outcome};
use crate::secagg::ring::{Ring, Words};
use crate::secagg::settings::{Load, SecAggPlan, SecAggSpec};
use crate::stage::Stage;

/// The run's name in every session: its version, its scenario with all seeds, its data, and in what it varies. A run that goes on
/// from a shorter one has another name in the rounds that it adds; sums do not depend on it, and nothing that is left does.
fn name(plan: &Plan, data: &Hash, variation: Variation) -> String {
    let (version, identity) = (env!("CARGO_PKG_VERSION"), plan.identity(data).hex());
    match variation {
        Variation::Without(client) => format!("fedsim {version} {identity} without client {client}"),
        Variation::AsPlanned | Variation::InTheClear => format!("fedsim {version} {identity}"),
    }
}

/// SHA-256 of numbers that were broadcast.
fn hash<'n>(numbers: impl IntoIterator<Item = &'n f64>) -> Hash {
    let mut hash = Hasher::default();
    numbers.into_iter().for_each(|number| hash.update(&number.to_le_bytes()));
    hash.finish()
}

/// What the clients' answers go through.
#[derive(Debug)]
pub(super) struct SecureSums {
    coding: Coding,
    run: String,
    /// How many numbers a client sends.
    numbers: usize,
    /// By the cohort's size.
    agreements: BTreeMap<usize, Agreement>,
}

/// How answers become vectors that are masked.
#[derive(Debug)]
enum Coding {
    /// Parts of a mean, in fixed point, with their weight.
    Mean(SecAggPlan),
    /// Whole numbers as they are, in a ring that holds their sum.
    Total { name: &'static str, spec: SecAggSpec, ring: Ring },
}

impl Coding {
    fn agreement(&self, clients: usize) -> Agreement {
        match self {
            Self::Mean(plan) => plan.agreement(clients),
            Self::Total { spec, ring, .. } => spec.agreement(clients, *ring),
        }
    }

    fn length(&self, numbers: usize) -> usize {
        match self {
            Self::Mean(plan) => plan.length(numbers),
            Self::Total { .. } => numbers,
        }
    }

    /// Bits of a coordinate that can't be reached, and those that one client's would take in the clear.
    fn bits(&self) -> [u32; 2] {
        match self {
            Self::Mean(plan) => [plan.headroom_bits(), plan.input_bits()],
            Self::Total { ring, .. } => [0, ring.bits()],
        }
    }

    /// The name of the sum, in sessions and logs.
    fn purpose(&self) -> &'static str {
        match self {
            Self::Mean(_) => "updates",
            Self::Total { name, .. } => name,
        }
    }
}

/// What the sum of one cohort's updates is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct SecureTerms {
    /// What the cohort agrees on.
    pub agreement: Agreement,
    /// Coordinates of a masked vector.
    pub length: usize,
    /// Bits of a coordinate that can't be reached.
    pub headroom_bits: u32,
    /// Bits that a coordinate of one client would take in the clear.
    pub input_bits: u32,
}

/// A round's cohort as the protocol needs it.
pub(super) struct SecureCohort<'a> {
    /// The clients, ascending.
    pub clients: &'a [usize],
    /// Each one's fate.
    pub fates: &'a [Fate],
    /// What was sent to them: the model, and what the strategy sends beside it.
    pub sent: &'a [&'a [f64]],
}

/// The survivors' updates, each as the vector that it masks, and what plain FedAvg would make of them.
struct Encoded {
    /// By place in the cohort; empty for who has none.
    vectors: Vec<Zeroizing<Vec<u64>>>,
    /// Weighted.
    float_sum: Params,
    float_weight: f64,
}

impl SecureSums {
    /// Checks that the federation's sums fit, and sets the agreements up.
    ///
    /// # Errors
    /// Every number of the scenario that must change, and to what.
    pub(super) fn new(plan: &Plan, spec: &SecAggSpec, federation: &Federation, form: &Form, variation: Variation) -> Result<Self, Error> {
        let clients = plan.cohort.largest(federation.active_count());
        let coding = match form.read {
            Read::Mean => {
                let weight = if form.is_even { 1 } else { federation.examples_max() as u64 };
                spec.plan(&Load { clients, weight, params: form.numbers, magnitude_max: None }).map(Coding::Mean)
            }
            Read::Total { name, bits } => {
                let safe = spec.agreement_for_statistics(clients, bits);
                safe.map(|agreement| Coding::Total { name, spec: *spec, ring: agreement.ring() })
            }
        };
        let run = name(plan, &federation.sha256, variation);
        match coding {
            Ok(coding) => Ok(Self { coding, run, numbers: form.numbers, agreements: BTreeMap::new() }),
            Err(problems) => Err(Problems::none_or(problems).expect_err("there are problems").located(|key| plan.place(key))),
        }
    }

    /// What the sum of a cohort of so many clients is.
    pub(super) fn terms(&self, clients: usize) -> SecureTerms {
        let [headroom_bits, input_bits] = self.coding.bits();
        let (agreement, length) = (self.coding.agreement(clients), self.coding.length(self.numbers));
        SecureTerms { agreement, length, headroom_bits, input_bits }
    }

    /// The sum of the answers, if enough clients stay to the end; and what it took; `None` if a survivor has no answer, for there is
    /// nothing to sum then. Answers come in the cohort's order.
    ///
    /// Of a mean a server learns the sum of the survivors' weighted updates in fixed point, how many of their coordinates were
    /// clipped and what they weigh, all in all; of a sum, that sum; and of both who took part and failed in which stage.
    pub(super) fn sum(
        &mut self,
        answers: &mut dyn Iterator<Item = (usize, Values)>,
        cohort: &SecureCohort<'_>,
        context: &RoundContext<'_>,
    ) -> Option<(Option<Summed>, SecureRecord)> {
        match self.coding {
            Coding::Mean(plan) => self.mean(plan, &mut answers.map(contribution), cohort, context),
            Coding::Total { ring, .. } => self.total(ring, answers, cohort, context),
        }
    }

    fn mean(
        &mut self,
        plan: SecAggPlan,
        contributions: &mut dyn Iterator<Item = Contribution>,
        cohort: &SecureCohort<'_>,
        context: &RoundContext<'_>,
    ) -> Option<(Option<Summed>, SecureRecord)> {
        let Encoded { vectors, float_sum, float_weight } = encode(&plan, contributions, cohort, context);
        let is_missing = |(fate, vector): (&Fate, &Zeroizing<Vec<u64>>)| fate.contributes() && vector.is_empty();
        if cohort.fates.iter().zip(&vectors).any(is_missing) {
            return None;
        }
        let (words, mut record) = self.hold(cohort, context, |place, ring| Words::new(ring, vectors[place].to_vec()));
        let summed = words.map(|words| {
            let decoded = plan.encoding().decode(&words.values());
            let float_mean = float_sum.as_slice().iter().map(|sum| sum / float_weight);
            let errors = decoded.mean.iter().zip(float_mean).map(|(secure, float)| (secure - float).abs());
            record.rounding_error = errors.fold(0.0, f64::max);
            record.clipped = decoded.clipped;
            record.values = (context.params * record.summed) as u64;
            Summed::Mean(decoded.mean.into())
        });
        Some((summed, record))
    }

    fn total(
        &mut self,
        ring: Ring,
        answers: &mut dyn Iterator<Item = (usize, Values)>,
        cohort: &SecureCohort<'_>,
        context: &RoundContext<'_>,
    ) -> Option<(Option<Summed>, SecureRecord)> {
        let mut vectors: Vec<Option<Words>> = cohort.clients.iter().map(|_| None).collect();
        for (client, values) in answers {
            vectors[place_of(client, cohort)] = Some(Words::of_integers(ring, whole_numbers(values).into_iter()));
        }
        if cohort.fates.iter().zip(&vectors).any(|(fate, vector)| fate.contributes() && vector.is_none()) {
            return None;
        }
        let vector = |place: usize, _| vectors[place].clone().expect("who sends has an answer");
        let (words, record) = self.hold(cohort, context, vector);
        Some((words.map(|words| Summed::Total(words.integers())), record))
    }

    /// Runs the protocol: the sum of the vectors that `vector` gives by place in the cohort, if it came about, and what it took.
    fn hold(
        &mut self,
        cohort: &SecureCohort<'_>,
        context: &RoundContext<'_>,
        vector: impl Fn(usize, Ring) -> Words + Sync,
    ) -> (Option<Words>, SecureRecord) {
        let size = cohort.clients.len();
        let agreement = *self.agreements.entry(size).or_insert_with(|| self.coding.agreement(size));
        let drops: Vec<Option<Stage>> = cohort.fates.iter().map(|fate| fate.drop_stage()).collect();
        let call = Call {
            occasion: Occasion { run: &self.run, purpose: self.coding.purpose(), round: context.round as u64, exchange: 0 },
            broadcast: hash(cohort.sent.iter().copied().flatten()),
            cohort: cohort.clients,
            drops: &drops,
            length: self.coding.length(context.params),
            streams: context.streams,
        };
        let (outcome, tally) = protocol::run(&agreement, &call, |place| vector(place, agreement.ring()));
        let [headroom_bits, input_bits] = self.coding.bits();
        let record = SecureRecord::new(self.coding.purpose(), agreement, tally, headroom_bits, input_bits);
        let record = SecureRecord { length: call.length, ..record };
        match outcome {
            Outcome::Aborted(abort) => (None, SecureRecord { abort: Some(abort), ..record }),
            Outcome::Sum(sum) => (Some(sum.words), SecureRecord { summed: sum.survivors.len(), ..record }),
        }
    }
}

fn place_of(client: usize, cohort: &SecureCohort<'_>) -> usize {
    cohort.clients.binary_search(&client).expect("an answer comes from the cohort")
}

fn encode(
    plan: &SecAggPlan,
    contributions: &mut dyn Iterator<Item = Contribution>,
    cohort: &SecureCohort<'_>,
    context: &RoundContext<'_>,
) -> Encoded {
    let mut vectors = vec![Zeroizing::default(); cohort.clients.len()];
    let (mut float_sum, mut float_weight) = (Params::zeros(context.params), 0.0);
    for Contribution { client, weight, values } in contributions {
        let mut random = context.streams.stream(Purpose::Rounding, context.round, client);
        vectors[place_of(client, cohort)] = Zeroizing::new(plan.encoding().encode(values.as_slice(), weight, &mut random));
        add_scaled(float_sum.as_mut_slice(), weight as f64, values.as_slice());
        float_weight += weight as f64;
    }
    Encoded { vectors, float_sum, float_weight }
}

/// What the statistics of preprocessing go through: every client takes part, none fails.
pub(super) struct SecureStatistics<'a> {
    plan: &'a Plan,
    spec: &'a SecAggSpec,
    run: String,
    /// How many sums there were.
    exchanges: Cell<u64>,
    records: RefCell<Vec<SecureRecord>>,
}

/// Bits of the words that say whether any client reaches a level.
const VOTE_BITS: u32 = 64;

/// Levels above 0.
const LEVELS: usize = u8::MAX as usize;

impl<'a> SecureStatistics<'a> {
    /// Of these data.
    pub(super) fn new(plan: &'a Plan, spec: &'a SecAggSpec, data: &Hash) -> Self {
        let run = name(plan, data, Variation::AsPlanned);
        Self { plan, spec, run, exchanges: Cell::new(0), records: RefCell::default() }
    }

    /// What the sums took, in their order.
    pub(super) fn into_records(self) -> Vec<SecureRecord> {
        self.records.into_inner()
    }

    /// The sum of the clients' vectors of `length` in a ring for sums of so many bits, which `vector` gives by client and exchange.
    fn hold(
        &self,
        question: &Question<'_>,
        bits: u32,
        (clients, length): (usize, usize),
        vector: impl Fn(usize, usize, Ring) -> Words + Sync,
    ) -> Result<Words, Error> {
        let agreement = self
            .spec
            .agreement_for_statistics(clients, bits)
            .map_err(|problems| Problems::none_or(problems).expect_err("there are problems").located(|key| self.plan.place(key)))?;
        let exchange = self.exchanges.replace(self.exchanges.get() + 1);
        let cohort: Vec<usize> = (0..clients).collect();
        let call = Call {
            occasion: Occasion { run: &self.run, purpose: question.name, round: 0, exchange },
            broadcast: hash(question.broadcast),
            cohort: &cohort,
            drops: &vec![None; clients],
            length,
            streams: &self.plan.streams,
        };
        let (outcome, tally) = protocol::run(&agreement, &call, |client| vector(client, exchange as usize, agreement.ring()));
        let record = SecureRecord::new(question.name, agreement, tally, 0, agreement.ring().bits());
        self.records.borrow_mut().push(SecureRecord { length, summed: clients, ..record });
        match outcome {
            Outcome::Sum(sum) => Ok(sum.words),
            Outcome::Aborted(abort) => Err(Error::Failure(format!(
                "the statistics of {clients} clients can't be summed: {} of {} needed are left in stage {}",
                abort.present,
                abort.needed,
                abort.stage.name()
            ))),
        }
    }
}

impl Exchange for SecureStatistics<'_> {
    fn sum(&self, question: &Question<'_>, bits: u32, answers: &[Vec<i128>]) -> Result<Vec<i128>, Error> {
        let shape = (answers.len(), answers.first().map_or(0, Vec::len));
        let vector = |client: usize, _, ring| Words::of_integers(ring, answers[client].iter().copied());
        Ok(self.hold(question, bits, shape, vector)?.integers())
    }

    /// For each level a word, random where the client reaches the level and 0 where it does not: the sum is 0 for those that no
    /// client reaches, and random for all others, so that it says nothing of who or how many reach one. With one client among
    /// them it can't be 0, with more it is once in 2^64.
    fn greatest(&self, question: &Question<'_>, answers: &[Vec<u8>]) -> Result<Vec<u8>, Error> {
        let places = answers.first().map_or(0, Vec::len);
        let vector = |client: usize, exchange: usize, ring| {
            let mut random = self.plan.streams.stream(Purpose::Votes, exchange, client);
            let mut word = |is_reached: bool| if is_reached { random.next_u64().max(1) } else { 0 };
            let reached = answers[client].iter().flat_map(|&level| (0..LEVELS).map(move |below| below < usize::from(level)));
            Words::new(ring, reached.map(&mut word).collect())
        };
        let sum = self.hold(question, VOTE_BITS, (answers.len(), places * LEVELS), vector)?.values();
        Ok(sum.chunks_exact(LEVELS).map(|words| words.iter().rposition(|&word| word != 0).map_or(0, |last| last as u8 + 1)).collect())
    }
}
