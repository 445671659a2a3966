//! Secure aggregation as a run uses it: of the clients' updates, and of the statistics that preprocessing needs.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use ndarray_rand::rand::RngCore;
use zeroize::Zeroizing;

use super::record::SecureRecord;
use super::variation::Variation;
use crate::aggregators::{Contribution, RoundContext};
use crate::data::Federation;
use crate::data::preprocess::{Exchange, Question};
use crate::diag::{Error, Problems};
use crate::faults::Fate;
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
fn hash(numbers: &[f64]) -> Hash {
    let mut hash = Hasher::default();
    numbers.iter().for_each(|number| hash.update(&number.to_le_bytes()));
    hash.finish()
}

/// What the clients' updates go through.
#[derive(Debug)]
pub(super) struct SecureUpdates {
    plan: SecAggPlan,
    run: String,
    /// By the cohort's size.
    agreements: BTreeMap<usize, Agreement>,
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
    /// The model that was sent to them.
    pub model: &'a Params,
}

/// The survivors' updates, each as the vector that it masks, and what plain FedAvg would make of them.
struct Encoded {
    /// By place in the cohort; empty for who has none.
    vectors: Vec<Zeroizing<Vec<u64>>>,
    /// Weighted by examples.
    float_sum: Params,
    float_weight: f64,
}

impl SecureUpdates {
    /// Checks that the federation's sums fit, and sets the agreements up.
    ///
    /// # Errors
    /// Every number of the scenario that must change, and to what.
    pub(super) fn new(plan: &Plan, spec: &SecAggSpec, federation: &Federation, params: usize, variation: Variation) -> Result<Self, Error> {
        let (clients, weight) = (federation.active_count(), federation.examples_max() as u64);
        let load = Load { clients: plan.cohort.largest(clients), weight, params, magnitude_max: None };
        let run = name(plan, &federation.sha256, variation);
        match spec.plan(&load) {
            Ok(plan) => Ok(Self { plan, run, agreements: BTreeMap::new() }),
            Err(problems) => Err(Problems::none_or(problems).expect_err("there are problems").located(|key| plan.place(key))),
        }
    }

    /// What the sum of a cohort of so many clients, over so many parameters, is.
    pub(super) fn terms(&self, clients: usize, params: usize) -> SecureTerms {
        let plan = &self.plan;
        let (agreement, length) = (plan.agreement(clients), plan.length(params));
        SecureTerms { agreement, length, headroom_bits: plan.headroom_bits(), input_bits: plan.input_bits() }
    }

    /// The mean of the contributions, weighted by examples, if enough clients stay to the end; and what it took; `None` if a
    /// survivor has no contribution, for there is nothing to sum then. Contributions come in the cohort's order.
    ///
    /// A server learns the sum of the survivors' weighted updates in fixed point, how many of their coordinates were clipped and
    /// how many examples they have, all in all; and who took part and failed in which stage.
    pub(super) fn aggregate(
        &mut self,
        contributions: &mut dyn Iterator<Item = Contribution>,
        cohort: &SecureCohort<'_>,
        context: &RoundContext<'_>,
    ) -> Option<(Option<Params>, SecureRecord)> {
        let size = cohort.clients.len();
        let agreement = *self.agreements.entry(size).or_insert_with(|| self.plan.agreement(size));
        let Encoded { vectors, float_sum, float_weight } = self.encode(contributions, cohort, context);
        let is_missing = |(fate, vector): (&Fate, &Zeroizing<Vec<u64>>)| fate.contributes() && vector.is_empty();
        if cohort.fates.iter().zip(&vectors).any(is_missing) {
            return None;
        }
        let drops: Vec<Option<Stage>> = cohort.fates.iter().map(|fate| fate.drop_stage()).collect();
        let call = Call {
            occasion: Occasion { run: &self.run, purpose: "updates", round: context.round as u64, exchange: 0 },
            broadcast: hash(cohort.model.as_slice()),
            cohort: cohort.clients,
            drops: &drops,
            length: self.plan.length(context.params),
            streams: context.streams,
        };
        let (outcome, tally) = protocol::run(&agreement, &call, |place| Words::new(agreement.ring(), vectors[place].to_vec()));
        let record = SecureRecord::new("updates", agreement, tally, self.plan.headroom_bits(), self.plan.input_bits());
        let mut record = SecureRecord { length: call.length, ..record };
        match outcome {
            Outcome::Aborted(abort) => {
                record.abort = Some(abort);
                Some((None, record))
            }
            Outcome::Sum(sum) => {
                let decoded = self.plan.encoding().decode(&sum.words.values());
                let float_mean = float_sum.as_slice().iter().map(|sum| sum / float_weight);
                let errors = decoded.mean.iter().zip(float_mean).map(|(secure, float)| (secure - float).abs());
                record.rounding_error = errors.fold(0.0, f64::max);
                record.clipped = decoded.clipped;
                record.values = (context.params * sum.survivors.len()) as u64;
                record.summed = sum.survivors.len();
                Some((Some(decoded.mean.into()), record))
            }
        }
    }

    fn encode(
        &self,
        contributions: &mut dyn Iterator<Item = Contribution>,
        cohort: &SecureCohort<'_>,
        context: &RoundContext<'_>,
    ) -> Encoded {
        let mut vectors = vec![Zeroizing::default(); cohort.clients.len()];
        let (mut float_sum, mut float_weight) = (Params::zeros(context.params), 0.0);
        for Contribution { client, examples, delta } in contributions {
            let place = cohort.clients.binary_search(&client).expect("a contribution comes from the cohort");
            let mut random = context.streams.stream(Purpose::Rounding, context.round, client);
            vectors[place] = Zeroizing::new(self.plan.encoding().encode(delta.as_slice(), examples, &mut random));
            add_scaled(float_sum.as_mut_slice(), examples as f64, delta.as_slice());
            float_weight += examples as f64;
        }
        Encoded { vectors, float_sum, float_weight }
    }
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
