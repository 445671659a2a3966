//! What this process has made and not published yet, so that a process that must end at once takes it away.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{temporary, workspace};

/// Files and workspaces that are to leave nothing behind.
#[derive(Debug)]
pub(crate) struct Unpublished {
    /// Files in the making outside a workspace.
    pub files: BTreeSet<PathBuf>,
    /// Workspaces that nobody is to go on from.
    pub workspaces: BTreeSet<PathBuf>,
}

static UNPUBLISHED: Mutex<Unpublished> = Mutex::new(Unpublished { files: BTreeSet::new(), workspaces: BTreeSet::new() });

/// While it is held, no file is begun, published or dropped.
pub(crate) fn of_this_process() -> MutexGuard<'static, Unpublished> {
    // A panic can't leave the sets half changed: each change is one insertion or one removal.
    UNPUBLISHED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Ends the process at once, from any thread, and takes its files in the making and its temporary folders away. A
/// workspace that a run can be resumed
/// from stays.
pub fn abandon(exit_code: u8) -> ! {
    // The lock is held to the end, so that no other thread begins a file after this one has looked.
    let unpublished = of_this_process();
    for file in &unpublished.files {
        // One that can't be removed is left to the next run's sweep.
        let _ = fs::remove_file(file);
    }
    for folder in &unpublished.workspaces {
        workspace::sweep(folder);
    }
    temporary::remove_all();
    process::exit(exit_code.into())
}
