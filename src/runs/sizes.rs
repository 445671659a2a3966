//! How long a run's files can be, by its manifest or its plan.

use super::manifest::Manifest;
use crate::federation::{self, Prepared};
use crate::logs::sizes::FIGURES_MAX;
use crate::logs::{self, Sizes};
use crate::scenario::Plan;

/// Text that is no table: the figures of the metrics of every seed are a small part of this.
const TEXT_BYTES_MAX: u64 = 64 << 20;

/// A picture or a page; nobody reads them back.
const SHOWN_BYTES_MAX: u64 = 1 << 30;

impl Sizes {
    /// What the manifest says, though no more than any run can have.
    pub fn of(manifest: &Manifest) -> Self {
        let Manifest { rounds, clients, parameters, features, test_rows, comparison, .. } = manifest;
        let seeds = comparison.as_ref().map_or(1, |terms| u64::from(terms.seeds));
        let [rounds, clients, parameters, features, test_rows] =
            [rounds, clients, parameters, features, test_rows].map(|&count| count as u64);
        let most = Self::MOST;
        Self {
            rounds: rounds.min(most.rounds),
            clients: clients.min(most.clients),
            parameters: parameters.min(most.parameters),
            features: features.min(most.features),
            test_rows: test_rows.min(most.test_rows),
            // Nothing is resumed from what a manifest alone says.
            remembered: 0,
            seeds: seeds.min(most.seeds),
        }
    }

    /// Of a run of this plan.
    pub fn planned(plan: &Plan, prepared: &Prepared) -> Self {
        let federation = &prepared.federation;
        let parameters = federation::parameters_max(plan, prepared) as u64;
        let clients = federation.client_count() as u64;
        Self {
            rounds: plan.rounds as u64,
            clients,
            parameters,
            features: federation.transform.features.len() as u64,
            test_rows: federation.test.y.len() as u64,
            remembered: federation::remembered_max(plan, prepared),
            ..Self::MOST
        }
    }

    /// Bytes that the file of this name has at most.
    pub fn bytes_max(&self, name: &str) -> u64 {
        match logs::of(name) {
            // The header is a row too.
            Some(log) => ((log.length.rows)(self) + 1).saturating_mul(log.length.row_bytes),
            None if name.ends_with(".json") || name.ends_with(".toml") => TEXT_BYTES_MAX,
            None => SHOWN_BYTES_MAX,
        }
    }

    /// Bytes that a checkpoint has at most: the model and the best one, what is remembered beside it, and for each round what a command gathers, no number
    /// of it longer than 25 characters.
    pub fn checkpoint_bytes_max(&self) -> u64 {
        const NUMBER: u64 = 32;
        // Of another, larger run it is to be said that it is another's.
        (64 << 20) + 2 * NUMBER * self.parameters + NUMBER * self.remembered + NUMBER * FIGURES_MAX * (self.rounds + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ten rounds, and the start, are eleven rows, and the header is the twelfth.
    #[test]
    fn a_log_of_ten_rounds_has_twelve_lines() {
        let sizes = Sizes { rounds: 10, clients: 3, parameters: 4, features: 3, remembered: 0, test_rows: 8, seeds: 1 };
        assert_eq!(sizes.bytes_max("metrics_log.csv"), 12 << 16);
        assert_eq!(sizes.bytes_max("partition.csv"), 4 << 17);
    }
}
