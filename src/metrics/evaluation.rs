//! `[evaluation]`: when metrics are computed, and on what.

use super::cost::Costs;
use crate::settings::{Table, UNIT_INTERVAL};

/// `[evaluation]`.
#[derive(Clone, Copy, Debug)]
pub struct Evaluation {
    /// Every so many rounds; round 0 and the last always.
    pub every: usize,
    /// A score at or above it decides for 1; looked at where there are two classes.
    pub threshold: f64,
    /// Whether the global model is also measured on each client's held-out rows, or its training rows if none are held out.
    pub per_client: bool,
    /// Whether the clients of a round also sum up how good the new model is on these rows of theirs.
    pub federated: bool,
    /// What wrong decisions cost; `None` if nobody asked.
    pub cost: Option<Costs>,
}

impl Evaluation {
    /// Reads `[evaluation]`; only of two classes are decisions made at a threshold.
    pub fn read(table: &mut Table, is_binary: bool) -> Self {
        let every = table.count("every", 1, 1..=1_000_000_000);
        if !is_binary {
            ["threshold", "cost"].iter().for_each(|key| table.refuse_if_given(key, "only two classes are told apart at a threshold"));
        }
        let threshold = if is_binary { table.number("threshold", 0.5, UNIT_INTERVAL) } else { 0.5 };
        let (per_client, federated) = (table.truth("per_client", false), table.truth("federated", false));
        Self { every, threshold, per_client, federated, cost: if is_binary { Costs::read(table) } else { None } }
    }

    /// Whether metrics are due after `round` of `rounds`.
    pub fn is_due(&self, round: usize, rounds: usize) -> bool {
        round.is_multiple_of(self.every) || round == rounds
    }
}
