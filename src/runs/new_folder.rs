//! A run's folder that did not exist before: taken away again if nothing came into it.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
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
    /// Makes the folder with all that it lies in, and brings their names to the disk; `None` if it was there. The path is the
    /// user's, and may lead through links.
    pub(crate) fn make(path: &Path) -> Result<Option<Self>, Error> {
        if path.is_dir() {
            return Ok(None);
        }
        // What was there before holds the first new name.
        let missing: Vec<&Path> = path.ancestors().take_while(|folder| !folder.exists()).collect();
        let new = (!missing.is_empty()).then(|| Self(path.to_owned()));
        let made = disk::check(path).and_then(|()| fs::create_dir_all(path));
        match made.and_then(|()| missing.iter().filter_map(|folder| folder.parent()).try_for_each(sync_names)) {
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

/// Brings the names in a folder to the disk, where the system can. One that can't be read is no reason to stop: the run's own
/// folder lies in it, and can be written to.
fn sync_names(folder: &Path) -> io::Result<()> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    disk::check(folder)?;
    match File::open(folder) {
        Ok(folder) if cfg!(unix) => folder.sync_all(),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runs::disk::faults;

    #[test]
    fn the_names_of_a_new_folder_and_of_those_that_it_lies_in_come_to_the_disk() {
        let folder = tempfile::tempdir().expect("a folder");
        let [deep, run] = ["deep", "deep/run"].map(|name| folder.path().join(name));
        for (after, changed) in [&run, &deep, &folder.path().to_owned()].into_iter().enumerate() {
            faults::inject(folder.path(), after, 5);
            let told = NewFolder::make(&run).expect_err("a change fails").to_string();
            assert_eq!(faults::end(folder.path()).as_ref(), Some(changed), "{told}");
            let _ = fs::remove_dir_all(&deep);
        }
        let new = NewFolder::make(&run).expect("nothing fails");
        assert!(new.is_some() && NewFolder::make(&run).expect("nothing fails").is_none());
        drop(new);
        assert!(!run.exists() && deep.exists());
    }
}
