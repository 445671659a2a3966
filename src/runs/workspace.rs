//! The folder `unfinished` within a run's folder: where a run's files are made, by one process at a time.
//!
//! Nothing stands under its final name before the run is complete. What is in here when a process dies is either gone on
//! from, by `fedsim run --resume`, or taken away by the next run.

use std::fs::{File, TryLockError};
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use super::files::{CHECKPOINTS, LOCK, PICTURES, PUBLISHING, UNFINISHED, made};
use super::folder::Folder;
use super::found::Found;
use super::new_folder::NewFolder;
use super::output::{Made, Mark, OutputFile, OutputTable, holds};
use super::unpublished::{self, Claim};
use crate::diag::{Error, Problem};

/// So often is a lock asked for whose file another process takes away in the meantime.
const TRIES: usize = 100;

/// A run's workspace, locked for this process. Dropped, it takes everything in it away, unless it is kept.
#[derive(Debug)]
pub(crate) struct Workspace {
    run: Arc<Folder>,
    folder: Arc<Folder>,
    /// Held for its lock.
    _lock: File,
    /// For a process that must end at once, unless the workspace is kept.
    claim: Option<Claim>,
    /// Dropped after the workspace, which lies in it.
    new_folder: Option<NewFolder>,
}

impl Workspace {
    /// The workspace of the run in the folder `run`; both folders are made if they are missing. What a process that died
    /// left in it is still there.
    ///
    /// # Errors
    /// When a folder can't be made or locked, or another process works here.
    pub fn open(run: &Path) -> Result<Self, Error> {
        let new_folder = NewFolder::make(run)?;
        let folder = Folder::open(run).map_err(|cause| Error::file("open the folder", run, &cause))?;
        let mut workspace = Self::within(Arc::new(folder))?;
        workspace.new_folder = new_folder;
        Ok(workspace)
    }

    /// The workspace of the run in this folder.
    ///
    /// # Errors
    /// As those of [`Workspace::open`].
    pub fn within(run: Arc<Folder>) -> Result<Self, Error> {
        let (folder, lock) = lock(&run)?;
        let is_there = |name: &&'static str| !matches!(folder.find(name), Ok(Found::Nothing));
        let is_kept = CHECKPOINTS.iter().chain(&[PUBLISHING]).any(is_there);
        let mut workspace = Self { run, folder: Arc::new(folder), _lock: lock, claim: None, new_folder: None };
        if !is_kept {
            workspace.forsake();
        }
        Ok(workspace)
    }

    /// The folder of the run.
    pub fn run(&self) -> &Arc<Folder> {
        &self.run
    }

    /// The workspace's own folder.
    pub fn folder(&self) -> &Arc<Folder> {
        &self.folder
    }

    /// Begins the file that is to stand under this name in the run's folder.
    ///
    /// # Errors
    /// When it can't be made.
    pub fn file(&self, name: &'static str) -> Result<OutputFile, Error> {
        if name.starts_with(PICTURES) {
            let made = self.folder.make_subfolder(PICTURES);
            made.map_err(|cause| Error::file("make the folder", &self.folder.path_of(PICTURES), &cause))?;
        }
        OutputFile::begin(self.made(name))
    }

    /// A file with this content, complete.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn whole_file(&self, name: &'static str, content: &[u8]) -> Result<OutputFile, Error> {
        let mut file = self.file(name)?;
        file.write_all(content).map_err(|cause| Error::file("write", file.path(), &cause))?;
        file.complete()?;
        Ok(file)
    }

    /// Begins the table that is to stand under this name in the run's folder.
    ///
    /// # Errors
    /// When it can't be made.
    pub fn table(&self, name: &'static str, columns: &[&str]) -> Result<OutputTable, Error> {
        OutputTable::begin(self.file(name)?, columns)
    }

    /// Goes on with the table that a run left here, from where `mark` says.
    ///
    /// # Errors
    /// When it is gone or another than the mark says.
    pub fn table_from(&self, mark: &Mark, columns: usize) -> Result<OutputTable, Error> {
        Ok(OutputTable::go_on(OutputFile::go_on(self.made(mark.name), mark)?, columns))
    }

    fn made(&self, name: &'static str) -> Made {
        Made { name, workspace: Arc::clone(&self.folder), run: Arc::clone(&self.run) }
    }

    /// Whether the file is here and begins as the mark says. One that had its final name already when the process died is
    /// brought back.
    pub fn recover(&self, mark: &Mark) -> bool {
        let is_missing = matches!(self.folder.find(mark.name), Ok(Found::Nothing));
        if is_missing && self.is_publishing() && holds(&self.run, mark) {
            let _ = self.run.rename(mark.name, &self.folder, mark.name);
        }
        holds(&self.folder, mark)
    }

    /// Whether the process that worked here died while it gave the files their final names.
    pub fn is_publishing(&self) -> bool {
        self.folder.has(PUBLISHING)
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
        let folder = &self.folder;
        let written = folder.remove(PUBLISHING).and_then(|()| folder.create(PUBLISHING)?.sync()).and_then(|()| folder.sync_names());
        written.map_err(|cause| Error::file("write", &folder.path_of(PUBLISHING), &cause))?;
        self.keep();
        Ok(())
    }

    /// Takes everything here away, at last: every file has its final name.
    ///
    /// # Errors
    /// When the names can't be brought to the disk.
    pub fn finish(mut self) -> Result<(), Error> {
        self.run.sync_names().map_err(|cause| Error::file("write", self.run.path(), &cause))?;
        self.forsake();
        Ok(())
    }

    /// Takes away what a process that died left, to begin anew.
    ///
    /// # Errors
    /// When something can't be taken away.
    pub fn clear(&mut self) -> Result<(), Error> {
        for name in made() {
            self.folder.remove(name).map_err(|cause| Error::file("replace", &self.folder.path_of(name), &cause))?;
        }
        self.forsake();
        Ok(())
    }

    /// Lets nothing here outlive this process.
    fn forsake(&mut self) {
        let claim = || {
            let (run, folder) = (Arc::clone(&self.run), Arc::clone(&self.folder));
            unpublished::of_this_process().claim(move || sweep(&run, &folder))
        };
        self.claim.get_or_insert_with(claim);
    }
}

impl Drop for Workspace {
    fn drop(&mut self) {
        if let Some(claim) = &self.claim {
            let mut unpublished = unpublished::of_this_process();
            sweep(&self.run, &self.folder);
            unpublished.release(claim);
        }
    }
}

/// Takes a workspace away that this process has locked, as far as that goes: nobody could be told. What is no file was not
/// made here.
fn sweep(run: &Folder, workspace: &Folder) {
    made().chain([LOCK]).for_each(|name| workspace.sweep(name));
    // Both fail, as they should, if something else lies there.
    let _ = workspace.remove_subfolder(PICTURES);
    let _ = run.remove_subfolder(UNFINISHED);
}

/// The workspace, made if it is missing, and its lock, which this process has.
fn lock(run: &Folder) -> Result<(Folder, File), Error> {
    let path = run.path_of(UNFINISHED);
    for _ in 0..TRIES {
        check_place(run, UNFINISHED, Found::Folder)?;
        let folder = match run.make_subfolder(UNFINISHED) {
            Ok(folder) => folder,
            // Its owner took it away in the meantime.
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => continue,
            Err(cause) => return Err(Error::file("make the folder", &path, &cause)),
        };
        check_place(&folder, LOCK, Found::File)?;
        let failed = |cause: &io::Error| folder.error("lock", LOCK, cause);
        let file = match folder.open_lock(LOCK) {
            Ok(file) => file,
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => continue,
            Err(cause) => return Err(failed(&cause)),
        };
        match file.try_lock() {
            Ok(()) if folder.stands_at(LOCK, &file) => return Ok((folder, file)),
            // Its owner took the file away before it gave up the lock.
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let problem = Problem::new(format!("another process is writing to {}", run.path().display()));
                return Err(problem.help("wait until it has ended, or name another folder with --out").into());
            }
            Err(TryLockError::Error(cause)) => return Err(failed(&cause)),
        }
    }
    let problem = Problem::new(format!("other processes keep writing to {}", path.display()));
    Err(problem.help("name another folder with --out").into())
}

/// Wants nothing under this name, or what belongs there.
fn check_place(folder: &Folder, name: &'static str, wanted: Found) -> Result<(), Error> {
    let found = folder.find(name).map_err(|cause| folder.error("lock", name, &cause))?;
    if found == Found::Nothing || found == wanted {
        return Ok(());
    }
    let problem = Problem::new(format!("{} is not what a run left there", folder.path_of(name).display()));
    Err(problem.help("take it away, or name another folder").into())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::numeric::digest::Hash;

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
        let other = Mark { sha256: Hash::of(b"other"), ..mark.clone() };
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
