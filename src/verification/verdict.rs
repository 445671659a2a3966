//! What a verification found. Its serialised form is the JSON of `fedsim verify --json`; the README describes it.

use serde::Serialize;
use serde_json::Value;

use super::evidence::FileState;
use super::lines::LineDifference;
use super::parameters::ParameterDifference;
use super::rounds::RoundDifference;

/// All that a verification found. In pairs, `run` is the run that was named first, and `other` what it is held against.
#[derive(Debug, Serialize)]
pub struct Verdict {
    /// The answer.
    pub verdict: Answer,
    /// What was compared.
    pub mode: Mode,
    /// The run.
    pub run: Side,
    /// What it is held against: its rerun, or another run; none if its files alone were checked.
    pub other: Option<Side>,
    /// The inputs that differ: version, data, terms of a comparison, scenario key by key.
    pub inputs: Vec<Input>,
    /// The figures of the two manifests that differ.
    pub results: Vec<Fact>,
    /// The first round after which the two servers' states differ.
    pub first_round: Option<RoundDifference>,
    /// How far apart the two models are, if they are.
    pub parameters: Option<ParameterDifference>,
    /// Files that are not as their manifest says, or not alike.
    pub files: Vec<FileDifference>,
    /// How many files were compared.
    pub files_compared: usize,
}

/// Whether it is the same result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// It is.
    Same,
    /// Something differs.
    Different,
}

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// A run's files with its manifest.
    Files,
    /// A run with its rerun.
    Rerun,
    /// A run with another run.
    Against,
}

/// One of the two runs.
#[derive(Clone, Debug, Serialize)]
pub struct Side {
    /// Its folder; none for a rerun, whose folder is gone.
    pub folder: Option<String>,
    /// The version of fedsim that made it.
    pub fedsim: String,
    /// Its identity, over scenario and data.
    pub identity: String,
    /// The digest of its last state.
    pub state_digest: String,
}

/// An input that differs.
#[derive(Clone, Debug, Serialize)]
pub struct Input {
    /// A key of the scenario, `fedsim` for the version, `data_sha256`, or `comparison.` and a term.
    pub key: String,
    /// Its value in the run, as TOML has it; none if it has none.
    pub run: Option<String>,
    /// Its value in the other run.
    pub other: Option<String>,
    /// Whether this makes the verdict "different" even if all results are alike. Names, paths and versions do not.
    pub decides: bool,
}

/// A figure of the manifest that differs.
#[derive(Clone, Debug, Serialize)]
pub struct Fact {
    /// Its name in the manifest.
    pub name: &'static str,
    /// Its value in the run.
    pub run: Value,
    /// Its value in the other run.
    pub other: Value,
}

/// A file that differs.
#[derive(Clone, Debug, Serialize)]
pub struct FileDifference {
    /// Its name.
    pub file: String,
    /// How it stands to its manifest in the run.
    pub run: FileState,
    /// How it stands to its manifest in the other run, if there is one.
    pub other: Option<FileState>,
    /// Whether both manifests record the same SHA-256 of it; none if there is one manifest only.
    pub recorded_alike: Option<bool>,
    /// The first place where the two files, as they lie there, differ.
    pub first: Option<LineDifference>,
}

impl Verdict {
    /// Whether nothing differs that decides.
    pub fn is_same(&self) -> bool {
        self.verdict == Answer::Same
    }

    /// The verdict as one JSON object, ending in a line break.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("texts and numbers can be written") + "\n"
    }
}
