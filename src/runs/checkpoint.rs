//! Checkpoints: all that a run needs to go on after its process died, and the proof that they are whole.
//!
//! A checkpoint is a text, sealed with its own SHA-256. It is written under a third name, brought to the disk and renamed,
//! and the one before it is kept: whenever the process dies, one of the two is whole.

use std::fs;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use super::disk;
use super::files::{CHECKPOINT_NEW, CHECKPOINTS};
use super::output::Mark;
use super::workspace::Workspace;
use crate::diag::{Error, Problem};
use crate::federation::Standing;
use crate::numeric::digest::Hash;

/// A run between two rounds.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Checkpoint {
    /// The version of fedsim.
    pub fedsim: String,
    /// SHA-256 over the scenario, names and paths aside, and the data.
    pub identity: String,
    /// Where the rounds stand.
    pub standing: Standing,
    /// How far the logs have come.
    pub logs: LogState,
    /// What the command has gathered from the rounds so far.
    pub gathered: Value,
}

/// How far the logs have come.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct LogState {
    /// Each log.
    pub marks: Vec<Mark>,
    /// What the sums of secure aggregation have come to.
    pub secure: Option<Box<RawValue>>,
}

/// A checkpoint with its seal.
#[derive(Serialize, Deserialize)]
struct Sealed<'a> {
    sha256: String,
    #[serde(borrow)]
    checkpoint: &'a RawValue,
}

/// What a workspace has to go on from.
#[derive(Debug)]
pub(crate) enum Found {
    /// No checkpoint at all.
    Nothing,
    /// Checkpoints, but none that is whole together with the logs that it speaks of.
    Torn,
    /// One that is whole; the last one is not if `is_older`.
    Whole {
        /// The checkpoint.
        checkpoint: Box<Checkpoint>,
        /// Whether it is the one before the last.
        is_older: bool,
    },
}

impl Checkpoint {
    /// Writes the checkpoint, after everything that it speaks of was brought to the disk.
    ///
    /// # Errors
    /// When it can't be written; the checkpoints before it then stand as they were.
    pub fn write(&self, workspace: &Workspace) -> Result<(), Error> {
        let text = serde_json::value::to_raw_value(self).expect("texts and finite numbers can be written");
        let sealed = Sealed { sha256: Hash::of(text.get().as_bytes()).hex(), checkpoint: &text };
        let content = serde_json::to_string(&sealed).expect("texts can be written") + "\n";
        let [last, before] = CHECKPOINTS.map(|name| workspace.path().join(name));
        workspace.whole_file(CHECKPOINT_NEW, content.as_bytes())?;
        let place = || {
            if last.exists() {
                disk::rename(&last, &before)?;
            }
            disk::rename(&workspace.path().join(CHECKPOINT_NEW), &last)?;
            disk::sync_names(workspace.path())
        };
        place().map_err(|cause| Error::file("write", &last, &cause))
    }

    /// Finds what the run of this identity can go on from.
    ///
    /// # Errors
    /// When a whole checkpoint is of another run.
    pub fn find(workspace: &Workspace, identity: &Hash) -> Result<Found, Error> {
        let mut found = Found::Nothing;
        for (at, name) in CHECKPOINTS.iter().enumerate() {
            if !workspace.path().join(name).exists() {
                continue;
            }
            found = Found::Torn;
            let Some(checkpoint) = Self::read(workspace, name) else { continue };
            checkpoint.check_run(workspace, identity)?;
            if checkpoint.logs.marks.iter().all(|mark| workspace.recover(mark)) {
                return Ok(Found::Whole { checkpoint: Box::new(checkpoint), is_older: at > 0 });
            }
        }
        Ok(found)
    }

    /// The round of the last checkpoint in the workspace that can be read; `None` if there is none.
    pub fn last_round(workspace: &Workspace) -> Option<usize> {
        CHECKPOINTS.iter().find_map(|name| Self::read(workspace, name)).map(|checkpoint| checkpoint.standing.round)
    }

    /// Takes all checkpoints away.
    ///
    /// # Errors
    /// When one can't be taken away.
    pub fn remove_all(workspace: &Workspace) -> Result<(), Error> {
        let mut paths = CHECKPOINTS.iter().map(|name| workspace.path().join(name));
        paths.try_for_each(|path| disk::remove(&path).map_err(|cause| Error::file("replace", &path, &cause)))
    }

    /// The checkpoint of this name; `None` if it is missing or torn.
    fn read(workspace: &Workspace, name: &str) -> Option<Self> {
        let text = fs::read_to_string(workspace.path().join(name)).ok()?;
        let sealed: Sealed<'_> = serde_json::from_str(&text).ok()?;
        let content = sealed.checkpoint.get();
        if Hash::of(content.as_bytes()).hex() != sealed.sha256 {
            return None;
        }
        serde_json::from_str(content).ok()
    }

    fn check_run(&self, workspace: &Workspace, identity: &Hash) -> Result<(), Error> {
        let folder = workspace.run().display();
        let (other, help) = if self.fedsim != env!("CARGO_PKG_VERSION") {
            (format!("was begun by fedsim {}", self.fedsim), "go on with that version, or begin anew with --force")
        } else if self.identity != identity.hex() {
            let help = "go on with the scenario, the overrides and the data of that run, or begin anew with --force";
            ("is of another scenario or of other data".to_owned(), help)
        } else {
            return Ok(());
        };
        let message = format!("the run in {folder}, which came as far as round {}, {other}", self.standing.round);
        Err(Problem::new(message).help(help).into())
    }
}
