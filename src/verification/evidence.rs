//! One run as it lies in its folder: its manifest, its scenario, and how each of its files stands to the manifest.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::{inputs, rounds};
use crate::diag::Error;
use crate::numeric::digest::{Hash, Hasher};
use crate::runs::{Manifest, SCENARIO, reproducible};
use crate::scenario;

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
    pub folder: PathBuf,
    /// What it says of itself.
    pub manifest: Manifest,
    /// How each file that a run can leave stands to the manifest; with the manifest's and the scenario's own.
    pub files: BTreeMap<&'static str, FileState>,
    /// Every key of the scenario with its value; none if the file is missing or no TOML.
    pub keys: Option<BTreeMap<String, String>>,
}

/// The manifest's name among [`Evidence::files`].
const MANIFEST: &str = "manifest.json";

impl Evidence {
    /// Looks at the finished run in `folder`.
    ///
    /// # Errors
    /// When there is none, or a file is there and can't be read.
    pub fn gather(folder: &Path) -> Result<Self, Error> {
        let manifest = Manifest::of_finished_run(folder)?;
        let mut files = BTreeMap::new();
        for name in reproducible() {
            files.insert(name, state(&folder.join(name), manifest.files.get(name))?);
        }
        let path = folder.join(SCENARIO);
        let keys = if path.is_file() { inputs::keys(&path)? } else { None };
        let of_scenario = match (path.is_file(), &keys) {
            (false, _) => FileState::Missing,
            (true, None) => FileState::Changed,
            (true, Some(_)) if gives_identity(&path, &manifest) => FileState::Whole,
            (true, Some(_)) => FileState::Changed,
        };
        files.insert(SCENARIO, of_scenario);
        let agrees = files["round_log.csv"] != FileState::Whole || rounds::end_as(&folder.join("round_log.csv"), &manifest);
        files.insert(MANIFEST, if agrees { FileState::Whole } else { FileState::Changed });
        Ok(Self { folder: folder.to_owned(), manifest, files, keys })
    }

    /// The path of a file of this run.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// How many files the manifest lists.
    pub(super) fn listed(&self) -> usize {
        self.manifest.files.len()
    }
}

fn state(path: &Path, recorded: Option<&String>) -> Result<FileState, Error> {
    match (recorded, path.is_file()) {
        (None, false) => Ok(FileState::Absent),
        (None, true) => Ok(FileState::Unlisted),
        (Some(_), false) => Ok(FileState::Missing),
        (Some(recorded), true) => {
            let hash = sha256(path).map_err(|cause| Error::file("read", path, &cause))?;
            Ok(if hash.hex() == *recorded { FileState::Whole } else { FileState::Changed })
        }
    }
}

fn sha256(path: &Path) -> io::Result<Hash> {
    let mut hasher = Hasher::default();
    io::copy(&mut File::open(path)?, &mut hasher)?;
    Ok(hasher.finish())
}

/// Whether the scenario gives, with the data's SHA-256, the identity that the manifest has. Of another version's run this
/// can't be known, as its scenarios may have other keys: it is taken to do so.
fn gives_identity(path: &Path, manifest: &Manifest) -> bool {
    if manifest.fedsim != env!("CARGO_PKG_VERSION") {
        return true;
    }
    let (Ok(plan), Some(data)) = (scenario::load(path, &[]), Hash::from_hex(&manifest.data_sha256)) else { return false };
    plan.identity(&data).hex() == manifest.identity && plan.name == manifest.name
}

/// A file opened to be read as CSV, `None` if there is none, or one so long that no run left it.
pub(super) fn open_table(path: &Path, length_max: u64) -> Option<csv::Reader<File>> {
    // Only files are opened: a FIFO would keep the reader waiting.
    fs::metadata(path).ok().filter(|found| found.is_file() && found.len() <= length_max)?;
    Some(csv::ReaderBuilder::new().flexible(true).from_reader(File::open(path).ok()?))
}
