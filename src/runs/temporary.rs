//! Folders for the time of a command: gone when they are dropped, and when a signal ends the process.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::diag::{Error, Problem};

/// A folder of this process alone, in the system's place for temporary files (`TMPDIR` where that is set).
#[derive(Debug)]
pub struct TemporaryFolder {
    folder: Option<tempfile::TempDir>,
    path: PathBuf,
}

/// This process's temporary folders.
static FOLDERS: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

fn folders() -> MutexGuard<'static, BTreeSet<PathBuf>> {
    // A panic can't leave the set half changed: each change is one insertion or one removal.
    FOLDERS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Takes all of them away, for a process that ends without dropping anything.
pub(crate) fn remove_all() {
    for path in folders().iter() {
        // A thread that still writes may make a file after the folder was looked through: then a second attempt takes it
        // along. What can't be removed is left, as there is nobody to tell.
        let _ = fs::remove_dir_all(path).or_else(|_| fs::remove_dir_all(path));
    }
}

impl TemporaryFolder {
    /// Makes the folder, empty, under a name that begins with `prefix`.
    ///
    /// # Errors
    /// When it can't be made.
    pub fn make(prefix: &str) -> Result<Self, Error> {
        // Locked from before it exists: a signal finds it in the set, or comes before it is made.
        let mut folders = folders();
        let folder = tempfile::Builder::new().prefix(prefix).tempdir().map_err(|cause| {
            let problem = Problem::new(format!("can't make a temporary folder: {cause}"));
            Error::from(problem.help("let the environment variable TMPDIR name a folder that can be written"))
        })?;
        let path = folder.path().to_owned();
        folders.insert(path.clone());
        Ok(Self { folder: Some(folder), path })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        let mut folders = folders();
        // Dropped under the lock, so that a signal meets it whole or gone.
        drop(self.folder.take());
        folders.remove(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_gone_with_all_that_is_in_it() {
        let folder = TemporaryFolder::make("fedsim-test-").expect("it can be made");
        let path = folder.path().to_owned();
        fs::create_dir(path.join("inner")).expect("it can be made");
        fs::write(path.join("inner/file"), "text").expect("it can be written");
        assert!(folders().contains(&path));
        drop(folder);
        assert!(!path.exists() && !folders().contains(&path));
    }
}
