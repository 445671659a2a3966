//! What stands where a file belongs, and the words for what is none.

use std::fmt;
use std::io;
use std::path::Path;

use cap_std::fs::Metadata;

use crate::diag::Problem;

/// What stands under a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// Nothing.
    Nothing,
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link, wherever it leads.
    Link,
    /// A device, a FIFO or a socket.
    Other,
}

impl Found {
    /// What this is about, a link not followed.
    pub(crate) fn of(found: &Metadata) -> Self {
        match () {
            () if found.is_symlink() => Self::Link,
            () if found.is_dir() => Self::Folder,
            () if found.is_file() => Self::File,
            () => Self::Other,
        }
    }

    /// Whether something stands there that is no file.
    pub(crate) fn is_stray(self) -> bool {
        !matches!(self, Self::Nothing | Self::File)
    }

    /// Completes "... is" where a file belongs.
    fn words(self) -> &'static str {
        match self {
            Self::Nothing => "missing",
            Self::File => "a file",
            Self::Folder => "a folder, where a run leaves a file",
            Self::Link => "a symbolic link, and a run writes no file outside its folder",
            Self::Other => "no file, but a device or a FIFO",
        }
    }

    /// That this stands at a file's place.
    pub(crate) fn problem(self, path: &Path) -> Problem {
        Problem::new(format!("{} is {}", path.display(), self.words())).help("take it away, or name another folder")
    }
}

/// Why something is not read that is there: as the cause of an [`io::Error`].
#[derive(Clone, Copy, Debug)]
pub(crate) enum NoFile {
    /// It is no file.
    Stray(Found),
    /// It is longer than any such file.
    Longer {
        /// How long that is.
        bytes_max: u64,
    },
    /// A row of it is longer than any row of such a table.
    LongRow {
        /// How long that is.
        row_bytes_max: u64,
    },
}

impl fmt::Display for NoFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stray(found) => write!(f, "it is {}", found.words()),
            Self::Longer { bytes_max } if bytes_max.is_multiple_of(1 << 20) => write!(f, "it is longer than {} MiB", bytes_max >> 20),
            Self::Longer { bytes_max } => write!(f, "it is longer than {bytes_max} bytes"),
            Self::LongRow { row_bytes_max } => write!(f, "a row of it is longer than {row_bytes_max} bytes"),
        }
    }
}

impl std::error::Error for NoFile {}

impl NoFile {
    fn of(cause: &io::Error) -> Option<&Self> {
        cause.get_ref()?.downcast_ref()
    }

    /// Whether something else than a file stands there.
    pub(crate) fn is_stray(cause: &io::Error) -> bool {
        matches!(Self::of(cause), Some(Self::Stray(_)))
    }

    /// The problem that this cause, if it is of this kind, kept the file at `path` from what `action` says.
    pub(crate) fn problem(action: &str, path: &Path, cause: &io::Error) -> Option<Problem> {
        match Self::of(cause)? {
            Self::Stray(found) => Some(found.problem(path)),
            longer => {
                let problem = Problem::new(format!("can't {action} {}: {longer}", path.display()));
                Some(problem.help("no such file is that long: check that the path names what you mean, and bring the run's own back"))
            }
        }
    }
}
