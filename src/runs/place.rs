//! Whether a run may come into a folder, and what has to go first.

use std::fs;
use std::path::Path;

use super::checkpoint::Checkpoint;
use super::disk;
use super::files::{MANIFEST, PICTURES, left};
use super::manifest::Manifest;
use super::output::OutputFile;
use super::workspace::Workspace;
use crate::diag::{Error, Problem};
use crate::numeric::digest::Hash;

/// Wants a workspace without a run that could be resumed: hours of work may be in it.
pub(crate) fn check_no_checkpoint(workspace: &Workspace) -> Result<(), Error> {
    let Some(round) = Checkpoint::last_round(workspace) else { return Ok(()) };
    let message = format!("{} holds a run that came as far as round {round}", workspace.run().display());
    Err(Problem::new(message).help("go on from there with --resume, or begin anew with --force").into())
}

/// Wants a folder in which a run replaces nothing but the same run, or one that died.
pub(crate) fn check_free(workspace: &Workspace, identity: &Hash) -> Result<(), Error> {
    let folder = workspace.run();
    let existing = folder.join(MANIFEST);
    if existing.exists() {
        if Manifest::identity_in(&existing).as_deref() == Some(&identity.hex()) {
            return Ok(());
        }
        let message = format!("{} holds a finished run of another scenario, data set or version", folder.display());
        return Err(Problem::new(message).help("name another folder with --out, or replace that run with --force").into());
    }
    if workspace.is_publishing() {
        return Ok(());
    }
    let foreign: Vec<&str> = left().filter(|name| folder.join(name).symlink_metadata().is_ok()).collect();
    if foreign.is_empty() {
        return Ok(());
    }
    let message = format!("{} is no run's folder, but holds what a run would replace: {}", folder.display(), foreign.join(", "));
    Err(Problem::new(message).help("name another folder with --out, or give these files up with --force").into())
}

/// Wants every file that a run may leave to be one that it can replace, before it spends its time: one that can't be written
/// at the end would take all others along. A symbolic link would lead out of the folder.
pub(crate) fn check_places(folder: &Path) -> Result<(), Error> {
    for name in left().chain([PICTURES, MANIFEST]) {
        let path = folder.join(name);
        let Ok(found) = path.symlink_metadata() else { continue };
        let what = match () {
            () if found.is_symlink() => "a symbolic link, and a run writes no file outside its folder",
            () if name == PICTURES && !found.is_dir() => "a file, where the pictures' folder belongs",
            () if name != PICTURES && found.is_dir() => "a folder, where a run leaves a file",
            () if name != PICTURES && !found.is_file() => "no file, but a device or a FIFO",
            () => continue,
        };
        let problem = Problem::new(format!("{} is {what}", path.display()));
        return Err(problem.help("take it away, or name another folder with --out").into());
    }
    // Its folder can be written to, as the workspace is there; that of the pictures is tried.
    let plots = folder.join(PICTURES);
    if !plots.is_dir() {
        return Ok(());
    }
    OutputFile::create(&plots.join(".tried")).map(drop)
}

/// Takes a former run's manifest away, and those of its files that `coming` does not replace: no mixture of two runs can
/// be taken for one.
pub(crate) fn clear(folder: &Path, coming: &[OutputFile]) -> Result<(), Error> {
    let stale = left().filter(|name| !coming.iter().any(|file| file.path() == folder.join(name)));
    for path in std::iter::once(MANIFEST).chain(stale).map(|name| folder.join(name)) {
        disk::remove(&path).map_err(|cause| Error::file("replace", &path, &cause))?;
    }
    // This fails, as it should, if something else lies there.
    let _ = fs::remove_dir(folder.join(PICTURES));
    Ok(())
}
