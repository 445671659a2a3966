//! Checkpoints: all that a run needs to go on after its process died, and the proof that they are whole.
//!
//! A checkpoint is a text, sealed with its own SHA-256. It is written under a third name, brought to the disk and renamed,
//! and the one before it is kept: whenever the process dies, one of the two is whole.

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use super::files::{CHECKPOINT_NEW, CHECKPOINTS, STANDING};
use super::folder::Folder;
use super::found::Found;
use super::inputs::Inputs;
use super::manifest::Manifest;
use super::output::{Mark, OutputFile};
use super::workspace::Workspace;
use crate::diag::{Error, Problem};
use crate::federation::Standing;
use crate::logs::Sizes;
use crate::numeric::digest::Hash;

/// A run between two rounds.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Checkpoint {
    /// The version of fedsim.
    pub fedsim: String,
    /// SHA-256 over the scenario, names and paths aside, and the data; in the folder of a finished run without the number of rounds.
    pub identity: String,
    /// The data's own SHA-256.
    pub data_sha256: String,
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
#[derive(Deserialize)]
struct Sealed<'a> {
    sha256: String,
    #[serde(borrow)]
    checkpoint: &'a RawValue,
}

/// What a workspace has to go on from.
#[derive(Debug)]
pub(crate) enum Resumable {
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
        let content = self.sealed();
        let (folder, [last, before]) = (workspace.folder(), CHECKPOINTS);
        workspace.whole_file(CHECKPOINT_NEW, content.as_bytes())?;
        let place = || {
            if folder.has(last) {
                folder.rename(last, folder, before)?;
            }
            folder.rename(CHECKPOINT_NEW, folder, last)?;
            folder.sync_names()
        };
        place().map_err(|cause| folder.error("write", last, &cause))
    }

    /// Makes the file of a finished run that one of more rounds goes on from.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn keep(&self, workspace: &Workspace) -> Result<OutputFile, Error> {
        workspace.whole_file(STANDING, self.sealed().as_bytes())
    }

    /// The file that [`Checkpoint::keep`] made before the process died, if it is whole and of such a run.
    ///
    /// # Errors
    /// When it can't be read or written again.
    pub fn kept(workspace: &Workspace, inputs: &Inputs<'_>, sizes: &Sizes) -> Result<Option<OutputFile>, Error> {
        let folder = workspace.folder();
        let Some(content) = unsealed(folder, STANDING, sizes)? else { return Ok(None) };
        if !Head::of(folder, STANDING, &content)?.is_of(&inputs.identity_of_any_length()) {
            return Ok(None);
        }
        workspace.whole_file(STANDING, seal(&content).as_bytes()).map(Some)
    }

    /// Where the finished run in the workspace's run folder can be gone on from with more rounds, of which `check` says whether it
    /// can have written it; `None` if that run is no shorter one of these inputs.
    ///
    /// # Errors
    /// When it is, but there is nothing to go on from, or nothing that a run writes.
    pub fn of_shorter(
        workspace: &Workspace,
        inputs: &Inputs<'_>,
        sizes: &Sizes,
        check: impl Fn(&Self) -> Result<(), String>,
    ) -> Result<Option<Self>, Error> {
        let (folder, path) = (workspace.run(), workspace.run().path_of(STANDING));
        // A manifest that can't be read tells of no finished run.
        if Manifest::identity_in(folder).is_none_or(|identity| identity == inputs.identity().hex()) {
            return Ok(None);
        }
        let Some(content) = unsealed(folder, STANDING, sizes)? else { return no_way_on(folder, inputs) };
        let head = Head::of(folder, STANDING, &content)?;
        if !head.is_of(&inputs.identity_of_any_length()) || head.standing.round >= inputs.plan.rounds as u64 {
            return no_way_on(folder, inputs);
        }
        let checkpoint: Self = serde_json::from_str(&content).map_err(|cause| impossible(&path, &cause.to_string()))?;
        check(&checkpoint).map_err(|what| impossible(&path, &what))?;
        Ok(Some(checkpoint))
    }

    fn sealed(&self) -> String {
        seal(&serde_json::to_string(self).expect("texts and finite numbers can be written"))
    }

    /// Finds what the run of these inputs and these sizes can go on from, of which `check` says whether it can have written it.
    ///
    /// # Errors
    /// When a whole checkpoint is of another run, or none that a run writes.
    pub fn find(
        workspace: &Workspace,
        inputs: &Inputs<'_>,
        sizes: &Sizes,
        check: impl Fn(&Self) -> Result<(), String>,
    ) -> Result<Resumable, Error> {
        let mut found = Resumable::Nothing;
        for (at, name) in CHECKPOINTS.into_iter().enumerate() {
            if matches!(workspace.folder().find(name), Ok(Found::Nothing)) {
                continue;
            }
            found = Resumable::Torn;
            let Some(content) = unsealed(workspace.folder(), name, sizes)? else { continue };
            Head::of(workspace.folder(), name, &content)?.check_run(workspace, inputs)?;
            let path = workspace.folder().path_of(name);
            let checkpoint: Self = serde_json::from_str(&content).map_err(|cause| impossible(&path, &cause.to_string()))?;
            check(&checkpoint).map_err(|what| impossible(&path, &what))?;
            if checkpoint.logs.marks.iter().all(|mark| workspace.recover(mark)) {
                return Ok(Resumable::Whole { checkpoint: Box::new(checkpoint), is_older: at > 0 });
            }
        }
        Ok(found)
    }

    /// The round of the last checkpoint in the workspace that is whole; `None` if there is none.
    ///
    /// # Errors
    /// When a whole one is none that a run writes.
    pub fn last_round(workspace: &Workspace, sizes: &Sizes) -> Result<Option<u64>, Error> {
        for name in CHECKPOINTS {
            if let Some(content) = unsealed(workspace.folder(), name, sizes)? {
                return Ok(Some(Head::of(workspace.folder(), name, &content)?.standing.round));
            }
        }
        Ok(None)
    }

    /// Takes all checkpoints away.
    ///
    /// # Errors
    /// When one can't be taken away.
    pub fn remove_all(workspace: &Workspace) -> Result<(), Error> {
        let folder = workspace.folder();
        CHECKPOINTS.into_iter().try_for_each(|name| folder.remove(name).map_err(|cause| folder.error("replace", name, &cause)))
    }
}

impl LogState {
    /// Wants the marks of these logs and of no other, none longer than a run of these sizes leaves it.
    ///
    /// # Errors
    /// What is impossible about them.
    pub fn check(&self, logs: &[&'static str], sizes: &Sizes) -> Result<(), String> {
        let marked: BTreeSet<&str> = self.marks.iter().map(|mark| mark.name).collect();
        if marked.len() != self.marks.len() || marked != logs.iter().copied().collect() {
            return Err("other logs than the run keeps".to_owned());
        }
        let is_long = |mark: &&Mark| mark.bytes > sizes.bytes_max(mark.name);
        self.marks.iter().find(is_long).map_or(Ok(()), |mark| Err(format!("{} bytes of {}", mark.bytes, mark.name)))
    }
}

/// What the checkpoints of every version say.
#[derive(Deserialize)]
struct Head {
    fedsim: String,
    identity: String,
    data_sha256: Option<String>,
    standing: HeadStanding,
}

#[derive(Deserialize)]
struct HeadStanding {
    round: u64,
}

impl Head {
    fn of(folder: &Folder, name: &'static str, content: &str) -> Result<Self, Error> {
        serde_json::from_str(content).map_err(|cause| impossible(&folder.path_of(name), &cause.to_string()))
    }

    /// Whether this version wrote it, for a run of this identity.
    fn is_of(&self, identity: &Hash) -> bool {
        self.fedsim == env!("CARGO_PKG_VERSION") && self.identity == identity.hex()
    }

    fn check_run(&self, workspace: &Workspace, inputs: &Inputs<'_>) -> Result<(), Error> {
        let folder = workspace.run().path().display();
        let mut notes = Vec::new();
        let (other, help) = if self.fedsim != env!("CARGO_PKG_VERSION") {
            (format!("was begun by fedsim {}", self.fedsim), "go on with that version, or begin anew with --force")
        } else if self.identity != inputs.identity().hex() {
            notes = inputs.differences(workspace.folder(), self.data_sha256.as_deref()).told();
            let help = "go on with the scenario, the overrides and the data of that run, or begin anew with --force";
            ("is of another scenario or of other data".to_owned(), help)
        } else {
            return Ok(());
        };
        let message = format!("the run in {folder}, which came as far as round {}, {other}", self.standing.round);
        Err(Problem::new(message).notes(notes).help(help).into())
    }
}

/// Says why a finished run that differs in its rounds alone can't be gone on from; `None` if it differs in more.
fn no_way_on(folder: &Folder, inputs: &Inputs<'_>) -> Result<Option<Checkpoint>, Error> {
    let data = Manifest::load(folder).ok().map(|manifest| manifest.data_sha256);
    let differences = inputs.differences(folder, data.as_deref());
    if !differences.are_rounds_alone() {
        return Ok(None);
    }
    let message = format!("the finished run in {} can't be gone on from", folder.path().display());
    let help = format!("rounds can only be added, and only while its {STANDING} is whole; else begin anew with --force");
    Err(Problem::new(message).notes(differences.told()).help(help).into())
}

/// A checkpoint's text under its seal.
fn seal(content: &str) -> String {
    format!("{{\"sha256\":\"{}\",\"checkpoint\":{content}}}\n", Hash::of(content.as_bytes()).hex())
}

/// What the checkpoint of this name holds; `None` if it is missing or torn.
fn unsealed(folder: &Folder, name: &'static str, sizes: &Sizes) -> Result<Option<String>, Error> {
    let bytes = match folder.read(name, sizes.checkpoint_bytes_max()) {
        Ok(bytes) => bytes,
        Err(cause) if cause.kind() == ErrorKind::NotFound => return Ok(None),
        Err(cause) => return Err(folder.error("read", name, &cause)),
    };
    let content = || {
        let text = str::from_utf8(&bytes).ok()?;
        let sealed: Sealed<'_> = serde_json::from_str(text).ok()?;
        let content = sealed.checkpoint.get();
        (Hash::of(content.as_bytes()).hex() == sealed.sha256).then(|| content.to_owned())
    };
    Ok(content())
}

/// The mistake that a checkpoint, whole as it is, says what no run wrote.
pub(crate) fn impossible(path: &Path, what: &str) -> Error {
    let message = format!("{} says what no run can have written: {what}", path.display());
    Problem::new(message).help("bring the file back, or begin anew with --force").into()
}
