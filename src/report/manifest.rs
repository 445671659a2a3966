//! `manifest.json`: what was run, on what, and the SHA-256 of every file that must come out the same again.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::folder::REPRODUCIBLE;
use super::output::OutputFile;
use crate::data::Federation;
use crate::federation::History;
use crate::numeric::digest::Hash;
use crate::scenario::Plan;

/// The file's name.
pub(super) const FILE: &str = "manifest.json";

/// The contents of `manifest.json`. It is written last: a folder that has it holds a finished run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Manifest {
    /// The version of fedsim.
    pub fedsim: String,
    /// The scenario's name.
    pub name: String,
    /// SHA-256 over the scenario, names and paths aside, and the data.
    pub identity: String,
    /// SHA-256 over the SHA-256 values of the data's files; of generated rows, over the process, its seed and the clients.
    pub data_sha256: String,
    /// Training rows, if they can be known without asking every client.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub train_rows: Option<usize>,
    /// Training rows of label 1; `None` where clients are generated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub train_positives: Option<u64>,
    /// Test rows.
    pub test_rows: usize,
    /// Test rows of label 1.
    pub test_positives: u64,
    /// Columns of the matrix.
    pub features: usize,
    /// Clients.
    pub clients: usize,
    /// Parameters of the model.
    pub parameters: usize,
    /// Rounds, aborted ones included.
    pub rounds: usize,
    /// The chain of SHA-256 values over all states.
    pub state_digest: String,
    /// SHA-256 of each file that must come out the same again.
    pub files: BTreeMap<String, String>,
}

impl Manifest {
    pub(super) fn new(plan: &Plan, federation: &Federation, history: &History, identity: &Hash, files: &[OutputFile]) -> Self {
        let positives = |labels: &[f64]| labels.iter().sum::<f64>() as u64;
        let deterministic = files.iter().filter(|file| REPRODUCIBLE.contains(&file.name()));
        Self {
            fedsim: env!("CARGO_PKG_VERSION").to_owned(),
            name: plan.name.clone(),
            identity: identity.hex(),
            data_sha256: federation.sha256.hex(),
            train_rows: federation.train_rows(),
            train_positives: federation.stored().map(|stored| positives(&stored.train.rows.y)),
            test_rows: federation.test.y.len(),
            test_positives: positives(&federation.test.y),
            features: federation.transform.features.len(),
            clients: federation.client_count(),
            parameters: history.standing.state.params.len(),
            rounds: history.standing.round,
            state_digest: history.standing.state_digest.hex(),
            files: deterministic.map(|file| (file.name().to_owned(), file.sha256().hex())).collect(),
        }
    }

    pub(super) fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("texts and numbers can be written") + "\n"
    }

    /// The files that the run whose manifest stands at `path` must have left; none if it can't be read.
    pub(super) fn files_in(path: &Path) -> Vec<String> {
        let manifest = fs::read(path).ok().and_then(|bytes| serde_json::from_slice::<Self>(&bytes).ok());
        manifest.map(|manifest| manifest.files.into_keys().collect()).unwrap_or_default()
    }

    /// The identity of the run whose manifest stands at `path`; `None` if it can't be read or another version wrote it.
    pub(super) fn identity_in(path: &Path) -> Option<String> {
        let manifest: Self = serde_json::from_slice(&fs::read(path).ok()?).ok()?;
        (manifest.fedsim == env!("CARGO_PKG_VERSION")).then_some(manifest.identity)
    }
}
