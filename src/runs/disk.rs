//! Every change that a report makes on the disk: one function each, so that a test can make any of them fail.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// A file that is being written.
#[derive(Debug)]
pub(crate) struct DiskFile {
    file: File,
    path: PathBuf,
}

impl DiskFile {
    /// A file that was opened elsewhere for writing.
    pub fn of(file: File, path: &Path) -> Self {
        Self { file, path: path.to_owned() }
    }

    /// A new file. What stands under this name already, a symbolic link included, is never written to.
    pub fn create(path: &Path) -> io::Result<Self> {
        check(path)?;
        Ok(Self::of(File::options().write(true).create_new(true).open(path)?, path))
    }

    /// Brings all bytes to the disk.
    pub fn sync(&self) -> io::Result<()> {
        check(&self.path)?;
        self.file.sync_data()
    }
}

impl Write for DiskFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        check(&self.path)?;
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Makes a folder that may be there already.
pub(crate) fn make_folder(path: &Path) -> io::Result<()> {
    check(path)?;
    match fs::create_dir(path) {
        Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        made => made,
    }
}

/// Makes a folder with all that it lies in; it may be there already.
pub(crate) fn make_folders(path: &Path) -> io::Result<()> {
    check(path)?;
    fs::create_dir_all(path)
}

/// Opens a file to be locked, and makes it if it is missing.
pub(crate) fn open_lock(path: &Path) -> io::Result<File> {
    check(path)?;
    File::options().create(true).truncate(false).write(true).open(path)
}

/// Gives a file another name, in the place of any file that has it.
pub(crate) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    check(to)?;
    fs::rename(from, to)
}

/// Takes a file away, if it is there.
pub(crate) fn remove(path: &Path) -> io::Result<()> {
    check(path)?;
    match fs::remove_file(path) {
        Err(cause) if matches!(cause.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(()),
        removed => removed,
    }
}

/// Brings the names in a folder to the disk, where the system can.
pub(crate) fn sync_names(folder: &Path) -> io::Result<()> {
    check(folder)?;
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

#[cfg(not(test))]
#[expect(clippy::unnecessary_wraps, reason = "in tests it may fail")]
#[inline]
fn check(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
use faults::check;

/// Faults that a test asks for.
#[cfg(test)]
pub(crate) mod faults {
    use super::{Path, PathBuf, io};
    use std::sync::{Mutex, MutexGuard, PoisonError};

    /// Everything below `folder` fails from the change number `after` on, counted from 0.
    #[derive(Debug)]
    struct Fault {
        folder: PathBuf,
        after: usize,
        code: i32,
        hit: Option<PathBuf>,
    }

    static FAULTS: Mutex<Vec<Fault>> = Mutex::new(Vec::new());

    fn faults() -> MutexGuard<'static, Vec<Fault>> {
        FAULTS.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets every change below `folder` but the first `after` fail with the system's error `code`.
    pub fn inject(folder: &Path, after: usize, code: i32) {
        faults().push(Fault { folder: folder.to_owned(), after, code, hit: None });
    }

    /// Ends the faults below `folder`; gives the path of the first change that failed, if one did.
    pub fn end(folder: &Path) -> Option<PathBuf> {
        let mut faults = faults();
        let at = faults.iter().position(|fault| fault.folder == folder)?;
        faults.swap_remove(at).hit
    }

    pub(crate) fn check(path: &Path) -> io::Result<()> {
        let mut faults = faults();
        let Some(fault) = faults.iter_mut().find(|fault| path.starts_with(&fault.folder)) else { return Ok(()) };
        if fault.after > 0 {
            fault.after -= 1;
            return Ok(());
        }
        fault.hit.get_or_insert_with(|| path.to_owned());
        Err(io::Error::from_raw_os_error(fault.code))
    }
}
