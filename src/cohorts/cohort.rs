//! What a cohort is: a rule that picks a round's clients.

use std::fmt::Debug;

use crate::numeric::rng::Streams;

/// A rule that picks a round's clients.
pub trait Cohort: Debug + Send + Sync {
    /// The round's clients of `clients`, ascending, from 0; the round counts from 1.
    fn select(&self, clients: usize, round: usize, streams: &Streams) -> Vec<usize>;

    /// A round's clients as so many trials of a probability: how many are asked of `clients`, and with which probability each takes
    /// part.
    fn draws(&self, clients: usize) -> (usize, f64);

    /// The most clients that a round can have. More than `clients` means that the rule can't be followed.
    fn largest(&self, clients: usize) -> usize;
}
