//! One run as it lies in its folder: its manifest, its scenario, and how each of its files stands to the manifest.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::rounds;
use crate::diag::Error;
use crate::logs::Sizes;
use crate::numeric::digest::{Hash, Hasher};
use crate::runs::{BoundedFile, Folder, Keys, Manifest, SCENARIO, ScenarioCopy, keys, reproducible};

/// How a file stands to its manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FileState {
    /// It is what the manifest says.
    Whole,
    /// It is not what the manifest says.
    Changed,
    /// The manifest lists it, and it is not there.
    Missing,
    /// The manifest does not list it, and it is there.
    Unlisted,
    /// It is no file of this run.
    Absent,
}

/// A finished run.
#[derive(Debug)]
pub struct Evidence {
    /// Its folder.
    pub folder: Folder,
    /// What it says of itself.
    pub manifest: Manifest,
    /// How each file that a run can leave stands to the manifest; with the manifest's and the scenario's own.
    pub files: BTreeMap<&'static str, FileState>,
    /// Every key of the scenario with its value; none if the file is missing or no TOML.
    pub keys: Option<Keys>,
}

/// The manifest's name among [`Evidence::files`].
const MANIFEST: &str = "manifest.json";

/// The longest scenario that is looked at: one of another version may be longer than this one takes.
const SCENARIO_BYTES_MAX: u64 = 4 << 20;

impl Evidence {
    /// Looks at the finished run in the folder at `path`.
    ///
    /// # Errors
    /// When there is none, or a file is there and can't be read.
    pub fn gather(path: &Path) -> Result<Self, Error> {
        let failed = |cause| Error::file("find a finished run: can't read", &path.join(MANIFEST), &cause);
        let folder = Folder::open(path).map_err(failed)?;
        let manifest = Manifest::of_finished_run(&folder)?;
        let mut files = BTreeMap::new();
        for name in reproducible() {
            files.insert(name, state(&folder, name, &manifest).map_err(|cause| folder.error("read", name, &cause))?);
        }
        let (of_scenario, keys) = scenario(&folder, &manifest)?;
        files.insert(SCENARIO, of_scenario);
        let sizes = Sizes::of(&manifest);
        let ends = || BoundedFile::open(&folder, "round_log.csv", &sizes).is_ok_and(|log| rounds::end_as(log, &manifest));
        let agrees = files["round_log.csv"] != FileState::Whole || ends();
        files.insert(MANIFEST, if agrees { FileState::Whole } else { FileState::Changed });
        Ok(Self { folder, manifest, files, keys })
    }

    /// A file of this run, if it can be read.
    pub(super) fn file(&self, name: &'static str) -> Option<BoundedFile> {
        BoundedFile::open(&self.folder, name, &Sizes::of(&self.manifest)).ok()
    }

    /// The path of a file of this run, or of one that its scenario names, for messages.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path_of(name)
    }

    /// How many files the manifest lists.
    pub(super) fn listed(&self) -> usize {
        self.manifest.files.len()
    }
}

fn state(folder: &Folder, name: &'static str, manifest: &Manifest) -> io::Result<FileState> {
    let is_there = folder.file_if_there(name)?.is_some();
    let open = || BoundedFile::open(folder, name, &Sizes::of(manifest));
    match (manifest.files.get(name), is_there.then(open).transpose()?) {
        (None, None) => Ok(FileState::Absent),
        (None, Some(_)) => Ok(FileState::Unlisted),
        (Some(_), None) => Ok(FileState::Missing),
        (Some(recorded), Some(file)) => Ok(if sha256(file)?.hex() == *recorded { FileState::Whole } else { FileState::Changed }),
    }
}

fn sha256(mut file: BoundedFile) -> io::Result<Hash> {
    let mut hasher = Hasher::default();
    io::copy(&mut file, &mut hasher)?;
    Ok(hasher.finish())
}

/// How the scenario stands to the manifest, and its keys.
fn scenario(folder: &Folder, manifest: &Manifest) -> Result<(FileState, Option<Keys>), Error> {
    let failed = |cause| folder.error("read the scenario", SCENARIO, &cause);
    let Some(file) = folder.file_if_there(SCENARIO).map_err(failed)? else { return Ok((FileState::Missing, None)) };
    let mut bytes = Vec::new();
    file.take(SCENARIO_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(failed)?;
    let keys = if bytes.len() as u64 > SCENARIO_BYTES_MAX { None } else { keys(bytes) };
    let is_whole = keys.is_some() && gives_identity(folder, manifest);
    Ok((if is_whole { FileState::Whole } else { FileState::Changed }, keys))
}

/// Whether the scenario gives, with the data's SHA-256, the identity that the manifest has. Of another version's run this
/// can't be known, as its scenarios may have other keys: it is taken to do so.
fn gives_identity(folder: &Folder, manifest: &Manifest) -> bool {
    if manifest.fedsim != env!("CARGO_PKG_VERSION") {
        return true;
    }
    let plan = ScenarioCopy::read(folder).and_then(|copy| copy.plan(&[]));
    let (Ok(plan), Some(data)) = (plan, Hash::from_hex(&manifest.data_sha256)) else { return false };
    plan.identity(&data).hex() == manifest.identity && plan.name == manifest.name
}
