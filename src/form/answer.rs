//! What a client answers in a round, and what the server is given of all answers.

use crate::numeric::Params;

/// What a client sends, and what it keeps if the sum comes about.
#[derive(Clone, Debug)]
pub struct Answer {
    /// What its values weigh in a mean.
    pub weight: u64,
    /// What is sent, its parts end to end: (parts * params,).
    pub values: Params,
    /// What the client remembers until it takes part again; `None` if it remembers nothing.
    pub memory: Option<Params>,
}

/// The mean of all answers, and how many there were.
#[derive(Clone, Copy, Debug)]
pub struct Sum<'a> {
    /// The mean of the values that were sent, (parts * params,).
    pub mean: &'a [f64],
    /// How many answers are in it.
    pub answers: usize,
    /// How many clients there are in all, whether they took part or not.
    pub clients: usize,
}

impl<'a> Sum<'a> {
    /// Part `at` of `count` parts, (params,).
    pub fn part(&self, at: usize, count: usize) -> &'a [f64] {
        let params = self.mean.len() / count;
        &self.mean[at * params..][..params]
    }
}
