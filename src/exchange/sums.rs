//! The sum itself, top to bottom.

use super::asked::{At, Cohort, Most, Summed, contribution, shown, truths, whole_numbers};
use super::record::ExchangeRecord;
use super::secure::{SecureSums, SecureTerms};
use crate::aggregators::{Aggregator, RoundContext};
use crate::diag::Problem;
use crate::form::{Form, Read, Values};
use crate::numeric::Params;
use crate::numeric::rng::Streams;
use crate::secagg::settings::SecAggSpec;

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
    /// question that any client may say yes to, whether one does; and of all of them who took part and failed in which stage. Of a
    /// frozen cohort that lacks a client it learns nothing: the sum stays masked.
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
            Way::Clear(_) if cohort.is_broken() => {
                record.answered = 0;
                Some(Exchanged { summed: None, record })
            }
            Way::Clear(aggregator) => {
                let context = RoundContext { round: at.round, streams: &self.streams, params: form.numbers };
                let summed = match form.read {
                    Read::Mean => Summed::Mean(aggregator.aggregate(&mut answers.map(contribution), &context)),
                    Read::Total { .. } => Summed::Total(total(answers, form.numbers)),
                    Read::Any => Summed::Any(any(answers, form.numbers)),
                    Read::Apart => {
                        let all: Vec<Params> = answers.map(shown).collect();
                        record.charge_apart(&all);
                        Summed::Apart(all)
                    }
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
