//! Files that the user names, opened and read so that it ends: none that waits for a writer, none without an end.

use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::Path;

use crate::diag::{Error, Problem};

/// Opens a file; `action` says in a message what was to be done with it, for instance "read".
///
/// The pipe of a shell (`<(...)`, `/dev/stdin`) has its writer and is opened; a pipe with a name in a folder may wait for one
/// for ever.
///
/// # Errors
/// When it can't be read, is a folder, or is a named pipe.
pub fn open(action: &str, path: &Path) -> Result<File, Error> {
    let failed = |cause: io::Error| Error::file(action, path, &cause);
    let found = fs::metadata(path).map_err(failed)?;
    if found.is_dir() {
        return Err(failed(io::ErrorKind::IsADirectory.into()));
    }
    // The pipe of a shell has no name that a path could end in.
    if is_pipe(&found) && path.canonicalize().is_ok() {
        let problem = Problem::new(format!("can't {action} {}: it is a named pipe, which may never be written to", path.display()));
        return Err(problem.help("name a file, or let the shell make the pipe: /dev/stdin").into());
    }
    File::open(path).map_err(failed)
}

/// The bytes of a file that has at most so many mebibytes; no more than these are ever read.
///
/// # Errors
/// As those of [`open`], and when the file is longer.
pub fn read(action: &str, path: &Path, mebibytes_max: u64) -> Result<Vec<u8>, Error> {
    let bytes_max = mebibytes_max << 20;
    let mut bytes = Vec::new();
    open(action, path)?.take(bytes_max + 1).read_to_end(&mut bytes).map_err(|cause| Error::file(action, path, &cause))?;
    if bytes.len() as u64 > bytes_max {
        let problem = Problem::new(format!("can't {action} {}: it is longer than {mebibytes_max} MiB", path.display()));
        return Err(problem.help("no such file is that long: check that the path names what you mean").into());
    }
    Ok(bytes)
}

#[cfg(unix)]
fn is_pipe(found: &Metadata) -> bool {
    std::os::unix::fs::FileTypeExt::is_fifo(&found.file_type())
}

#[cfg(not(unix))]
fn is_pipe(_: &Metadata) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_up_to_its_limit_and_not_a_byte_further() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        fs::write(file.path(), vec![b'x'; 1 << 20]).expect("it can be written");
        assert_eq!(read("read", file.path(), 1).expect("it is short enough").len(), 1 << 20);
        fs::write(file.path(), vec![b'x'; (1 << 20) + 1]).expect("it can be written");
        assert!(read("read", file.path(), 1).expect_err("it is too long").to_string().contains("longer than 1 MiB"));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn what_has_no_end_is_not_read_to_it() {
        assert!(read("read", Path::new("/dev/zero"), 1).expect_err("it has no end").to_string().contains("/dev/zero"));
    }

    #[test]
    fn a_folder_is_no_file() {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(open("read", folder.path()).expect_err("it is a folder").to_string().contains("name a file, not a folder"));
    }
}
