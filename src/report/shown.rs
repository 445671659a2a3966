//! What people look at: the pictures and the page, written beside the run's tables, or made again from them.

use std::fs;
use std::path::{Path, PathBuf};

use super::html::{self, Picture};
use super::plots::{self, Drawn};
use super::{Pictures, publish};
use crate::diag::{Error, Problem};
use crate::runs::files::{MANIFEST, PAGE, PICTURES, UNFINISHED, shown, varying};
use crate::runs::place::check_places;
use crate::runs::{Manifest, OutputFile, Saved, Workspace, disk};

/// The pictures' files and the page's, complete, but not published.
///
/// # Errors
/// When a table is missing or broken, or a file can't be written.
pub(super) fn make(saved: &Saved, workspace: &Workspace, pictures: Pictures) -> Result<Vec<OutputFile>, Error> {
    let drawn = match pictures {
        Pictures::Draw => plots::draw_all(saved)?,
        Pictures::Skip => Vec::new(),
    };
    let mut files = Vec::new();
    for picture in &drawn {
        files.push(workspace.whole_file(&format!("{PICTURES}/{}.png", picture.name), &picture.png)?);
        files.push(workspace.whole_file(&format!("{PICTURES}/{}.svg", picture.name), picture.svg.as_bytes())?);
    }
    let pictures: Vec<Picture<'_>> = drawn.iter().map(on_page).collect();
    files.push(workspace.whole_file(PAGE, html::page(saved, &pictures)?.as_bytes())?);
    Ok(files)
}

fn on_page(drawn: &Drawn) -> Picture<'_> {
    let hover = serde_json::to_string(&drawn.hover).expect("numbers and texts can be written");
    Picture { name: drawn.name, title: &drawn.title, svg: &drawn.svg, hover }
}

/// Wants all that the run left: a table that is gone is not one that the run never had, and its picture would go without a
/// word.
fn check_whole(folder: &Path) -> Result<(), Error> {
    let listed = Manifest::files_in(&folder.join(MANIFEST));
    let all = listed.into_iter().chain(varying().map(str::to_owned)).map(|name| folder.join(name));
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
    let manifest = folder.join(MANIFEST);
    if let Err(cause) = fs::metadata(&manifest) {
        if folder.join(UNFINISHED).is_dir() {
            let message = format!("the run in {} is not finished: there is no model to show", folder.display());
            return Err(Problem::new(message).help("go on with it: fedsim run SCENARIO --resume").into());
        }
        return Err(Error::file("find a finished run: can't read", &manifest, &cause));
    }
    let workspace = Workspace::open(folder)?;
    check_whole(folder)?;
    check_places(folder)?;
    let files = make(&Saved::in_folder(folder), &workspace, Pictures::Draw)?;
    let paths: Vec<PathBuf> = files.iter().map(|file| file.path().to_owned()).collect();
    for stale in shown().map(|name| folder.join(name)).filter(|path| !paths.contains(path)) {
        disk::remove(&stale).map_err(|cause| Error::file("replace", &stale, &cause))?;
    }
    publish(files, folder)?;
    Ok(paths)
}
