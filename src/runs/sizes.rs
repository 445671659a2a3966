//! How long a run's files can be: what its plan and its data imply, not what a stranger's file takes.

use super::manifest::Manifest;
use crate::federation::{self, Prepared};
use crate::scenario::Plan;
use crate::tasks::CLASSES_MAX;

/// The figures that the lengths of a run's files follow from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// Rounds that it may have.
    pub rounds: u64,
    /// Clients.
    pub clients: u64,
    /// Parameters of the model.
    pub parameters: u64,
    /// Features.
    pub features: u64,
    /// Test rows.
    pub test_rows: u64,
    /// Numbers that the server and all clients may remember beside the model, between two rounds.
    pub remembered: u64,
    /// Seeds under which a comparison was made.
    pub seeds: u64,
}

/// A row of numbers and of words of ours has at most 40 cells, and no number takes more than 400 bytes.
const NUMBERS: u64 = 1 << 16;

/// A row that has a client's name or a row's identifier besides: 4 KiB, and as much again for quotes in it.
const NAMED: u64 = 1 << 17;

/// A row that has names of columns, which a table's header of 64 MiB holds, twice, and a category.
const OF_COLUMNS: u64 = 130 << 20;

/// Metrics, and figures of a summary, are fewer.
const FIGURES: u64 = 100;

/// Sums that preprocessing takes are fewer, and so are a sum's stages times eight.
const STATISTICS: u64 = 64;

/// Sums that a round takes are fewer.
const EXCHANGES: u64 = 8;

/// Classes against classes.
const CLASS_PAIRS: u64 = (CLASSES_MAX * CLASSES_MAX) as u64;

/// Curves are thinned to steps of 1/1024 in two directions, and there are two of them, and the bins of the calibration.
const CURVE_POINTS: u64 = 1 << 14;

/// Text that is no table: the figures of the metrics of every seed are a small part of this.
const TEXT_BYTES_MAX: u64 = 64 << 20;

/// A picture or a page; nobody reads them back.
const SHOWN_BYTES_MAX: u64 = 1 << 30;

impl Sizes {
    /// Of a run of which nothing is known: the greatest that any scenario and any table may have.
    pub const MOST: Self = Self {
        rounds: 10_000_000,
        clients: 100_000_000,
        parameters: 100_000_001,
        features: 100_000_000,
        test_rows: u32::MAX as u64,
        remembered: 1 << 32,
        seeds: 1000,
    };

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
        let parameters = federation::parameters_max(plan, federation) as u64;
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
        self.rows_max(name).map_or_else(
            || if name.ends_with(".json") || name.ends_with(".toml") { TEXT_BYTES_MAX } else { SHOWN_BYTES_MAX },
            // The header is a row too.
            |rows| (rows + 1).saturating_mul(row_bytes_max(name)),
        )
    }

    /// Rows that the table of this name has at most, the header aside; `None` if it is no table of a run's.
    fn rows_max(&self, name: &str) -> Option<u64> {
        let measured = self.rounds + 1;
        Some(match name {
            "baseline_log.csv" => 2 * measured + 3,
            "baseline_seeds.csv" => self.seeds * FIGURES,
            "baseline_vs_fl.csv" | "calibration.csv" | "gains.csv" | "performance_summary.csv" | "scores.csv" => FIGURES,
            "client_metrics.csv" | "client_perf.csv" => measured.saturating_mul(self.clients),
            "curves.csv" => CURVE_POINTS,
            "fairness.csv" => measured * FIGURES,
            "join.csv" | "partition.csv" => self.clients,
            "federated_metrics.csv" | "metrics_log.csv" | "perf_log.csv" | "round_log.csv" | "validation_log.csv" => measured,
            "centroids.csv" | "coefficients.csv" | "model.csv" | "trees.csv" => self.parameters,
            "confusion.csv" => CLASS_PAIRS,
            "predictions.csv" => self.test_rows,
            "importance.csv" | "preprocess.csv" | "reconstruction.csv" => self.features,
            "exchange_log.csv" => measured * EXCHANGES + STATISTICS,
            "secagg_log.csv" => (measured + STATISTICS) * STATISTICS,
            "secagg_summary.csv" => FIGURES + 2 * self.clients,
            _ => return None,
        })
    }

    /// Bytes that a checkpoint has at most: the model and the best one, what is remembered beside it, and for each round what a command gathers, no number
    /// of it longer than 25 characters.
    pub fn checkpoint_bytes_max(&self) -> u64 {
        const NUMBER: u64 = 32;
        // Of another, larger run it is to be said that it is another's.
        (64 << 20) + 2 * NUMBER * self.parameters + NUMBER * self.remembered + NUMBER * FIGURES * (self.rounds + 1)
    }
}

/// Bytes that a row of the table of this name has at most.
pub fn row_bytes_max(name: &str) -> u64 {
    match name {
        "client_metrics.csv" | "client_perf.csv" | "join.csv" | "partition.csv" | "predictions.csv" => NAMED,
        "centroids.csv" | "coefficients.csv" | "confusion.csv" | "importance.csv" | "model.csv" | "preprocess.csv"
        | "reconstruction.csv" | "trees.csv" => OF_COLUMNS,
        _ => NUMBERS,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runs::left;

    #[test]
    fn every_table_that_a_run_leaves_has_a_bound() {
        for name in left().filter(|name| name.ends_with(".csv")) {
            assert!(Sizes::MOST.rows_max(name).is_some(), "{name}");
            assert!(Sizes::MOST.bytes_max(name) > 1 << 20, "{name}");
        }
    }

    /// Ten rounds, and the start, are eleven rows, and the header is the twelfth.
    #[test]
    fn a_log_of_ten_rounds_has_twelve_lines() {
        let sizes = Sizes { rounds: 10, clients: 3, parameters: 4, features: 3, remembered: 0, test_rows: 8, seeds: 1 };
        assert_eq!(sizes.bytes_max("metrics_log.csv"), 12 << 16);
        assert_eq!(sizes.bytes_max("partition.csv"), 4 << 17);
    }
}
