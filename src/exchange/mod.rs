//! The sum: what every answer of a client goes through on its way to the server, in the clear or by secure aggregation, and the
//! only place that sees a single answer. Updates, derivatives, counts, statistics and metrics are all summed here, so bytes and
//! dropouts are counted for all of them alike.

mod record;
mod secure;
mod survey;

pub use record::{ExchangeRecord, SecureRecord};
pub use secure::SecureTerms;
pub use survey::{Question, Survey};

use crate::aggregators::{Aggregator, Contribution, RoundContext};
use crate::diag::Problem;
use crate::faults::Fate;
use crate::form::{Form, Read, Values};
use crate::numeric::Params;
use crate::numeric::rng::Streams;
use crate::secagg::settings::SecAggSpec;
use secure::SecureSums;

/// What answers go through.
#[derive(Debug)]
pub struct Exchange<'a> {
    way: Way<'a>,
    streams: Streams,
}

/// Whether the server sees single answers.
#[derive(Debug)]
enum Way<'a> {
    /// It sees each.
    Clear(&'a dyn Aggregator),
    /// It sees their sum.
    Secure(Box<SecureSums>),
}

/// Which sum of a run it is.
#[derive(Clone, Copy, Debug)]
pub struct At {
    /// The round, from 1; 0 before the first.
    pub round: usize,
    /// Which of the round's sums, from 0.
    pub number: usize,
}

/// Whom the server asks.
#[derive(Clone, Copy, Debug)]
pub struct Cohort<'a> {
    /// The clients, ascending.
    pub clients: &'a [usize],
    /// Each one's fate in this sum.
    pub fates: &'a [Fate],
    /// What was sent to each of them: the model and what belongs to it, or what a statistic is about.
    pub sent: &'a [&'a [f64]],
}

/// The most that a sum of these forms has to hold.
#[derive(Clone, Copy, Debug)]
pub struct Most {
    /// Clients in one sum.
    pub clients: usize,
    /// Weight of one client, in a mean.
    pub weight: u64,
}

/// What came out.
#[derive(Clone, Debug)]
pub enum Summed {
    /// A mean, (numbers,).
    Mean(Params),
    /// A sum, (numbers,).
    Total(Vec<i128>),
    /// Whether any client says so, (numbers,).
    Any(Vec<bool>),
}

/// What a sum came to, if it came about, and what it took.
#[derive(Clone, Debug)]
pub struct Exchanged {
    /// `None` if too few clients were left.
    pub summed: Option<Summed>,
    /// Its costs.
    pub record: ExchangeRecord,
}

impl<'a> Exchange<'a> {
    /// The server sees every answer, and makes means by this rule.
    pub fn in_the_clear(aggregator: &'a dyn Aggregator, streams: &Streams) -> Self {
        Self { way: Way::Clear(aggregator), streams: streams.clone() }
    }

    /// The server sees sums alone. `run` names the run, in every session: no two that differ may share a name.
    pub fn secure(spec: &SecAggSpec, run: String, streams: &Streams) -> Self {
        Self { way: Way::Secure(Box::new(SecureSums::new(*spec, run))), streams: streams.clone() }
    }

    /// Makes room for sums of this form.
    ///
    /// # Errors
    /// Every number of the scenario that must change for them to fit, and to what.
    pub fn open(&mut self, form: &Form, most: Most) -> Result<(), Vec<Problem>> {
        match &mut self.way {
            Way::Clear(_) => Ok(()),
            Way::Secure(sums) => sums.open(form, most),
        }
    }

    /// What a secure sum of this form over so many clients is; `None` in the clear.
    ///
    /// # Panics
    /// If the form was not opened.
    pub fn secure_terms(&self, form: &Form, clients: usize) -> Option<SecureTerms> {
        match &self.way {
            Way::Clear(_) => None,
            Way::Secure(sums) => Some(sums.terms(form, clients)),
        }
    }

    /// The sum of the survivors' answers, which come in the clients' order with the clients' numbers, each as it is asked for; `None`
    /// if a survivor has none, for there is nothing to sum then.
    ///
    /// In the clear a server sees each answer. By secure aggregation it learns of a mean the sum of the survivors' weighted values
    /// in fixed point, how many of their coordinates were clipped and what they weigh, all in all; of a sum, that sum; of a
    /// question that any client may say yes to, whether one does; and of all of them who took part and failed in which stage.
    ///
    /// # Panics
    /// If the form was not opened.
    pub fn sum(
        &mut self,
        at: At,
        form: &Form,
        cohort: &Cohort<'_>,
        answers: &mut dyn Iterator<Item = (usize, Values)>,
    ) -> Option<Exchanged> {
        let mut record = ExchangeRecord::of_answers(form, cohort);
        match &mut self.way {
            Way::Clear(aggregator) => {
                let context = RoundContext { round: at.round, streams: &self.streams, params: form.numbers };
                let summed = match form.read {
                    Read::Mean => Summed::Mean(aggregator.aggregate(&mut answers.map(contribution), &context)),
                    Read::Total { .. } => Summed::Total(total(answers, form.numbers)),
                    Read::Any => Summed::Any(any(answers, form.numbers)),
                };
                Some(Exchanged { summed: Some(summed), record })
            }
            Way::Secure(sums) => {
                let (summed, secure) = sums.sum(at, form, cohort, &self.streams, answers)?;
                record.charge(secure);
                Some(Exchanged { summed, record })
            }
        }
    }
}

/// A client's part of a mean.
///
/// # Panics
/// If it is none.
pub fn contribution((client, values): (usize, Values)) -> Contribution {
    let Values::Mean { weight, values } = values else { unreachable!("the form asks for a mean") };
    Contribution { client, weight, values }
}

/// A client's part of a sum.
///
/// # Panics
/// If it is none.
pub fn whole_numbers(values: Values) -> Vec<i128> {
    let Values::Total(numbers) = values else { unreachable!("the form asks for a sum") };
    numbers
}

fn truths(values: Values) -> Vec<bool> {
    let Values::Any(truths) = values else { unreachable!("the form asks whether") };
    truths
}

fn total(answers: &mut dyn Iterator<Item = (usize, Values)>, numbers: usize) -> Vec<i128> {
    let mut sums = vec![0; numbers];
    for (_, values) in answers {
        sums.iter_mut().zip(whole_numbers(values)).for_each(|(sum, number)| *sum += number);
    }
    sums
}

fn any(answers: &mut dyn Iterator<Item = (usize, Values)>, numbers: usize) -> Vec<bool> {
    let mut found = vec![false; numbers];
    for (_, values) in answers {
        found.iter_mut().zip(truths(values)).for_each(|(found, is_so)| *found |= is_so);
    }
    found
}
