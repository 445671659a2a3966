//! A single output in the making: a new file in its target's folder, under a name that nobody can know beforehand.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process;

use cap_std::ambient_authority;
use cap_std::fs::{Dir, OpenOptions};
use tempfile::TempPath;

use super::folder;
use super::unpublished::{self, Claim};

/// The end of each such file's name.
const SUFFIX: &str = ".partial";

/// A file that gets its target's name in the end, or is taken away.
#[derive(Debug)]
pub(crate) struct Partial {
    /// Where it is made; nothing once it has its final name.
    made: Option<TempPath>,
    target: PathBuf,
    claim: Claim,
}

impl Partial {
    /// Makes the file that is to stand at `target`, which is no symbolic link.
    pub fn make(target: PathBuf) -> io::Result<(Self, File)> {
        sweep(&target);
        let mut unpublished = unpublished::of_this_process();
        let prefix = format!("{}{}.", start(&target), process::id());
        let open = |path: &Path| File::options().write(true).create_new(true).open(path);
        let (file, made) = tempfile::Builder::new().prefix(&prefix).suffix(SUFFIX).make_in(folder_of(&target), open)?.into_parts();
        // The lock shows other processes that the file is alive. Where there are no locks, none is swept.
        let _ = file.try_lock();
        let path = made.to_path_buf();
        // One that can't be removed is left to the next run's sweep.
        let claim = unpublished.claim(move || drop(fs::remove_file(&path)));
        Ok((Self { made: Some(made), target, claim }, file))
    }

    /// Gives the file its final name, in the place of any file that had it.
    pub fn publish(&mut self) -> io::Result<()> {
        self.made.take().map_or(Ok(()), |made| made.persist(&self.target).map_err(|failed| failed.error))
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        let mut unpublished = unpublished::of_this_process();
        drop(self.made.take());
        unpublished.release(&self.claim);
    }
}

fn folder_of(target: &Path) -> &Path {
    target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// What the names of all files in the making for `target` begin with.
fn start(target: &Path) -> String {
    format!(".{}.", target.file_name().unwrap_or_default().to_string_lossy())
}

/// Whether a name is `START PROCESS . SOMETHING SUFFIX`, or without what is random, as former versions had it.
fn is_partial(name: &str, start: &str) -> bool {
    let Some(middle) = name.strip_prefix(start).and_then(|rest| rest.strip_suffix(SUFFIX)) else { return false };
    let (process, random) = middle.split_once('.').unwrap_or((middle, "x"));
    let is_all = |text: &str, is: fn(&u8) -> bool| !text.is_empty() && text.as_bytes().iter().all(is);
    is_all(process, u8::is_ascii_digit) && is_all(random, u8::is_ascii_alphanumeric)
}

/// Removes what processes that were killed left behind of their file in the making for `target`.
fn sweep(target: &Path) {
    let start = start(target);
    // A folder that can't be listed is no reason to stop: the file itself can perhaps be written.
    let Ok(folder) = Dir::open_ambient_dir(folder_of(target), ambient_authority()) else { return };
    for entry in folder.entries().into_iter().flatten().flatten() {
        let name = entry.file_name();
        let Some(name) = name.to_str().filter(|name| is_partial(name, &start)) else { continue };
        // A living process holds its file's lock until the file is complete.
        let is_dead = folder::open(&folder, name, OpenOptions::new().read(true)).is_ok_and(|file| file.try_lock().is_ok());
        if is_dead {
            let _ = folder.remove_file(name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).expect("the folder").flatten();
        let mut names: Vec<String> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_killed_processs_file_in_the_making_is_swept_and_nothing_else() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.csv");
        let kept =
            [".a.csv..partial", ".a.csv.1..partial", ".a.csv.1.a-b.partial", ".a.csv.x1.partial", ".b.csv.1.partial", "a.csv.1.partial"];
        for name in kept.iter().chain(&[".a.csv.1.partial", ".a.csv.17.x7Yz01.partial"]) {
            fs::write(folder.path().join(name), "half").expect("it can be written");
        }
        let (mut alive, _file) = Partial::make(path.clone()).expect("it can be made");
        sweep(&path);
        let mut left = names(folder.path());
        left.retain(|name| !kept.contains(&name.as_str()));
        let own = format!(".a.csv.{}.", process::id());
        assert!(left.len() == 1 && left[0].starts_with(&own) && is_partial(&left[0], ".a.csv."), "{left:?}");
        alive.publish().expect("it can be renamed");
        let mut wanted = [&kept[..], &["a.csv"]].concat();
        wanted.sort_unstable();
        assert_eq!(names(folder.path()), wanted);
    }

    #[cfg(unix)]
    #[test]
    fn a_file_in_the_making_has_the_permissions_of_any_new_file() {
        use std::os::unix::fs::MetadataExt;
        let folder = tempfile::tempdir().expect("a folder");
        let (_partial, made) = Partial::make(folder.path().join("a.csv")).expect("it can be made");
        let other = File::create(folder.path().join("other")).expect("it can be made");
        assert_eq!(made.metadata().expect("its mode").mode(), other.metadata().expect("its mode").mode());
    }
}
