//! The one way to the files of a run's folder: no link is followed below it, nothing but a regular file is opened, and no
//! name that was read from anywhere is a path.
//!
//! The folder is held open, so that all names are looked up in it alone, whatever is put in its place in the meantime. Every
//! name is a constant of the program: one of the closed list in [`files`](super::files).

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use cap_fs_ext::{DirExt, FollowSymlinks, OpenOptionsFollowExt, OpenOptionsSyncExt};
use cap_std::ambient_authority;
use cap_std::fs::{Dir, Metadata, OpenOptions};

use super::disk::{self, DiskFile};
use super::found::{Found, NoFile};
use crate::diag::Error;

/// A folder that is held open.
#[derive(Debug)]
pub struct Folder {
    dir: Dir,
    /// For messages, and for the faults that tests ask for.
    path: PathBuf,
}

impl Folder {
    /// The folder at a path of the user's, which may lead through links.
    ///
    /// # Errors
    /// When there is none, or it can't be entered.
    pub fn open(path: &Path) -> io::Result<Self> {
        let named = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        Ok(Self { dir: Dir::open_ambient_dir(named, ambient_authority())?, path: path.to_owned() })
    }

    /// The path, as the user named it.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The path of what has this name, for messages.
    pub fn path_of(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// The folder of this name in it; nothing but a folder.
    pub(crate) fn subfolder(&self, name: &'static str) -> io::Result<Self> {
        Ok(Self { dir: self.dir.open_dir_nofollow(name)?, path: self.path.join(name) })
    }

    /// The folder of this name in it, made if it is missing.
    pub(crate) fn make_subfolder(&self, name: &'static str) -> io::Result<Self> {
        disk::check(&self.path.join(name))?;
        match self.dir.create_dir(name) {
            Err(cause) if cause.kind() != io::ErrorKind::AlreadyExists => Err(cause),
            _ => self.subfolder(name),
        }
    }

    /// What stands under this name; a link is told of as one.
    ///
    /// # Errors
    /// When it can't be looked up, for another reason than that nothing stands there.
    pub fn find(&self, name: &'static str) -> io::Result<Found> {
        match self.within(name, |dir, name| dir.symlink_metadata(name)) {
            Ok(found) => Ok(Found::of(&found)),
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(Found::Nothing),
            // What should be the folder that it lies in is none.
            Err(_) if name.contains('/') => Ok(Found::Nothing),
            Err(cause) => Err(cause),
        }
    }

    /// Whether a file stands under this name.
    pub fn has(&self, name: &'static str) -> bool {
        matches!(self.find(name), Ok(Found::File))
    }

    /// Opens a file to be read.
    ///
    /// # Errors
    /// When it is missing, can't be read, or is anything but a file.
    pub fn file(&self, name: &'static str) -> io::Result<File> {
        self.within(name, |dir, name| open(dir, name, OpenOptions::new().read(true)))
    }

    /// Opens a file to be read, if one stands there: `None` for anything else as well as for nothing.
    ///
    /// # Errors
    /// When it can't be read.
    pub fn file_if_there(&self, name: &'static str) -> io::Result<Option<File>> {
        match self.file(name) {
            Err(cause) if cause.kind() == io::ErrorKind::NotFound || NoFile::is_stray(&cause) => Ok(None),
            file => file.map(Some),
        }
    }

    /// The bytes of a file that has at most so many; no more than these are ever read.
    ///
    /// # Errors
    /// As those of [`Folder::file`], and when the file is longer.
    pub fn read(&self, name: &'static str, bytes_max: u64) -> io::Result<Vec<u8>> {
        let longer = || io::Error::other(NoFile::Longer { bytes_max });
        let (mut bytes, file) = (Vec::new(), self.file(name)?);
        if file.metadata()?.len() > bytes_max {
            return Err(longer());
        }
        // It may have grown since.
        file.take(bytes_max + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > bytes_max { Err(longer()) } else { Ok(bytes) }
    }

    /// The error that this `cause` kept a file from being read, or whatever `action` says.
    pub fn error(&self, action: &str, name: &str, cause: &io::Error) -> Error {
        NoFile::problem(action, &self.path_of(name), cause).map_or_else(|| Error::file(action, &self.path_of(name), cause), Error::from)
    }

    /// A new file. What stands under this name already is never written to.
    pub(crate) fn create(&self, name: &'static str) -> io::Result<DiskFile> {
        let path = self.path.join(name);
        disk::check(&path)?;
        let file = self.within(name, |dir, name| open(dir, name, OpenOptions::new().write(true).create_new(true)))?;
        Ok(DiskFile::of(file, &path))
    }

    /// A file that is there, opened to be read and to be written to.
    pub(crate) fn reopen(&self, name: &'static str) -> io::Result<File> {
        self.within(name, |dir, name| open(dir, name, OpenOptions::new().read(true).write(true)))
    }

    /// A file to be locked, made if it is missing.
    pub(crate) fn open_lock(&self, name: &'static str) -> io::Result<File> {
        disk::check(&self.path.join(name))?;
        self.within(name, |dir, name| open(dir, name, OpenOptions::new().write(true).create(true)))
    }

    /// Whether the open file is the one that stands under this name now.
    #[cfg(unix)]
    pub(crate) fn stands_at(&self, name: &'static str, file: &File) -> bool {
        use cap_std::fs::MetadataExt as _;
        use std::os::unix::fs::MetadataExt as _;
        let here = self.dir.symlink_metadata(name).map(|found| (found.dev(), found.ino()));
        let open = file.metadata().map(|found| (found.dev(), found.ino()));
        here.is_ok_and(|here| open.is_ok_and(|open| open == here))
    }

    /// Whether the open file is the one that stands under this name now: elsewhere one that is open can't be taken away.
    #[cfg(not(unix))]
    pub(crate) fn stands_at(&self, name: &'static str, _: &File) -> bool {
        self.has(name)
    }

    /// Gives a file another folder, or another name, in the place of any file that has it.
    pub(crate) fn rename(&self, name: &'static str, to: &Self, new_name: &'static str) -> io::Result<()> {
        disk::check(&to.path.join(new_name))?;
        self.within(name, |dir, name| to.within(new_name, |new_dir, new_name| dir.rename(name, new_dir, new_name)))
    }

    /// Takes a file away, if it is there. Of a link the link goes, not what it leads to.
    pub(crate) fn remove(&self, name: &'static str) -> io::Result<()> {
        disk::check(&self.path.join(name))?;
        match self.within(name, |dir, name| dir.remove_file(name)) {
            Err(cause) if matches!(cause.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(()),
            removed => removed,
        }
    }

    /// Takes a file away, as far as that goes: where nobody could be told. What is no file stays.
    pub(crate) fn sweep(&self, name: &'static str) {
        if self.has(name) {
            let _ = self.within(name, |dir, name| dir.remove_file(name));
        }
    }

    /// Takes a folder away, if nothing lies in it.
    pub(crate) fn remove_subfolder(&self, name: &'static str) -> io::Result<()> {
        self.dir.remove_dir(name)
    }

    /// Brings the names in the folder to the disk, where the system can.
    pub(crate) fn sync_names(&self) -> io::Result<()> {
        disk::check(&self.path)?;
        if cfg!(unix) { self.dir.open(".")?.sync_all() } else { Ok(()) }
    }

    /// Does `work` in the folder that the name lies in: this one, or one in it.
    fn within<T>(&self, name: &'static str, work: impl FnOnce(&Dir, &str) -> io::Result<T>) -> io::Result<T> {
        match name.split_once('/') {
            None => work(&self.dir, name),
            Some((folder, name)) => work(&self.dir.open_dir_nofollow(folder)?, name),
        }
    }
}

/// Opens a regular file, and waits for nobody: neither for the other end of a FIFO nor for a device.
pub(crate) fn open(dir: &Dir, name: &str, options: &mut OpenOptions) -> io::Result<File> {
    let check = |found: &Metadata| match Found::of(found) {
        stray if stray.is_stray() => Err(io::Error::other(NoFile::Stray(stray))),
        _ => Ok(()),
    };
    // Told before it is opened, since a device may act on that already; and after it, should it have changed in between.
    if let Ok(found) = dir.symlink_metadata(name) {
        check(&found)?;
    }
    let file = dir.open_with(name, options.follow(FollowSymlinks::No).nonblock(true))?;
    check(&file.metadata()?)?;
    Ok(file.into_std())
}
