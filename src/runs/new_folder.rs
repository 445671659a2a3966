//! A run's folder that did not exist before: taken away again if nothing came into it.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::disk;
use crate::diag::{Error, Problem};

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
    /// Makes the folder with all that it lies in; `None` if it was there. The path is the user's, and may lead through links.
    pub(crate) fn make(path: &Path) -> Result<Option<Self>, Error> {
        let new = (!path.exists()).then(|| Self(path.to_owned()));
        match disk::check(path).and_then(|()| fs::create_dir_all(path)) {
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
