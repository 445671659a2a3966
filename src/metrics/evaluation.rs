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
    /// Whether the test rows and each client's are compared with all training rows at the run's end.
    pub psi: bool,
    /// Whether it is tested, at the run's end, if probabilities come true.
    pub calibration: bool,
    /// What wrong decisions cost; `None` if nobody asked.
    pub cost: Option<Costs>,
}

impl Evaluation {
    /// Reads `[evaluation]`; only of two classes are decisions made at a threshold.
    pub fn read(table: &mut Table, is_binary: bool) -> Self {
        let every = table.count("every", 1, 1..=1_000_000_000);
        if !is_binary {
            ["threshold", "cost"].iter().for_each(|key| table.refuse_if_given(key, "only two classes are told apart at a threshold"));
            table.refuse_if_given("calibration", "only of two classes does a model say probabilities that are tested");
        }
        let threshold = if is_binary { table.number("threshold", 0.5, UNIT_INTERVAL) } else { 0.5 };
        let (per_client, federated) = (table.truth("per_client", false), table.truth("federated", false));
        // Left out of the scenario that is written down where they are not asked for: such runs keep their identity.
        let psi = table.is_given("psi") && table.truth("psi", false);
        let calibration = is_binary && table.is_given("calibration") && table.truth("calibration", false);
        Self { every, threshold, per_client, federated, psi, calibration, cost: if is_binary { Costs::read(table) } else { None } }
    }

    /// Whether metrics are due after `round` of `rounds`.
    pub fn is_due(&self, round: usize, rounds: usize) -> bool {
        round.is_multiple_of(self.every) || round == rounds
    }
}
