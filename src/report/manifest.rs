//! `manifest.json`: what was run, on what, and the SHA-256 of every file that must come out the same again.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::folder::REPRODUCIBLE;
use super::output::OutputFile;
use crate::data::Federation;
use crate::diag::{Error, Problem};
use crate::federation::History;
use crate::input;
use crate::numeric::digest::Hash;
use crate::scenario::Plan;

/// The file's name.
pub(super) const FILE: &str = "manifest.json";

/// A manifest lists a dozen files; a longer one is none.
const MEBIBYTES_MAX: u64 = 1;

/// The contents of `manifest.json`. It is written last: a folder that has it holds a finished run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Manifest {
    /// The version of fedsim.
    pub fedsim: String,
    /// The scenario's name.
    pub name: String,
    /// SHA-256 over the scenario, names and paths aside, and the data.
    pub identity: String,
    /// SHA-256 over the SHA-256 values of the data's files.
    pub data_sha256: String,
    /// Training rows.
    pub train_rows: usize,
    /// Training rows of label 1.
    pub train_positives: u64,
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
            train_rows: federation.train.y.len(),
            train_positives: positives(&federation.train.y),
            test_rows: federation.test.y.len(),
            test_positives: positives(&federation.test.y),
            features: federation.transform.features.len(),
            clients: federation.clients.len(),
            parameters: history.state.params.len(),
            rounds: history.rounds,
            state_digest: history.state_digest.hex(),
            files: deterministic.map(|file| (file.name().to_owned(), file.sha256().hex())).collect(),
        }
    }

    /// The manifest as it is written.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("texts and numbers can be written") + "\n"
    }

    /// The manifest that stands at `path`.
    ///
    /// # Errors
    /// When it can't be read, or is not as fedsim writes one.
    pub fn load(path: &Path) -> Result<Self, Error> {
        let bytes = input::read("read", path, MEBIBYTES_MAX)?;
        Self::from_json(&bytes).map_err(|cause| {
            let problem = Problem::new(format!("{} is no manifest as fedsim writes it: {cause}", path.display()));
            problem.help("run the scenario again").into()
        })
    }

    /// The manifest that these bytes spell.
    ///
    /// # Errors
    /// When they spell none.
    pub fn from_json(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(bytes)
    }

    /// The files that the run whose manifest stands at `path` must have left; none if it can't be read.
    pub(super) fn files_in(path: &Path) -> Vec<String> {
        Self::load(path).map(|manifest| manifest.files.into_keys().collect()).unwrap_or_default()
    }

    /// The identity of the run whose manifest stands at `path`; `None` if it can't be read or another version wrote it.
    pub(super) fn identity_in(path: &Path) -> Option<String> {
        let manifest = Self::load(path).ok()?;
        (manifest.fedsim == env!("CARGO_PKG_VERSION")).then_some(manifest.identity)
    }
}
