//! A file that is being written, and the place where a test can make any change on the disk fail.

use std::fs::File;
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

#[cfg(not(test))]
/// In a test the change at this path may be made to fail.
#[expect(clippy::unnecessary_wraps, reason = "in tests it may fail")]
#[inline]
pub(crate) fn check(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
pub(crate) use faults::check;

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
