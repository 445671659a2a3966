//! The folder `unfinished` within a run's folder: where a run's files are made, by one process at a time.
//!
//! Nothing stands under its final name before the run is complete. What is in here when a process dies is either gone on
//! from, by `fedsim run --resume`, or taken away by the next run.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::disk::{self, DiskFile};
use super::files::{CHECKPOINTS, LOCK, PICTURES, PUBLISHING, UNFINISHED, made};
use super::new_folder::NewFolder;
use super::output::{Mark, OutputFile, OutputTable, holds};
use super::unpublished::{self, Claim};
use crate::diag::{Error, Problem};

/// So often is a lock asked for whose file another process takes away in the meantime.
const TRIES: usize = 100;

/// A run's workspace, locked for this process. Dropped, it takes everything in it away, unless it is kept.
#[derive(Debug)]
pub(crate) struct Workspace {
    run: PathBuf,
    path: PathBuf,
    /// Held for its lock.
    _lock: File,
    /// For a process that must end at once, unless the workspace is kept.
    claim: Option<Claim>,
    /// Dropped after the workspace, which lies in it.
    _new_folder: Option<NewFolder>,
}

impl Workspace {
    /// The workspace of the run in the folder `run`; both folders are made if they are missing. What a process that died
    /// left in it is still there.
    ///
    /// # Errors
    /// When a folder can't be made or locked, or another process works here.
    pub fn open(run: &Path) -> Result<Self, Error> {
        let new_folder = NewFolder::make(run)?;
        let path = run.join(UNFINISHED);
        let lock = lock(&path)?;
        let is_kept = CHECKPOINTS.iter().chain(&[PUBLISHING]).any(|name| path.join(name).exists());
        let claim = (!is_kept).then(|| claim(&path));
        Ok(Self { run: run.to_owned(), path, _lock: lock, claim, _new_folder: new_folder })
    }

    /// The folder of the run.
    pub fn run(&self) -> &Path {
        &self.run
    }

    /// The workspace's own folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Begins the file that is to stand under this name in the run's folder.
    ///
    /// # Errors
    /// When it can't be made.
    pub fn file(&self, name: &str) -> Result<OutputFile, Error> {
        let (made, path) = (self.path.join(name), self.run.join(name));
        if let Some(folder) = made.parent().filter(|folder| *folder != self.path) {
            disk::make_folder(folder).map_err(|cause| Error::file("make the folder", folder, &cause))?;
        }
        OutputFile::begin(made, &path)
    }

    /// A file with this content, complete.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn whole_file(&self, name: &str, content: &[u8]) -> Result<OutputFile, Error> {
        let mut file = self.file(name)?;
        file.write_all(content).map_err(|cause| Error::file("write", file.path(), &cause))?;
        file.complete()?;
        Ok(file)
    }

    /// Begins the table that is to stand under this name in the run's folder.
    ///
    /// # Errors
    /// When it can't be made.
    pub fn table(&self, name: &str, columns: &[&str]) -> Result<OutputTable, Error> {
        OutputTable::begin(self.file(name)?, columns)
    }

    /// Goes on with the table that a run left here, from where `mark` says.
    ///
    /// # Errors
    /// When it is gone or another than the mark says.
    pub fn table_from(&self, mark: &Mark, columns: usize) -> Result<OutputTable, Error> {
        let (made, path) = (self.path.join(&mark.name), self.run.join(&mark.name));
        Ok(OutputTable::go_on(OutputFile::go_on(made, &path, mark)?, columns))
    }

    /// Whether the file is here and begins as the mark says. One that had its final name already when the process died is
    /// brought back.
    pub fn recover(&self, mark: &Mark) -> bool {
        let (made, published) = (self.path.join(&mark.name), self.run.join(&mark.name));
        if !made.exists() && self.is_publishing() && holds(&published, mark) {
            let _ = disk::rename(&published, &made);
        }
        holds(&made, mark)
    }

    /// Whether the process that worked here died while it gave the files their final names.
    pub fn is_publishing(&self) -> bool {
        self.path.join(PUBLISHING).exists()
    }

    /// Lets what is here outlive this process.
    pub fn keep(&mut self) {
        if let Some(claim) = self.claim.take() {
            unpublished::of_this_process().release(&claim);
        }
    }

    /// Writes that files are about to get their final names; from now on what is here stays until [`Workspace::finish`].
    ///
    /// # Errors
    /// When that can't be written.
    pub fn publish(&mut self) -> Result<(), Error> {
        let path = self.path.join(PUBLISHING);
        let written = disk::remove(&path).and_then(|()| DiskFile::create(&path)?.sync()).and_then(|()| disk::sync_names(&self.path));
        written.map_err(|cause| Error::file("write", &path, &cause))?;
        self.keep();
        Ok(())
    }

    /// Takes everything here away, at last: every file has its final name.
    ///
    /// # Errors
    /// When the names can't be brought to the disk.
    pub fn finish(mut self) -> Result<(), Error> {
        disk::sync_names(&self.run).map_err(|cause| Error::file("write", &self.run, &cause))?;
        self.forsake();
        Ok(())
    }

    /// Takes away what a process that died left, to begin anew.
    ///
    /// # Errors
    /// When something can't be taken away.
    pub fn clear(&mut self) -> Result<(), Error> {
        for path in made().map(|name| self.path.join(name)) {
            disk::remove(&path).map_err(|cause| Error::file("replace", &path, &cause))?;
        }
        self.forsake();
        Ok(())
    }

    /// Lets nothing here outlive this process.
    fn forsake(&mut self) {
        self.claim.get_or_insert_with(|| claim(&self.path));
    }
}

impl Drop for Workspace {
    fn drop(&mut self) {
        if let Some(claim) = &self.claim {
            let mut unpublished = unpublished::of_this_process();
            sweep(&self.path);
            unpublished.release(claim);
        }
    }
}

fn claim(workspace: &Path) -> Claim {
    let path = workspace.to_owned();
    unpublished::of_this_process().claim(move || sweep(&path))
}

/// Takes a workspace away that this process has locked, as far as that goes: nobody could be told.
fn sweep(path: &Path) {
    for name in made().chain([LOCK]) {
        let _ = fs::remove_file(path.join(name));
    }
    // Both fail, as they should, if something else lies there.
    let _ = fs::remove_dir(path.join(PICTURES));
    let _ = fs::remove_dir(path);
}

/// Locks the workspace for this process.
fn lock(workspace: &Path) -> Result<File, Error> {
    let path = workspace.join(LOCK);
    let failed = |cause: &io::Error| Error::file("lock", &path, cause);
    for _ in 0..TRIES {
        for (path, is_right) in [(workspace, fs::FileType::is_dir as fn(&fs::FileType) -> bool), (&path, fs::FileType::is_file)] {
            if let Ok(found) = path.symlink_metadata()
                && !is_right(&found.file_type())
            {
                let problem = Problem::new(format!("{} is not what a run left there", path.display()));
                return Err(problem.help("take it away, or name another folder").into());
            }
        }
        disk::make_folder(workspace).map_err(|cause| Error::file("make the folder", workspace, &cause))?;
        let file = match disk::open_lock(&path) {
            Ok(file) => file,
            // Its owner took the folder away in the meantime.
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => continue,
            Err(cause) => return Err(failed(&cause)),
        };
        match file.try_lock() {
            Ok(()) if is_at(&file, &path) => return Ok(file),
            // Its owner took the file away before it gave up the lock.
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let run = workspace.parent().unwrap_or(workspace).display();
                let problem = Problem::new(format!("another process is writing to {run}"));
                return Err(problem.help("wait until it has ended, or name another folder with --out").into());
            }
            Err(TryLockError::Error(cause)) => return Err(failed(&cause)),
        }
    }
    let problem = Problem::new(format!("other processes keep writing to {}", workspace.display()));
    Err(problem.help("name another folder with --out").into())
}

/// Whether the open file is the one that stands at `path` now.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let identity = |found: io::Result<fs::Metadata>| found.ok().map(|found| (found.dev(), found.ino()));
    identity(file.metadata()).is_some() && identity(file.metadata()) == identity(fs::metadata(path))
}

/// Whether the open file is the one that stands at `path` now: elsewhere a file that is open can't be taken away.
#[cfg(not(unix))]
fn is_at(_: &File, path: &Path) -> bool {
    path.exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names_in(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(folder).expect("a folder").flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_workspace_is_one_processs_at_a_time_and_leaves_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let run = folder.path().join("run");
        let workspace = Workspace::open(&run).expect("it is free");
        let _file = workspace.file("plots/roc.png").expect("it can be made");
        let refused = Workspace::open(&run).expect_err("it is taken").to_string();
        assert!(refused.contains("another process is writing") && refused.contains("--out"), "{refused}");
        drop(workspace);
        assert!(!run.exists(), "a folder that was new is taken away again");
        fs::create_dir(&run).expect("a folder");
        drop(Workspace::open(&run).expect("it is free again"));
        assert_eq!(names_in(&run), Vec::<String>::new());
    }

    #[test]
    fn what_is_kept_stays_and_is_gone_on_from_at_its_mark() {
        let run = tempfile::tempdir().expect("a folder");
        let mut workspace = Workspace::open(run.path()).expect("it is free");
        let mut table = workspace.table("round_log.csv", &["x"]).expect("it can be made");
        table.row(&["1"]).expect("it can be written");
        let mark = table.mark().expect("it can be synced");
        table.row(&["2"]).expect("it can be written");
        drop(table);
        workspace.keep();
        drop(workspace);

        let workspace = Workspace::open(run.path()).expect("it is free");
        assert!(workspace.recover(&mark));
        let other = Mark { sha256: mark.sha256.replace(|digit| digit != '0', "0"), ..mark.clone() };
        assert!(!workspace.recover(&other) && !workspace.recover(&Mark { bytes: 100, ..mark.clone() }));
        let mut table = workspace.table_from(&mark, 1).expect("it is there");
        table.row(&["3"]).expect("it can be written");
        table.into_file().publish().expect("it can be renamed");
        assert_eq!(fs::read_to_string(run.path().join("round_log.csv")).expect("the file"), "x\n1\n3\n");
    }

    #[cfg(unix)]
    #[test]
    fn nothing_is_made_through_a_symbolic_link() {
        let folder = tempfile::tempdir().expect("a folder");
        let (run, elsewhere) = (folder.path().join("run"), folder.path().join("elsewhere"));
        fs::create_dir(&elsewhere).expect("a folder");
        fs::create_dir(&run).expect("a folder");
        std::os::unix::fs::symlink(&elsewhere, run.join(UNFINISHED)).expect("linked");
        assert!(Workspace::open(&run).expect_err("a link").to_string().contains("not what a run left"));
        assert_eq!(names_in(&elsewhere), Vec::<String>::new());
    }
}
