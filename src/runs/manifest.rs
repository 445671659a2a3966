//! `manifest.json`: what was run, on what, and the SHA-256 of every file that must come out the same again.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::files::{MANIFEST, UNFINISHED, is_reproducible};
use super::folder::Folder;
use super::found::Found;
use super::output::OutputFile;
use crate::data::Federation;
use crate::diag::{Error, Problem};
use crate::federation::History;
use crate::federation::baseline::Gate;
use crate::numeric::digest::Hash;
use crate::numeric::text::shortest;
use crate::scenario::Plan;
use crate::tasks::{LabelColumn, Task};

/// A manifest lists a dozen files; a longer one is none.
const BYTES_MAX: u64 = 1 << 20;

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
    /// Training rows of label 1; `None` where clients are generated, and where labels are not 0 and 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub train_positives: Option<u64>,
    /// Test rows.
    pub test_rows: usize,
    /// Test rows of label 1, where labels are 0 and 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test_positives: Option<u64>,
    /// What the model is asked.
    #[serde(default, skip_serializing_if = "Task::is_binary")]
    pub task: Task,
    /// The classes, in the order of the model's outputs, where there are several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<String>,
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
    /// How `compare-baseline` was asked to compare; a plain run has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comparison: Option<ComparisonTerms>,
}

/// What `compare-baseline` was asked for, beside the scenario.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ComparisonTerms {
    /// How far apart equally good results may be.
    pub tolerance: f64,
    /// How many seeds.
    pub seeds: u16,
    /// Whether the federation ran again without each client.
    pub leave_one_out: bool,
    /// What must hold for exit code 0.
    pub gate: Gate,
    /// The metrics of which it must.
    pub metrics: Vec<String>,
}

impl ComparisonTerms {
    /// What `compare-baseline` is to be given to compare in the same way again, each argument after a blank.
    pub fn to_arguments(&self) -> String {
        let Self { tolerance, seeds, leave_one_out, gate, metrics } = self;
        let gate = match gate {
            Gate::Equivalence => "equivalence",
            Gate::NonInferiority => "non_inferiority",
        };
        let text = format!(" --tolerance {} --gate {gate} --metrics {} --seeds {seeds}", shortest(*tolerance), metrics.join(","));
        text + if *leave_one_out { " --leave-one-out" } else { "" }
    }
}

impl Manifest {
    pub(crate) fn new(plan: &Plan, federation: &Federation, history: &History, identity: &Hash, files: &[OutputFile]) -> Self {
        let positives = |labels: &LabelColumn| match labels {
            LabelColumn::Binary(labels) => Some(labels.iter().filter(|&&label| label).count() as u64),
            _ => None,
        };
        let deterministic = files.iter().filter(|file| is_reproducible(file.name()));
        Self {
            fedsim: env!("CARGO_PKG_VERSION").to_owned(),
            name: plan.name.clone(),
            identity: identity.hex(),
            data_sha256: federation.sha256.hex(),
            train_rows: federation.train_rows(),
            train_positives: federation.stored().and_then(|stored| positives(&stored.train.rows.y)),
            test_rows: federation.test.y.len(),
            test_positives: positives(&federation.test.y),
            task: plan.model.task(),
            classes: federation.classes.clone(),
            features: federation.transform.features.len(),
            clients: federation.client_count(),
            parameters: history.standing.state.params().len(),
            rounds: history.standing.round,
            state_digest: history.standing.state_digest.hex(),
            files: deterministic.map(|file| (file.name().to_owned(), file.sha256().hex())).collect(),
            comparison: None,
        }
    }

    /// The manifest as it is written.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("texts and numbers can be written") + "\n"
    }

    /// The manifest in a run's folder.
    ///
    /// # Errors
    /// When it can't be read, or is not as fedsim writes one.
    pub fn load(folder: &Folder) -> Result<Self, Error> {
        let bytes = folder.read(MANIFEST, BYTES_MAX).map_err(|cause| folder.error("read", MANIFEST, &cause))?;
        Self::from_json(&bytes).map_err(|cause| {
            let path = folder.path_of(MANIFEST);
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

    /// The identity of the finished run in a folder; `None` if its manifest can't be read or another version wrote it.
    pub(crate) fn identity_in(folder: &Folder) -> Option<String> {
        let manifest = Self::load(folder).ok()?;
        (manifest.fedsim == env!("CARGO_PKG_VERSION")).then_some(manifest.identity)
    }
}

/// Files that every finished run leaves: a manifest that doesn't list one of them says nothing of the results.
const ALWAYS: [&str; 4] = ["metrics_log.csv", "model.csv", "preprocess.csv", "round_log.csv"];

impl Manifest {
    /// Reads the manifest of the finished run in `folder`. Its file names are those that a run can leave, and its SHA-256
    /// values are such: nothing that it says leads out of the folder.
    ///
    /// # Errors
    /// When there is no finished run, or its manifest is not as fedsim writes them.
    pub fn of_finished_run(folder: &Folder) -> Result<Self, Error> {
        let is = |name, wanted| matches!(folder.find(name), Ok(found) if found == wanted);
        if is(MANIFEST, Found::Nothing) && is(UNFINISHED, Found::Folder) {
            let message = format!("the run in {} is not finished: it has no results to verify", folder.path().display());
            return Err(Problem::new(message).help("go on with it: fedsim run SCENARIO --resume").into());
        }
        let failed = |cause| folder.error("find a finished run: can't read", MANIFEST, &cause);
        let (path, bytes) = (folder.path_of(MANIFEST), folder.read(MANIFEST, BYTES_MAX).map_err(failed)?);
        let broken = |words: String| {
            let help = "the manifest is not as fedsim wrote it: bring it back, or run the scenario again";
            Error::from(Problem::new(format!("{}{words}", path.display())).help(help))
        };
        let manifest = Self::from_json(&bytes).map_err(|cause| {
            // serde_json's message ends in the place, which stands in front here.
            let message = cause.to_string();
            let message = message.split(" at line ").next().unwrap_or_default();
            broken(format!(":{}:{}: {message}", cause.line(), cause.column()))
        })?;
        if let Some(strange) = manifest.files.keys().find(|name| !is_reproducible(name)) {
            let problem = Problem::new(format!("{} lists {strange:?}, which no run of this version leaves", path.display()));
            return Err(problem.help(format!("fedsim {:?} wrote it: verify the run with that version", manifest.fedsim)).into());
        }
        if let Some(missing) = ALWAYS.iter().find(|name| !manifest.files.contains_key(**name)) {
            return Err(broken(format!(" has no SHA-256 of {missing}, which every run leaves")));
        }
        let own = [("identity", &manifest.identity), ("data_sha256", &manifest.data_sha256), ("state_digest", &manifest.state_digest)];
        let of_files = manifest.files.iter().map(|(name, hash)| (name.as_str(), hash));
        if let Some((name, _)) = own.into_iter().chain(of_files).find(|(_, hash)| Hash::from_hex(hash).is_none()) {
            return Err(broken(format!(": the value of {name} is no SHA-256 in 64 lower-case hexadecimal digits")));
        }
        Ok(manifest)
    }
}
