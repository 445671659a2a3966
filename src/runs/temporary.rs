//! Folders for the time of a command: gone when they are dropped, and when a signal ends the process.

use std::fs;
use std::path::{Path, PathBuf};

use super::unpublished::{self, Claim};
use crate::diag::{Error, Problem};

/// A folder of this process alone, in the system's place for temporary files (`TMPDIR` where that is set).
#[derive(Debug)]
pub struct TemporaryFolder {
    folder: Option<tempfile::TempDir>,
    path: PathBuf,
    claim: Claim,
}

/// Takes a folder away, for a process that ends without dropping anything.
fn remove(path: &Path) {
    // A thread that still writes may make a file after the folder was looked through: then a second attempt takes it
    // along. What can't be removed is left, as there is nobody to tell.
    let _ = fs::remove_dir_all(path).or_else(|_| fs::remove_dir_all(path));
}

impl TemporaryFolder {
    /// Makes the folder, empty, under a name that begins with `prefix`.
    ///
    /// # Errors
    /// When it can't be made.
    pub fn make(prefix: &str) -> Result<Self, Error> {
        // Locked from before it exists: a signal finds it claimed, or comes before it is made.
        let mut unpublished = unpublished::of_this_process();
        let folder = tempfile::Builder::new().prefix(prefix).tempdir().map_err(|cause| {
            let problem = Problem::new(format!("can't make a temporary folder: {cause}"));
            Error::from(problem.help("let the environment variable TMPDIR name a folder that can be written"))
        })?;
        let path = folder.path().to_owned();
        let claimed = path.clone();
        let claim = unpublished.claim(move || remove(&claimed));
        Ok(Self { folder: Some(folder), path, claim })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        let mut unpublished = unpublished::of_this_process();
        // Dropped under the lock, so that a signal meets it whole or gone.
        drop(self.folder.take());
        unpublished.release(&self.claim);
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
        drop(folder);
        assert!(!path.exists());
    }
}
