//! Whether a run may come into a folder, and what has to go first.

use super::checkpoint::Checkpoint;
use super::files::{MANIFEST, PICTURES, TRIED, left, made};
use super::folder::Folder;
use super::found::Found;
use super::inputs::Inputs;
use super::manifest::Manifest;
use super::output::OutputFile;
use super::workspace::Workspace;
use crate::diag::{Error, Problem};
use crate::logs::Sizes;

/// Wants a workspace without a run that could be resumed: hours of work may be in it.
pub(crate) fn check_no_checkpoint(workspace: &Workspace, sizes: &Sizes) -> Result<(), Error> {
    let Some(round) = Checkpoint::last_round(workspace, sizes)? else { return Ok(()) };
    let message = format!("{} holds a run that came as far as round {round}", workspace.run().path().display());
    Err(Problem::new(message).help("go on from there with --resume, or begin anew with --force").into())
}

/// What may be done where the number of rounds is another.
const MORE_ROUNDS: &str = "if there are more rounds now, go on from that run with --resume";

/// Wants a folder in which a run replaces nothing but the same run, or one that died.
pub(crate) fn check_free(workspace: &Workspace, inputs: &Inputs<'_>) -> Result<(), Error> {
    let folder = workspace.run();
    if folder.has(MANIFEST) {
        if Manifest::identity_in(folder).as_deref() == Some(&inputs.identity().hex()) {
            return Ok(());
        }
        let data = Manifest::load(folder).ok().map(|manifest| manifest.data_sha256);
        let differences = inputs.differences(folder, data.as_deref());
        let message = format!("{} holds a finished run of another scenario, data set or version", folder.path().display());
        let help = "name another folder with --out, or replace that run with --force";
        let help = if differences.are_rounds_alone() { format!("{MORE_ROUNDS}; else {help}") } else { help.to_owned() };
        return Err(Problem::new(message).notes(differences.told()).help(help).into());
    }
    if workspace.is_publishing() {
        return Ok(());
    }
    let foreign: Vec<&str> = left().filter(|name| folder.has(name)).collect();
    if foreign.is_empty() {
        return Ok(());
    }
    let message = format!("{} is no run's folder, but holds what a run would replace: {}", folder.path().display(), foreign.join(", "));
    Err(Problem::new(message).help("name another folder with --out, or give these files up with --force").into())
}

/// Wants every file that a run may leave or make to be one that it can replace, before it spends its time: one that can't be
/// written at the end would take all others along. A symbolic link would lead out of the folder.
pub(crate) fn check_places(workspace: &Workspace) -> Result<(), Error> {
    check_names(workspace.run(), left().chain([MANIFEST]))?;
    check_names(workspace.folder(), made())?;
    // The folder itself can be written to, as the workspace is there; that of the pictures is tried.
    let run = workspace.run();
    if run.find(PICTURES).map_err(|cause| run.error("look at", PICTURES, &cause))? == Found::Nothing {
        return Ok(());
    }
    let tried = run.remove(TRIED).and_then(|()| run.create(TRIED).map(drop)).and_then(|()| run.remove(TRIED));
    tried.map_err(|cause| run.error("write", TRIED, &cause))
}

/// Wants files under these names, or nothing, and a folder where the pictures' belongs.
fn check_names(folder: &Folder, names: impl Iterator<Item = &'static str>) -> Result<(), Error> {
    let help = "take it away, or name another folder with --out";
    let look_at = |name| folder.find(name).map_err(|cause| folder.error("look at", name, &cause));
    // First the folder, as nothing in it is looked at if it is none.
    let found = look_at(PICTURES)?;
    if matches!(found, Found::File | Found::Other) {
        let message = format!("{} is a file, where the pictures' folder belongs", folder.path_of(PICTURES).display());
        return Err(Problem::new(message).help(help).into());
    }
    let is_stray = |name: &str, found: Found| if name == PICTURES { found == Found::Link } else { found.is_stray() };
    for name in [PICTURES].into_iter().chain(names) {
        let found = look_at(name)?;
        if is_stray(name, found) {
            return Err(found.problem(&folder.path_of(name)).help(help).into());
        }
    }
    Ok(())
}

/// Takes a former run's manifest away, and those of its files that `coming` does not replace: no mixture of two runs can
/// be taken for one.
pub(crate) fn clear(folder: &Folder, coming: &[OutputFile]) -> Result<(), Error> {
    let stale = left().filter(|name| !coming.iter().any(|file| file.name() == *name));
    for name in std::iter::once(MANIFEST).chain(stale) {
        folder.remove(name).map_err(|cause| folder.error("replace", name, &cause))?;
    }
    // This fails, as it should, if something else lies there.
    let _ = folder.remove_subfolder(PICTURES);
    Ok(())
}
