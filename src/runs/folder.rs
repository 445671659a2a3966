//! A run's folder: what may lie in it, whether a run may come into it, and what has to go first.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::checkpoint::Checkpoint;
use super::disk;
use super::manifest::{self, Manifest};
use super::output::OutputFile;
use super::workspace::Workspace;
use crate::diag::{Error, Problem};
use crate::numeric::digest::Hash;

/// The name of the scenario's copy.
pub const SCENARIO: &str = "scenario.toml";

/// Tables whose bytes must come out the same again, wherever the scenario is run.
pub const REPRODUCIBLE: [&str; 13] = [
    "baseline_log.csv",
    "baseline_vs_fl.csv",
    "client_metrics.csv",
    "curves.csv",
    "fairness.csv",
    "join.csv",
    "metrics_log.csv",
    "model.csv",
    "partition.csv",
    "preprocess.csv",
    "round_log.csv",
    "secagg_log.csv",
    "secagg_summary.csv",
];

/// What else is left for programs to read: times, which differ from run to run, and the scenario, whose paths do.
const OTHERS: [&str; 4] = ["client_perf.csv", "perf_log.csv", "performance_summary.csv", SCENARIO];

/// The pictures' folder within a run's.
pub(crate) const PICTURES: &str = "plots";

/// The page's name.
pub const PAGE: &str = "report.html";

/// Every picture that a run may leave, with its folder, and the page.
pub(crate) const SHOWN: [&str; 13] = [
    "plots/baseline_vs_fl.png",
    "plots/baseline_vs_fl.svg",
    "plots/convergence.png",
    "plots/convergence.svg",
    "plots/join.png",
    "plots/join.svg",
    "plots/partition.png",
    "plots/partition.svg",
    "plots/performance.png",
    "plots/performance.svg",
    "plots/roc.png",
    "plots/roc.svg",
    PAGE,
];

/// What is left for programs to read; people look at the rest.
pub(crate) fn tables() -> impl Iterator<Item = &'static str> {
    REPRODUCIBLE.into_iter().chain(OTHERS)
}

/// Everything that a run may leave, beside its manifest.
pub(crate) fn files() -> impl Iterator<Item = &'static str> {
    tables().chain(SHOWN)
}

/// A folder that did not exist before; taken away again if nothing came into it.
#[derive(Debug)]
pub(crate) struct NewFolder(PathBuf);

impl Drop for NewFolder {
    fn drop(&mut self) {
        // This fails, as it should, if the folder is not empty.
        let _ = fs::remove_dir(&self.0);
    }
}

impl NewFolder {
    /// Makes the folder; `None` if it was there.
    pub(crate) fn make(path: &Path) -> Result<Option<Self>, Error> {
        let new = (!path.exists()).then(|| Self(path.to_owned()));
        match disk::make_folders(path) {
            Ok(()) => Ok(new),
            Err(cause) if cause.kind() == ErrorKind::AlreadyExists => {
                let what = if path.exists() { "a file" } else { "a symbolic link to nothing" };
                let problem = Problem::new(format!("can't make the folder {}: {what} stands there", path.display()));
                Err(problem.help("take it away, or name another folder").into())
            }
            Err(cause) => Err(Error::file("make the folder", path, &cause)),
        }
    }
}

/// Wants a workspace without a run that could be resumed: hours of work may be in it.
pub(crate) fn check_no_checkpoint(workspace: &Workspace) -> Result<(), Error> {
    let Some(round) = Checkpoint::last_round(workspace) else { return Ok(()) };
    let message = format!("{} holds a run that came as far as round {round}", workspace.run().display());
    Err(Problem::new(message).help("go on from there with --resume, or begin anew with --force").into())
}

/// Wants a folder in which a run replaces nothing but the same run, or one that died.
pub(crate) fn check_free(workspace: &Workspace, identity: &Hash) -> Result<(), Error> {
    let folder = workspace.run();
    let existing = folder.join(manifest::FILE);
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
    let foreign: Vec<&str> = files().filter(|name| folder.join(name).symlink_metadata().is_ok()).collect();
    if foreign.is_empty() {
        return Ok(());
    }
    let message = format!("{} is no run's folder, but holds what a run would replace: {}", folder.display(), foreign.join(", "));
    Err(Problem::new(message).help("name another folder with --out, or give these files up with --force").into())
}

/// Wants every file that a run may leave to be one that it can replace, before it spends its time: one that can't be written
/// at the end would take all others along. A symbolic link would lead out of the folder.
pub(crate) fn check_places(folder: &Path) -> Result<(), Error> {
    for name in files().chain([PICTURES, manifest::FILE]) {
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
    let stale = files().filter(|name| !coming.iter().any(|file| file.path() == folder.join(name)));
    for path in std::iter::once(manifest::FILE).chain(stale).map(|name| folder.join(name)) {
        disk::remove(&path).map_err(|cause| Error::file("replace", &path, &cause))?;
    }
    // This fails, as it should, if something else lies there.
    let _ = fs::remove_dir(folder.join(PICTURES));
    Ok(())
}
