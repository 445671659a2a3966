//! What people look at: the pictures and the page, written beside the run's tables, or made again from them.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::Pictures;
use super::folder::{NewFolder, SCENARIO, is_interrupted_run, what_stands_for_pictures};
use super::html::{self, Picture};
use super::manifest::{self, Manifest};
use super::output::OutputFile;
use super::plots::{self, Drawn};
use super::saved::Saved;
use crate::diag::{Error, Problem};

/// The pictures' folder within a run's.
pub(super) const FOLDER: &str = "plots";

/// Every picture that a run may leave, with its folder, and the page.
pub(super) const FILES: [&str; 13] = [
    "plots/baseline_vs_fl.png",
    "plots/baseline_vs_fl.svg",
    "plots/convergence.png",
    "plots/convergence.svg",
    "plots/join.png",
    "plots/join.svg",
    "plots/partition.png",
    "plots/partition.svg",
    "plots/performance.png",
    "plots/performance.svg",
    "plots/roc.png",
    "plots/roc.svg",
    html::FILE,
];

/// The pictures' files and the page's, complete, but not published; and the pictures' folder, taken away again if it is new
/// and none comes into it. A run whose tables go to a device or a FIFO, which give nothing back, has no page.
///
/// # Errors
/// When a table is missing or broken, or a file can't be written.
pub(super) fn unpublished(saved: &Saved, pictures: Pictures) -> Result<(Option<NewFolder>, Vec<OutputFile>), Error> {
    let drawn = match pictures {
        Pictures::Draw => plots::draw_all(saved)?,
        Pictures::Skip => Vec::new(),
    };
    let plots = saved.folder().join(FOLDER);
    let new_folder = if drawn.is_empty() { None } else { NewFolder::make(&plots)? };
    let mut files = Vec::new();
    let mut add = |path: PathBuf, bytes: &[u8]| {
        let mut file = OutputFile::create(&path)?;
        file.write_all(bytes).map_err(|cause| Error::file("write", &path, &cause))?;
        file.complete()?;
        files.push(file);
        Ok::<(), Error>(())
    };
    for picture in &drawn {
        add(plots.join(format!("{}.png", picture.name)), &picture.png)?;
        add(plots.join(format!("{}.svg", picture.name)), picture.svg.as_bytes())?;
    }
    if saved.can_be_read() {
        let pictures: Vec<Picture<'_>> = drawn.iter().map(on_page).collect();
        add(saved.folder().join(html::FILE), html::page(saved, &pictures)?.as_bytes())?;
    }
    Ok((new_folder, files))
}

fn on_page(drawn: &Drawn) -> Picture<'_> {
    let hover = serde_json::to_string(&drawn.hover).expect("numbers and texts can be written");
    Picture { name: drawn.name, title: &drawn.title, svg: &drawn.svg, hover }
}

/// What every run leaves for the pictures and the page, beside what its manifest lists.
const UNLISTED: [&str; 4] = ["client_perf.csv", "perf_log.csv", "performance_summary.csv", SCENARIO];

/// Wants all that the run left: a table that is gone is not one that the run never had, and its picture would go without a
/// word.
fn check_whole(folder: &Path) -> Result<(), Error> {
    let listed = Manifest::files_in(&folder.join(manifest::FILE));
    let all = listed.into_iter().chain(UNLISTED.map(str::to_owned)).map(|name| folder.join(name));
    let Some(missing) = all.into_iter().find(|path| !path.exists()) else { return Ok(()) };
    let problem = Problem::new(format!("can't read {}: the run left it, and it is missing", missing.display()));
    Err(problem.help("bring it back, or run the scenario again").into())
}

/// Makes the pictures and the page of a finished run again, from its tables alone, and gives their paths.
///
/// # Errors
/// When no finished run is in `folder`, a file of it is missing or broken, or one can't be written: the former pictures then
/// stand as they were.
pub fn redraw(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let manifest = folder.join(manifest::FILE);
    if let Err(cause) = fs::metadata(&manifest) {
        if is_interrupted_run(folder) {
            let message = format!("{} holds a run that was interrupted: there is no model to show", folder.display());
            return Err(Problem::new(message).help("run its scenario again into this folder, to the end").into());
        }
        return Err(Error::file("find a finished run: can't read", &manifest, &cause));
    }
    check_whole(folder)?;
    if let Some(problem) = what_stands_for_pictures(folder) {
        return Err(problem.help("take it away").into());
    }
    let (_new_folder, files) = unpublished(&Saved::in_folder(folder), Pictures::Draw)?;
    let paths: Vec<PathBuf> = files.iter().map(|file| file.path().to_owned()).collect();
    for stale in FILES.iter().map(|name| folder.join(name)).filter(|path| !paths.contains(path) && path.exists()) {
        fs::remove_file(&stale).map_err(|cause| Error::file("replace", &stale, &cause))?;
    }
    files.into_iter().try_for_each(OutputFile::publish)?;
    Ok(paths)
}
