//! Holds a run against its own manifest, or against another run.

use serde_json::Value;

use super::evidence::{Evidence, FileState};
use super::verdict::{Answer, Fact, FileDifference, Input, Mode, Side, Verdict};
use super::{inputs, lines, parameters, rounds};
use crate::diag::Error;
use crate::runs::{Manifest, is_reproducible};

/// Holds a run's files against its manifest; nothing is run, and the data are not looked at.
pub fn check_files(run: &Evidence) -> Verdict {
    let broken = run.files.iter().filter(|(_, state)| !is_in_order(**state));
    let files: Vec<FileDifference> = broken
        .map(|(name, state)| FileDifference { file: (*name).to_owned(), run: *state, other: None, recorded_alike: None, first: None })
        .collect();
    Verdict {
        verdict: if files.is_empty() { Answer::Same } else { Answer::Different },
        mode: Mode::Files,
        run: side(run, Some(run.folder.path().display().to_string())),
        other: None,
        inputs: Vec::new(),
        results: Vec::new(),
        first_round: None,
        parameters: None,
        files,
        files_compared: run.listed(),
    }
}

/// Holds a run against another; `mode` says whether that is its rerun.
///
/// # Errors
/// When a file can't be read.
pub fn compare(run: &Evidence, other: &Evidence, mode: Mode) -> Result<Verdict, Error> {
    let inputs = inputs::differences(run, other);
    let results = facts(&run.manifest, &other.manifest);
    let files = files(run, other)?;
    let of_both = |name: &'static str| run.file(name).zip(other.file(name));
    let first_round = of_both("round_log.csv").and_then(|(log, other)| rounds::first_difference(log, other));
    let is_different =
        inputs.iter().any(|Input { decides, .. }| *decides) || !results.is_empty() || !files.is_empty() || first_round.is_some();
    Ok(Verdict {
        verdict: if is_different { Answer::Different } else { Answer::Same },
        mode,
        run: side(run, Some(run.folder.path().display().to_string())),
        other: Some(side(other, (mode != Mode::Rerun).then(|| other.folder.path().display().to_string()))),
        inputs,
        results,
        first_round,
        parameters: of_both("model.csv").and_then(|(model, other)| parameters::difference(model, other)),
        files,
        files_compared: run.listed().max(other.listed()),
    })
}

fn is_in_order(state: FileState) -> bool {
    matches!(state, FileState::Whole | FileState::Absent)
}

fn side(evidence: &Evidence, folder: Option<String>) -> Side {
    let Manifest { fedsim, identity, state_digest, .. } = &evidence.manifest;
    Side { folder, fedsim: fedsim.clone(), identity: identity.clone(), state_digest: state_digest.clone() }
}

/// The figures of the manifests that differ.
fn facts(run: &Manifest, other: &Manifest) -> Vec<Fact> {
    let all = |manifest: &Manifest| -> [(&'static str, Value); 9] {
        [
            ("train_rows", manifest.train_rows.into()),
            ("train_positives", manifest.train_positives.into()),
            ("test_rows", manifest.test_rows.into()),
            ("test_positives", manifest.test_positives.into()),
            ("features", manifest.features.into()),
            ("clients", manifest.clients.into()),
            ("parameters", manifest.parameters.into()),
            ("rounds", manifest.rounds.into()),
            ("state_digest", manifest.state_digest.clone().into()),
        ]
    };
    let pairs = all(run).into_iter().zip(all(other));
    pairs.filter(|((_, run), (_, other))| run != other).map(|((name, run), (_, other))| Fact { name, run, other }).collect()
}

/// The files that are not in order on one side, or not alike on both.
fn files(run: &Evidence, other: &Evidence) -> Result<Vec<FileDifference>, Error> {
    let mut found = Vec::new();
    for (&name, &state) in &run.files {
        let of_other = other.files[name];
        let is_table = is_reproducible(name);
        let recorded_alike = is_table.then(|| run.manifest.files.get(name) == other.manifest.files.get(name));
        if is_in_order(state) && is_in_order(of_other) && recorded_alike != Some(false) {
            continue;
        }
        let is_there = |state| !matches!(state, FileState::Missing | FileState::Absent);
        let both = if is_table && is_there(state) && is_there(of_other) { run.file(name).zip(other.file(name)) } else { None };
        let first = match both {
            Some((one, two)) => lines::first_difference(one, two).map_err(|cause| run.folder.error("read", name, &cause))?,
            None => None,
        };
        found.push(FileDifference { file: name.to_owned(), run: state, other: Some(of_other), recorded_alike, first });
    }
    Ok(found)
}
