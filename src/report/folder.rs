//! A run's folder: what may lie in it, whether a run may come into it, and what has to go first.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::manifest::{self, Manifest};
use super::output::OutputFile;
use super::{Pictures, shown};
use crate::diag::{Error, Problem};
use crate::input;
use crate::numeric::digest::Hash;
use crate::scenario;

/// The name of the scenario's copy.
pub(super) const SCENARIO: &str = "scenario.toml";

/// Tables whose bytes must come out the same again, wherever the scenario is run.
pub(super) const REPRODUCIBLE: [&str; 13] = [
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

/// What is left for programs to read; people look at the rest.
pub(super) fn tables() -> impl Iterator<Item = &'static str> {
    REPRODUCIBLE.into_iter().chain(OTHERS)
}

/// Everything that a run may leave, beside its manifest.
pub(super) fn files() -> impl Iterator<Item = &'static str> {
    tables().chain(shown::FILES)
}

/// A folder that did not exist before; taken away again if nothing came into it.
#[derive(Debug)]
pub(super) struct NewFolder(PathBuf);

impl Drop for NewFolder {
    fn drop(&mut self) {
        // This fails, as it should, if the folder is not empty.
        let _ = fs::remove_dir(&self.0);
    }
}

impl NewFolder {
    /// Makes the folder; `None` if it was there.
    pub(super) fn make(path: &Path) -> Result<Option<Self>, Error> {
        let new = (!path.exists()).then(|| Self(path.to_owned()));
        match fs::create_dir_all(path) {
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

/// Wants a folder in which a run replaces nothing but the same run, or one that was interrupted.
pub(super) fn check_free(folder: &Path, identity: &Hash) -> Result<(), Error> {
    let existing = folder.join(manifest::FILE);
    if existing.exists() {
        if Manifest::identity_in(&existing).as_deref() == Some(&identity.hex()) {
            return Ok(());
        }
        let message = format!("{} holds a finished run of another scenario, data set or version", folder.display());
        return Err(Problem::new(message).help("name another folder with --out, or replace that run with --force").into());
    }
    if is_interrupted_run(folder) {
        return Ok(());
    }
    let foreign: Vec<&str> = files().filter(|name| folder.join(name).symlink_metadata().is_ok()).collect();
    if foreign.is_empty() {
        return Ok(());
    }
    let message = format!("{} is no run's folder, but holds what a run would replace: {}", folder.display(), foreign.join(", "));
    Err(Problem::new(message).help("name another folder with --out, or give these files up with --force").into())
}

/// Wants to be able to replace the tables of a former run, before the new one spends its time: one that can't be written at
/// the end would take all others along.
pub(super) fn check_tables(folder: &Path) -> Result<(), Error> {
    tables().chain([manifest::FILE]).try_for_each(|name| check_place(&folder.join(name)))
}

/// Wants to be able to write the pictures and the page, or to take a former run's away.
pub(super) fn check_shown(folder: &Path, pictures: Pictures) -> Result<(), Error> {
    if pictures == Pictures::Draw {
        let misplaced = what_stands_for_pictures(folder);
        misplaced.map_or(Ok(()), |problem| Err(problem.help("take it away, name another folder with --out, or give --no-plots")))?;
    }
    for path in shown::FILES.map(|name| folder.join(name)) {
        check_place(&path)?;
        let is_new = pictures == Pictures::Draw && !path.exists() && path.parent().is_some_and(Path::is_dir);
        if is_new {
            drop(OutputFile::create(&path)?);
        }
    }
    Ok(())
}

/// Wants what stands at `path`, if anything, to be a file that can be replaced. Nothing is tried on a device or a FIFO, whose
/// reader would hear of it.
fn check_place(path: &Path) -> Result<(), Error> {
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => {
            let problem = Problem::new(format!("{} is a folder, where a run leaves a file", path.display()));
            Err(problem.help("take it away, or name another folder with --out").into())
        }
        Ok(found) if found.is_file() => OutputFile::create(path).map(drop),
        _ => Ok(()),
    }
}

/// The problem that something else than a folder stands where the pictures' folder belongs, if so.
pub(super) fn what_stands_for_pictures(folder: &Path) -> Option<Problem> {
    let plots = folder.join(shown::FOLDER);
    if plots.is_dir() || plots.symlink_metadata().is_err() {
        return None;
    }
    let what = if plots.exists() { "a file" } else { "a symbolic link to nothing" };
    Some(Problem::new(format!("{} is to be the pictures' folder, but is {what}", plots.display())))
}

/// The first line of an interrupted run's scenario, by which a folder without a manifest is known to be a run's.
pub(super) const INTERRUPTED: &str = "# Of a run of fedsim that was interrupted: the next run into this folder replaces it.";

/// Whether the folder holds a run that was interrupted.
pub(super) fn is_interrupted_run(folder: &Path) -> bool {
    let scenario = input::read("read", &folder.join(SCENARIO), scenario::MEBIBYTES_MAX).unwrap_or_default();
    scenario.split(|&byte| byte == b'\n').next() == Some(INTERRUPTED.as_bytes()) && folder.join("round_log.csv").is_file()
}

/// Takes away a former run's manifest, and those of its files that `coming` does not replace: no mixture of two runs can
/// be taken for one.
pub(super) fn clear(folder: &Path, coming: &[OutputFile]) -> Result<(), Error> {
    let stale = files().filter(|name| !coming.iter().any(|file| file.path() == folder.join(name)));
    for name in std::iter::once(manifest::FILE).chain(stale) {
        // Of a symbolic link the file is removed, not the link: what is coming goes the same way.
        let path = folder.join(name);
        let path = path.canonicalize().unwrap_or(path);
        match fs::remove_file(&path) {
            Ok(()) => {}
            Err(cause) if matches!(cause.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {}
            Err(cause) => return Err(Error::file("replace", &path, &cause)),
        }
    }
    // This fails, as it should, if something else lies there.
    let _ = fs::remove_dir(folder.join(shown::FOLDER));
    Ok(())
}
