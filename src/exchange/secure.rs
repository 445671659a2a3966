//! Sums by secure aggregation: answers become vectors over a ring, the protocol adds them under masks, and what comes out is read
//! back.

use std::collections::BTreeMap;

use ndarray_rand::rand::RngCore;
use zeroize::Zeroizing;

use super::asked::{At, Cohort, Most, Summed, contribution, truths, whole_numbers};
use super::record::SecureRecord;
use crate::aggregators::Contribution;
use crate::diag::Problem;
use crate::faults::Fate;
use crate::form::{Form, Read, Values};
use crate::numeric::Params;
use crate::numeric::digest::{Hash, Hasher};
use crate::numeric::linalg::add_scaled;
use crate::numeric::rng::{Purpose, Streams};
use crate::secagg::agreement::Agreement;
use crate::secagg::occasion::Occasion;
use crate::secagg::protocol::{self, Call, Outcome};
use crate::secagg::ring::{Ring, Words};
use crate::secagg::settings::{Load, SecAggPlan, SecAggSpec};
use crate::stage::Stage;

/// Bits of the words that say whether any client says yes.
const VOTE_BITS: u32 = 64;

/// Bits that a round's number is above its sums'.
const NUMBER_BITS: u32 = 16;

/// What the clients' answers go through.
#[derive(Debug)]
pub(super) struct SecureSums {
    spec: SecAggSpec,
    run: String,
    /// Of each form that was opened, how its answers become vectors.
    codings: Vec<(Form, Coding)>,
    /// By the form's place and the cohort's size.
    agreements: BTreeMap<(usize, usize), Agreement>,
}

/// How answers become vectors that are masked.
#[derive(Clone, Copy, Debug)]
enum Coding {
    /// Parts of a mean, in fixed point, with their weight.
    Mean(SecAggPlan),
    /// Whole numbers as they are, in a ring that holds their sum.
    Total { spec: SecAggSpec, ring: Ring },
}

impl Coding {
    fn agreement(&self, clients: usize) -> Agreement {
        match self {
            Self::Mean(plan) => plan.agreement(clients),
            Self::Total { spec, ring } => spec.agreement(clients, *ring),
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
}

/// What the sum of one cohort's answers is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SecureTerms {
    /// What the cohort agrees on.
    pub agreement: Agreement,
    /// Coordinates of a masked vector.
    pub length: usize,
    /// Bits of a coordinate that can't be reached.
    pub headroom_bits: u32,
    /// Bits that a coordinate of one client would take in the clear.
    pub input_bits: u32,
}

/// One sum to be made.
struct Sitting<'a> {
    /// Which.
    at: At,
    /// The form's place among those that were opened.
    place: usize,
    /// What is asked for, of as many numbers as were opened or fewer.
    form: &'a Form,
    cohort: &'a Cohort<'a>,
    streams: &'a Streams,
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
    /// Sums of a run of this name.
    pub(super) fn new(spec: SecAggSpec, run: String) -> Self {
        Self { spec, run, codings: Vec::new(), agreements: BTreeMap::new() }
    }

    /// Makes room for sums of this form.
    pub(super) fn open(&mut self, form: &Form, most: Most) -> Result<(), Vec<Problem>> {
        if self.codings.iter().any(|(opened, _)| opened == form) {
            return Ok(());
        }
        let Most { clients, weight } = most;
        let coding = match form.read {
            Read::Mean => self.spec.plan(&Load { clients, weight, params: form.numbers, magnitude_max: None }).map(Coding::Mean),
            Read::Total { bits } => self.whole(clients, bits),
            Read::Any => self.whole(clients, VOTE_BITS),
            Read::Apart => Err(vec![Problem::about("aggregation.kind", "masks hide single answers, and the server wants to see these")]),
        }?;
        self.codings.push((*form, coding));
        Ok(())
    }

    fn whole(&self, clients: usize, bits: u32) -> Result<Coding, Vec<Problem>> {
        let safe = self.spec.agreement_for_statistics(clients, bits)?;
        Ok(Coding::Total { spec: self.spec, ring: safe.ring() })
    }

    fn place(&self, form: &Form) -> usize {
        let is_it = |opened: &Form| opened.numbers >= form.numbers && Form { numbers: opened.numbers, ..*form } == *opened;
        self.codings.iter().position(|(opened, _)| is_it(opened)).expect("a form is opened before it is summed")
    }

    /// What the sum of a cohort of so many clients is.
    pub(super) fn terms(&self, form: &Form, clients: usize) -> SecureTerms {
        let (_, coding) = self.codings[self.place(form)];
        let [headroom_bits, input_bits] = coding.bits();
        SecureTerms { agreement: coding.agreement(clients), length: coding.length(form.numbers), headroom_bits, input_bits }
    }

    /// The sum of the answers, if enough clients stay to the end; and what it took; `None` if a survivor has no answer, for there is
    /// nothing to sum then. Answers come in the cohort's order.
    pub(super) fn sum(
        &mut self,
        at: At,
        form: &Form,
        cohort: &Cohort<'_>,
        streams: &Streams,
        answers: &mut dyn Iterator<Item = (usize, Values)>,
    ) -> Option<(Option<Summed>, SecureRecord)> {
        let place = self.place(form);
        let sitting = Sitting { at, place, form, cohort, streams };
        let (_, coding) = self.codings[place];
        match (coding, form.read) {
            (Coding::Mean(plan), _) => self.mean(&plan, &sitting, &mut answers.map(contribution)),
            (Coding::Total { ring, .. }, Read::Any) => {
                let (words, record) = self.whole_words(&sitting, answers, |client, values| {
                    Words::new(ring, votes(truths(values), &mut streams.stream(Purpose::Votes, sitting.number(), client)))
                })?;
                let found = words.map(|words| words.values().into_iter().map(|word| word != 0).collect());
                Some((found.map(Summed::Any), record))
            }
            (Coding::Total { .. }, Read::Apart) => unreachable!("answers apart are refused where they are opened"),
            (Coding::Total { ring, .. }, Read::Total { .. } | Read::Mean) => {
                let (words, record) =
                    self.whole_words(&sitting, answers, |_, values| Words::of_integers(ring, whole_numbers(values).into_iter()))?;
                Some((words.map(|words| Summed::Total(words.integers())), record))
            }
        }
    }

    fn mean(
        &mut self,
        plan: &SecAggPlan,
        sitting: &Sitting<'_>,
        contributions: &mut dyn Iterator<Item = Contribution>,
    ) -> Option<(Option<Summed>, SecureRecord)> {
        let form = sitting.form;
        let Encoded { vectors, float_sum, float_weight } = encode(plan, form.numbers, contributions, sitting);
        let is_missing = |(fate, vector): (&Fate, &Zeroizing<Vec<u64>>)| fate.contributes() && vector.is_empty();
        if sitting.cohort.fates.iter().zip(&vectors).any(is_missing) {
            return None;
        }
        let (words, mut record) = self.hold(sitting, |place, ring| Words::new(ring, vectors[place].to_vec()));
        let summed = words.map(|words| {
            let decoded = plan.encoding().decode(&words.values());
            let float_mean = float_sum.as_slice().iter().map(|sum| sum / float_weight);
            let errors = decoded.mean.iter().zip(float_mean).map(|(secure, float)| (secure - float).abs());
            record.rounding_error = errors.fold(0.0, f64::max);
            record.clipped = decoded.clipped;
            record.values = (form.numbers * record.survivors.len()) as u64;
            Summed::Mean(decoded.mean.into())
        });
        Some((summed, record))
    }

    fn whole_words(
        &mut self,
        sitting: &Sitting<'_>,
        answers: &mut dyn Iterator<Item = (usize, Values)>,
        words: impl Fn(usize, Values) -> Words,
    ) -> Option<(Option<Words>, SecureRecord)> {
        let cohort = sitting.cohort;
        let mut vectors: Vec<Option<Words>> = cohort.clients.iter().map(|_| None).collect();
        for (client, values) in answers {
            vectors[place_of(client, cohort)] = Some(words(client, values));
        }
        if cohort.fates.iter().zip(&vectors).any(|(fate, vector)| fate.contributes() && vector.is_none()) {
            return None;
        }
        // Of a client that stops before it is asked for its vector none is taken.
        Some(self.hold(sitting, |place, _| vectors[place].clone().expect("who sends has an answer")))
    }

    /// Runs the protocol: the sum of the vectors that `vector` gives by place in the cohort, if it came about, and what it took.
    fn hold(&mut self, sitting: &Sitting<'_>, vector: impl Fn(usize, Ring) -> Words + Sync) -> (Option<Words>, SecureRecord) {
        let Sitting { at, place, form, cohort, streams } = *sitting;
        let (_, coding) = self.codings[place];
        let size = cohort.clients.len();
        let agreement = *self.agreements.entry((place, size)).or_insert_with(|| coding.agreement(size));
        let drops: Vec<Option<Stage>> = cohort.fates.iter().map(|fate| fate.drop_stage()).collect();
        let call = Call {
            occasion: Occasion { run: &self.run, purpose: form.name, round: at.round as u64, exchange: at.number as u64 },
            broadcast: hash(cohort.sent.iter().copied().flatten()),
            cohort: cohort.clients,
            drops: &drops,
            length: coding.length(sitting.form.numbers),
            is_frozen: cohort.is_frozen,
            streams,
        };
        let (outcome, tally) = protocol::run(&agreement, &call, |place| vector(place, agreement.ring()));
        let [headroom_bits, input_bits] = coding.bits();
        let mut record = SecureRecord {
            purpose: form.name,
            agreement,
            tally,
            abort: None,
            survivors: Vec::new(),
            length: call.length,
            headroom_bits,
            input_bits,
            values: 0,
            clipped: 0,
            rounding_error: 0.0,
        };
        match outcome {
            Outcome::Aborted(abort) => {
                record.abort = Some(abort);
                (None, record)
            }
            Outcome::Sum(sum) => {
                record.survivors = sum.survivors;
                (Some(sum.words), record)
            }
        }
    }
}

impl Sitting<'_> {
    /// The sum's number among all of a run.
    fn number(&self) -> usize {
        self.at.round << NUMBER_BITS | self.at.number
    }
}

/// For each question a word, random where the client says yes and 0 where it does not: the sum is 0 for those that no client says
/// yes to, and random for all others, so that it says nothing of who or how many do. With one client among them it can't be 0,
/// with more it is once in 2^64.
fn votes(truths: Vec<bool>, random: &mut impl RngCore) -> Vec<u64> {
    truths.into_iter().map(|is_so| if is_so { random.next_u64().max(1) } else { 0 }).collect()
}

fn place_of(client: usize, cohort: &Cohort<'_>) -> usize {
    cohort.clients.binary_search(&client).expect("an answer comes from the cohort")
}

/// SHA-256 of numbers that were broadcast.
fn hash<'n>(numbers: impl IntoIterator<Item = &'n f64>) -> Hash {
    let mut hash = Hasher::default();
    numbers.into_iter().for_each(|number| hash.update(&number.to_le_bytes()));
    hash.finish()
}

fn encode(plan: &SecAggPlan, numbers: usize, contributions: &mut dyn Iterator<Item = Contribution>, sitting: &Sitting<'_>) -> Encoded {
    let Sitting { at, cohort, streams, .. } = *sitting;
    let mut vectors = vec![Zeroizing::default(); cohort.clients.len()];
    let (mut float_sum, mut float_weight) = (Params::zeros(numbers), 0.0);
    for Contribution { client, weight, values } in contributions {
        let mut random = streams.stream(Purpose::Rounding, at.round, client);
        vectors[place_of(client, cohort)] = Zeroizing::new(plan.encoding().encode(values.as_slice(), weight, &mut random));
        add_scaled(float_sum.as_mut_slice(), weight as f64, values.as_slice());
        float_weight += weight as f64;
    }
    Encoded { vectors, float_sum, float_weight }
}
