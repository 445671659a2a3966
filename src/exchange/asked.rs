//! Who is asked in a sum, and what answers and sums are.

use crate::aggregators::Contribution;
use crate::faults::Fate;
use crate::form::Values;
use crate::numeric::Params;

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
    /// Whether it is all of them or nothing: earlier sums were over the same clients, and beside these, one over fewer would show
    /// what those sent that it lacks.
    pub is_frozen: bool,
}

impl Cohort<'_> {
    /// Whether the sum can't come about: a client is lost that it must not lack.
    pub fn is_broken(&self) -> bool {
        self.is_frozen && self.fates.iter().any(|fate| !fate.contributes())
    }
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
    /// Every answer, in the clients' order.
    Apart(Vec<Params>),
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

/// What a client shows the server.
///
/// # Panics
/// If it is a part of something.
pub fn shown((_, values): (usize, Values)) -> Params {
    let Values::Apart(numbers) = values else { unreachable!("the form asks for answers apart") };
    numbers
}

/// What a client says yes to.
///
/// # Panics
/// If it was not asked whether.
pub fn truths(values: Values) -> Vec<bool> {
    let Values::Any(truths) = values else { unreachable!("the form asks whether") };
    truths
}
