//! What an aggregator is: a rule that makes one update of many.

use std::fmt::Debug;

use super::partial_mean::PartialMean;
use crate::numeric::Params;
use crate::numeric::rng::Streams;

/// One survivor's update.
#[derive(Clone, Debug)]
pub struct Contribution {
    /// Which client, from 0.
    pub client: usize,
    /// What its values weigh: by default as many as it has rows.
    pub weight: u64,
    /// What it sent, its parts end to end: how far it moved the model comes first. (params,).
    pub values: Params,
}

/// Which round, and where its randomness comes from.
#[derive(Clone, Copy, Debug)]
pub struct RoundContext<'a> {
    /// The round, from 1.
    pub round: usize,
    /// All streams.
    pub streams: &'a Streams,
    /// How many numbers an update has.
    pub params: usize,
}

/// A rule that makes one update of many.
pub trait Aggregator: Debug + Send + Sync {
    /// The clients' common update, (params,). Contributions come in the clients' order, at least one of them; each is made
    /// as it is asked for, so a rule that folds them holds one at a time.
    fn aggregate(&self, contributions: &mut dyn Iterator<Item = Contribution>, context: &RoundContext<'_>) -> Params;

    /// The rule as a mean, if it is one: then it needs no single update, but their sum.
    fn as_mean(&self) -> Option<&dyn MeanRule> {
        None
    }
}

/// A mean that can be made of partial sums.
pub trait MeanRule: Debug + Send + Sync {
    /// So many sums of nothing, to which contributions may be added in any order; `None` if the order shows, as it does in
    /// doubles that are added one by one.
    fn partial(&self, numbers: usize) -> Option<PartialMean>;

    /// Adds a contribution.
    fn add(&self, partial: &mut PartialMean, contribution: &Contribution, context: &RoundContext<'_>);

    /// The mean of all that was added, (numbers,).
    fn finish(&self, partial: &PartialMean) -> Params;
}
