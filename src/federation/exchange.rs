//! The sum: what the clients' answers go through to the server, in the clear or by secure aggregation, and the only place that
//! sees a single answer.

use super::record::SecureRecord;
use super::secure::{SecureCohort, SecureSums};
use super::summed::{Summed, contribution, whole_numbers};
use crate::aggregators::{Aggregator, RoundContext};
use crate::form::{Read, Values};

/// What answers go through.
pub(super) enum Exchange<'a> {
    /// The server sees every answer.
    Clear(&'a dyn Aggregator),
    /// The server sees their sum.
    Secure(Box<SecureSums>),
}

/// What a sum came to, if it came about, and what secure aggregation took.
pub(super) type Exchanged = (Option<Summed>, Option<SecureRecord>);

impl Exchange<'_> {
    /// The sum of the survivors' answers, which come in the clients' order with the clients' numbers, each as it is asked for; `None`
    /// if a survivor has none, for there is nothing to sum then.
    pub(super) fn sum(
        &mut self,
        read: Read,
        answers: &mut dyn Iterator<Item = (usize, Values)>,
        cohort: &SecureCohort<'_>,
        context: &RoundContext<'_>,
    ) -> Option<Exchanged> {
        match self {
            Self::Secure(sums) => sums.sum(answers, cohort, context).map(|(summed, record)| (summed, Some(record))),
            Self::Clear(aggregator) => {
                let summed = match read {
                    Read::Mean => Summed::Mean(aggregator.aggregate(&mut answers.map(contribution), context)),
                    Read::Total { .. } => Summed::Total(total(answers, context.params)),
                };
                Some((Some(summed), None))
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
