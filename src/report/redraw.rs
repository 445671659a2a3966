//! What people look at: the pictures and the page, written beside the run's tables, or made again from them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::page::{self, Picture};
use super::pictures::{self, Drawn};
use crate::diag::{Error, Problem};
use crate::logs::Sizes;
use crate::runs::files::{MANIFEST, PAGE, PICTURES, UNFINISHED, picture_files, reproducible, shown, varying};
use crate::runs::place::check_places;
use crate::runs::{Folder, Found, Manifest, OutputFile, Saved, Workspace};

/// Whether a run leaves pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pictures {
    /// All that its files have data for.
    Draw,
    /// None.
    Skip,
}

/// The pictures' files and the page's, complete, but not published.
///
/// # Errors
/// When a table is missing or broken, or a file can't be written.
pub(super) fn make(saved: &Saved, workspace: &Workspace, pictures: Pictures) -> Result<Vec<OutputFile>, Error> {
    let drawn = match pictures {
        Pictures::Draw => pictures::draw_all(saved)?,
        Pictures::Skip => Vec::new(),
    };
    let mut files = Vec::new();
    for picture in &drawn {
        let [png, svg] = picture_files(picture.name);
        files.push(workspace.whole_file(png, &picture.chart.png)?);
        files.push(workspace.whole_file(svg, picture.chart.svg.as_bytes())?);
    }
    let pictures: Vec<Picture<'_>> = drawn.iter().map(on_page).collect();
    files.push(workspace.whole_file(PAGE, page::page(saved, &pictures)?.as_bytes())?);
    Ok(files)
}

fn on_page(drawn: &Drawn) -> Picture<'_> {
    let hover = serde_json::to_string(&drawn.chart.hover).expect("numbers and texts can be written");
    Picture { name: drawn.name, title: &drawn.title, svg: &drawn.chart.svg, hover }
}

/// Wants all that the run left: a table that is gone is not one that the run never had, and its picture would go without a
/// word.
fn check_whole(folder: &Folder, manifest: &Manifest) -> Result<(), Error> {
    let listed = reproducible().filter(|name| manifest.files.contains_key(*name));
    let is_missing = |name: &&'static str| matches!(folder.find(name), Ok(Found::Nothing));
    let Some(missing) = listed.chain(varying()).find(is_missing) else { return Ok(()) };
    let problem = Problem::new(format!("can't read {}: the run left it, and it is missing", folder.path_of(missing).display()));
    Err(problem.help("bring it back, or run the scenario again").into())
}

/// Makes the pictures and the page of a finished run again, from its tables alone, and gives their paths.
///
/// # Errors
/// When no finished run is in the folder, a file of it is missing or broken, or one can't be written: the former pictures then
/// stand as they were.
pub fn redraw(path: &Path) -> Result<Vec<PathBuf>, Error> {
    const ACTION: &str = "find a finished run: can't read";
    let folder = Arc::new(Folder::open(path).map_err(|cause| Error::file(ACTION, &path.join(MANIFEST), &cause))?);
    if !folder.has(MANIFEST) && matches!(folder.find(UNFINISHED), Ok(Found::Folder)) {
        let message = format!("the run in {} is not finished: there is no model to show", path.display());
        return Err(Problem::new(message).help("go on with it: fedsim run SCENARIO --resume").into());
    }
    folder.file(MANIFEST).map_err(|cause| folder.error(ACTION, MANIFEST, &cause))?;
    let manifest = Manifest::load(&folder)?;
    check_whole(&folder, &manifest)?;
    show(&folder, &Sizes::of(&manifest), Pictures::Draw)
}

/// Makes the pictures and the page of the finished run of these sizes in this folder, and gives their paths.
pub(super) fn show(folder: &Arc<Folder>, sizes: &Sizes, pictures: Pictures) -> Result<Vec<PathBuf>, Error> {
    let workspace = Workspace::within(Arc::clone(folder))?;
    check_places(&workspace)?;
    let files = make(&Saved::of(folder, *sizes), &workspace, pictures)?;
    let paths: Vec<PathBuf> = files.iter().map(|file| file.path().to_owned()).collect();
    for stale in shown().filter(|name| !files.iter().any(|file| file.name() == *name)) {
        folder.remove(stale).map_err(|cause| folder.error("replace", stale, &cause))?;
    }
    publish(files, folder)?;
    folder.sync_names().map_err(|cause| Error::file("write", folder.path(), &cause))?;
    Ok(paths)
}

/// That a finished run has no pictures, and how to get them.
pub(super) fn not_shown(folder: &Folder, error: Error) -> Error {
    let cause = match error {
        Error::Failure(message) => message,
        other => other.to_string().trim_end().to_owned(),
    };
    let path = folder.path().display();
    Error::Failure(format!("{cause}\nthe run in {path} is finished, but for its pictures and its page: fedsim plot {path} makes them"))
}

/// Gives finished files their final names, and brings those of the pictures to the disk.
fn publish(files: Vec<OutputFile>, folder: &Folder) -> Result<(), Error> {
    let mut pictures = None;
    if files.iter().any(|file| file.name().starts_with(PICTURES)) {
        let failed = |cause| Error::file("make the folder", &folder.path_of(PICTURES), &cause);
        pictures = Some(folder.make_subfolder(PICTURES).map_err(failed)?);
    }
    files.into_iter().try_for_each(OutputFile::publish)?;
    pictures.map_or(Ok(()), |pictures| pictures.sync_names()).map_err(|cause| folder.error("write", PICTURES, &cause))
}
