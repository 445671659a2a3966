//! A run of more rounds that goes on from a finished one, whose last round it runs again: that one was measured for being the
//! last, and early stopping could no longer tell of itself there.

use std::io;
use std::path::PathBuf;

use crate::diag::{Error, Problem};
use crate::logs::Sizes;
use crate::runs::checkpoint::{Checkpoint, LogState};
use crate::runs::files::{CHECKPOINTS, STANDING};
use crate::runs::{BoundedFile, Inputs, OutputFile, Workspace};

/// Which checkpoint a run goes on from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The last one.
    Last,
    /// The one before it, as the last one is torn.
    Before,
    /// That of a finished run with fewer rounds.
    Shorter,
}

/// Where the checkpoint lies that a run goes on from, for messages.
pub(super) fn path_of(workspace: &Workspace, origin: Origin) -> PathBuf {
    let [last, before] = CHECKPOINTS;
    match origin {
        Origin::Last => workspace.folder().path_of(last),
        Origin::Before => workspace.folder().path_of(before),
        Origin::Shorter => workspace.run().path_of(STANDING),
    }
}

/// What one of more rounds than this run can go on from, if the process that died at `checkpoint` had come so far as to keep it.
pub(super) fn kept(
    workspace: &Workspace,
    inputs: &Inputs<'_>,
    sizes: &Sizes,
    checkpoint: &Checkpoint,
) -> Result<Option<OutputFile>, Error> {
    if checkpoint.standing.round + 1 < inputs.plan.rounds { Ok(None) } else { Checkpoint::kept(workspace, inputs, sizes) }
}

/// Copies the finished run's logs into the workspace, as far as they are the longer run's too.
pub(super) fn bring_logs(workspace: &Workspace, logs: &LogState, sizes: &Sizes) -> Result<(), Error> {
    let run = workspace.run();
    for mark in &logs.marks {
        let failed = |cause: io::Error| run.error("go on from", mark.name, &cause);
        let mut rows = io::Read::take(BoundedFile::open(run, mark.name, sizes).map_err(failed)?, mark.bytes);
        let mut file = workspace.file(mark.name)?;
        io::copy(&mut rows, &mut file).map_err(failed)?;
        file.complete()?;
        if file.sha256() != mark.sha256 {
            let message = format!("{} is not as the run left it, so that it can't be gone on from", run.path_of(mark.name).display());
            return Err(Problem::new(message).help("bring the file back, or begin anew with --force").into());
        }
    }
    Ok(())
}
