//! Secure aggregation as a run uses it: of the clients' updates, and of the statistics that preprocessing needs.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use super::record::SecureRecord;
use crate::aggregators::{Contribution, RoundContext};
use crate::data::Federation;
use crate::data::preprocess::Exchange;
use crate::diag::{Error, Problems};
use crate::faults::Fate;
use crate::numeric::Params;
use crate::numeric::digest::Hash;
use crate::numeric::exact_sum::{ExactSum, LIMBS};
use crate::numeric::linalg::add_scaled;
use crate::numeric::order::{from_order_key, order_key};
use crate::numeric::rng::{Purpose, Streams};
use crate::scenario::Plan;
use crate::secagg::agreement::Agreement;
use crate::secagg::keys::Session;
use crate::secagg::protocol::{self, Call, Outcome};
use crate::secagg::settings::{Load, SecAggPlan, SecAggSpec};
use crate::stage::Stage;

/// What the clients' updates go through.
#[derive(Debug)]
pub(super) struct SecureUpdates {
    plan: SecAggPlan,
    /// Names the run in every session.
    run: Vec<u8>,
    /// By the cohort's size.
    agreements: BTreeMap<usize, Agreement>,
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

impl SecureUpdates {
    /// Checks that the federation's sums fit, and sets the agreements up.
    ///
    /// # Errors
    /// Every number of the scenario that must change, and to what.
    pub(super) fn new(plan: &Plan, spec: &SecAggSpec, federation: &Federation, params: usize) -> Result<Self, Error> {
        let (clients, weight_max) = (federation.client_count(), federation.examples_max() as u64);
        let load = Load { clients: plan.cohort.largest(clients), weight_max, params, magnitude_max: None };
        let run = plan.identity(&federation.sha256).hex().into_bytes();
        match spec.plan(&load) {
            Ok(plan) => Ok(Self { plan, run, agreements: BTreeMap::new() }),
            Err(problems) => Err(Problems::none_or(problems).expect_err("there are problems").located(|key| plan.place(key))),
        }
    }

    /// The mean of the contributions, weighted by examples, if enough clients stay to the end; and what it took.
    /// Contributions come in the cohort's order.
    pub(super) fn aggregate(
        &mut self,
        contributions: &mut dyn Iterator<Item = Contribution>,
        cohort: &SecureCohort<'_>,
        context: &RoundContext<'_>,
    ) -> (Option<Params>, SecureRecord) {
        let size = cohort.clients.len();
        let agreement = *self.agreements.entry(size).or_insert_with(|| self.plan.agreement(size));
        let encoding = self.plan.encoding();
        let mut vectors = vec![Vec::new(); size];
        // What plain FedAvg would have found, to tell what clipping and rounding cost.
        let (mut float_sum, mut float_weight) = (Params::zeros(context.params), 0.0);
        for Contribution { client, examples, delta } in contributions {
            let place = cohort.clients.binary_search(&client).expect("a contribution comes from the cohort");
            let mut random = context.streams.stream(Purpose::Rounding, context.round, client);
            vectors[place] = encoding.encode(delta.as_slice(), examples, &mut random);
            add_scaled(float_sum.as_mut_slice(), examples as f64, delta.as_slice());
            float_weight += examples as f64;
        }
        let broadcast: Vec<u8> = cohort.model.as_slice().iter().flat_map(|value| value.to_le_bytes()).collect();
        let drops: Vec<Option<Stage>> = cohort.fates.iter().map(|fate| fate.drop_stage()).collect();
        let call = Call {
            session: Session::new(&self.run, context.round as u64, &broadcast),
            round: context.round,
            cohort: cohort.clients,
            drops: &drops,
            length: self.plan.length(context.params),
            streams: context.streams,
        };
        let (outcome, tally) = protocol::run(&agreement, &call, |place| vectors[place].clone());
        let mut record =
            SecureRecord { length: call.length, ..SecureRecord::new(agreement, tally, self.plan.headroom_bits(), self.plan.input_bits()) };
        match outcome {
            Outcome::Aborted(abort) => {
                record.abort = Some(abort);
                (None, record)
            }
            Outcome::Sum(sum) => {
                let decoded = encoding.decode(&sum.words);
                let float_mean = float_sum.as_slice().iter().map(|sum| sum / float_weight);
                let errors = decoded.mean.iter().zip(float_mean).map(|(secure, float)| (secure - float).abs());
                record.rounding_error = errors.fold(0.0, f64::max);
                record.clipped = decoded.clipped;
                record.values = (context.params * sum.survivors.len()) as u64;
                record.summed = sum.survivors.len();
                (Some(decoded.mean.into()), record)
            }
        }
    }
}

/// What the statistics of preprocessing go through: every client takes part, none fails.
pub(super) struct SecureStatistics<'a> {
    plan: &'a Plan,
    spec: &'a SecAggSpec,
    streams: &'a Streams,
    /// Names the scenario and the purpose in every session; what the data are is not known yet.
    run: String,
    /// How many sums there were, so that no two share a session.
    exchanges: Cell<u64>,
    records: RefCell<Vec<SecureRecord>>,
}

impl<'a> SecureStatistics<'a> {
    pub(super) fn new(plan: &'a Plan, spec: &'a SecAggSpec) -> Self {
        let run = plan.identity(&Hash::of(b"statistics")).hex();
        Self { plan, spec, streams: &plan.streams, run, exchanges: Cell::new(0), records: RefCell::default() }
    }

    /// What the sums took, in their order.
    pub(super) fn into_records(self) -> Vec<SecureRecord> {
        self.records.into_inner()
    }

    /// The sum of the clients' vectors of integers, all of one length, none of which may leave 63 bits and a sign.
    fn sum_words(&self, vectors: &[Vec<i64>]) -> Result<Vec<i64>, Error> {
        let located = |problems| Problems::none_or(problems).map_err(|error| error.located(|key| self.plan.place(key)));
        let agreement = match self.spec.agreement_for_statistics(vectors.len()) {
            Ok(agreement) => agreement,
            Err(problems) => return Err(located(problems).expect_err("there are problems")),
        };
        let exchange = self.exchanges.replace(self.exchanges.get() + 1);
        let cohort: Vec<usize> = (0..vectors.len()).collect();
        let call = Call {
            session: Session::new(self.run.as_bytes(), exchange, &[]),
            round: 0,
            cohort: &cohort,
            drops: &vec![None; vectors.len()],
            length: vectors[0].len(),
            streams: self.streams,
        };
        let words = |place: usize| vectors[place].iter().map(|word| word.cast_unsigned()).collect();
        let (outcome, tally) = protocol::run(&agreement, &call, words);
        let record = SecureRecord::new(agreement, tally, 0, 64);
        self.records.borrow_mut().push(SecureRecord { length: call.length, summed: vectors.len(), ..record });
        match outcome {
            Outcome::Sum(sum) => Ok(sum.words.iter().map(|word| word.cast_signed()).collect()),
            Outcome::Aborted(abort) => Err(Error::Failure(format!(
                "the statistics of {} clients can't be summed: {} of {} needed are left in stage {}",
                vectors.len(),
                abort.present,
                abort.needed,
                abort.stage.name()
            ))),
        }
    }
}

impl Exchange for SecureStatistics<'_> {
    /// Each number is written as the limbs of [`ExactSum`], which are integers that add without carrying.
    fn sum(&self, vectors: &[Vec<f64>]) -> Result<Vec<f64>, Error> {
        let limbs = |value: f64| {
            let mut sum = ExactSum::default();
            sum.add(value);
            *sum.limbs()
        };
        if !vectors.iter().flatten().all(|value| value.is_finite()) {
            return Err(Error::Failure("a client's statistics are too large to be summed: rescale its columns, or drop them".to_owned()));
        }
        let words: Vec<Vec<i64>> = vectors.iter().map(|vector| vector.iter().flat_map(|&value| limbs(value)).collect()).collect();
        let summed = self.sum_words(&words)?;
        let (numbers, _) = summed.as_chunks::<LIMBS>();
        Ok(numbers.iter().map(|limbs| ExactSum::from_limbs(*limbs).round()).collect())
    }

    /// Byte by byte from the highest: each client whose number begins like the greatest so far votes for its next byte; the
    /// greatest byte with a vote is the next. The server learns how many begin so, not which.
    fn greatest(&self, vectors: &[Vec<f64>]) -> Result<Vec<f64>, Error> {
        let length = vectors.first().map_or(0, Vec::len);
        let mut prefixes = vec![0_u64; length];
        for byte in 0..8 {
            let shift = 56 - 8 * byte;
            let ballot = |vector: &Vec<f64>| {
                let mut votes = vec![0_i64; 256 * length];
                for (at, (&value, &prefix)) in vector.iter().zip(&prefixes).enumerate() {
                    let key = order_key(value);
                    // A shift by all 64 bits leaves nothing, as no byte is known yet.
                    if key.checked_shr(shift + 8).unwrap_or(0) == prefix {
                        votes[256 * at + (key >> shift & 0xff) as usize] = 1;
                    }
                }
                votes
            };
            let votes = self.sum_words(&vectors.iter().map(ballot).collect::<Vec<_>>())?;
            for (prefix, votes) in prefixes.iter_mut().zip(votes.chunks_exact(256)) {
                let greatest = votes.iter().rposition(|&votes| votes > 0).expect("some client begins like the greatest");
                *prefix = *prefix << 8 | greatest as u64;
            }
        }
        Ok(prefixes.into_iter().map(from_order_key).collect())
    }
}
