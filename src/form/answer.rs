//! What may leave a client in a round, what a client answers, and what the server is given of all answers.

use crate::numeric::Params;

/// What an answer is, known before any client answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Form {
    /// What the sum is called, in sessions and logs.
    pub name: &'static str,
    /// How many numbers a client sends.
    pub numbers: usize,
    /// What the server makes of them.
    pub read: Read,
    /// The blocks of the state that each client is sent beside the model.
    pub received: &'static [&'static str],
    /// Whether every client weighs alike in a mean, however many rows it has.
    pub is_even: bool,
    /// Whether a client remembers a vector of the model's length until it takes part again.
    pub is_remembered: bool,
}

/// What the server makes of all answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Read {
    /// Their mean, by weight, of doubles.
    Mean,
    /// Their sum, of whole numbers.
    Total {
        /// No deal of the rows could take an element of the sum out of so many bits, sign included.
        bits: u32,
    },
    /// Whether any of them is yes.
    Any,
    /// Nothing: it is given every answer as it is, of doubles.
    Apart,
}

impl Form {
    /// A sum of so many whole numbers.
    pub fn total(name: &'static str, numbers: usize, bits: u32) -> Self {
        Self { name, numbers, read: Read::Total { bits }, received: &[], is_even: false, is_remembered: false }
    }

    /// So many questions that any client may say yes to.
    pub fn any(name: &'static str, numbers: usize) -> Self {
        Self { read: Read::Any, ..Self::total(name, numbers, 1) }
    }

    /// Answers that the server sees one by one, of so many numbers at most.
    pub fn apart(name: &'static str, numbers: usize) -> Self {
        Self { read: Read::Apart, ..Self::total(name, numbers, 64) }
    }

    /// Bits that a number takes in the clear.
    pub fn bits(&self) -> u32 {
        match self.read {
            Read::Mean | Read::Apart => 64,
            Read::Total { bits } => 8 * bits.div_ceil(8),
            Read::Any => 1,
        }
    }

    /// Bytes that a client sends in the clear: its numbers, and 8 for its weight in a mean.
    pub fn bytes_sent(&self) -> u64 {
        let weight = if self.read == Read::Mean { 8 } else { 0 };
        (self.numbers as u64 * u64::from(self.bits())).div_ceil(8) + weight
    }
}

/// What a client sends, and what it keeps if the sum comes about.
#[derive(Clone, Debug)]
pub struct Answer {
    /// What it sends.
    pub values: Values,
    /// What the client remembers until it takes part again; `None` if it remembers nothing.
    pub memory: Option<Params>,
}

/// What a client sends.
#[derive(Clone, Debug)]
pub enum Values {
    /// Its part of a mean.
    Mean {
        /// What it weighs.
        weight: u64,
        /// Its vectors end to end, (numbers,).
        values: Params,
    },
    /// Its part of a sum, (numbers,).
    Total(Vec<i128>),
    /// What it says yes to, (numbers,).
    Any(Vec<bool>),
    /// What the server is to see, (numbers,) or fewer.
    Apart(Params),
}

/// A client's numbers left the finite range: there is nothing to sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lost;

/// The mean of all answers, and how many there were.
#[derive(Clone, Copy, Debug)]
pub struct Mean<'a> {
    /// The mean of the values that were sent, (vectors * params,).
    pub values: &'a [f64],
    /// How many answers are in it.
    pub answers: usize,
    /// How many clients there are in all, whether they took part or not.
    pub clients: usize,
}

impl<'a> Mean<'a> {
    /// Vector `at` of `count`, (params,).
    pub fn part(&self, at: usize, count: usize) -> &'a [f64] {
        let params = self.values.len() / count;
        &self.values[at * params..][..params]
    }
}

/// What the server is given of all answers.
#[derive(Clone, Copy, Debug)]
pub enum Sum<'a> {
    /// Their mean.
    Mean(Mean<'a>),
    /// Their sum, (numbers,).
    Total(&'a [i128]),
    /// Each of them, in the clients' order.
    Apart(&'a [Params]),
}
