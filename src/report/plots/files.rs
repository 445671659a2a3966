//! The pictures' files: written beside the run's tables, or drawn again from them.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::super::output::OutputFile;
use super::super::saved::Saved;
use super::super::{NewFolder, manifest};
use super::{Drawn, draw_all};
use crate::diag::Error;

/// The pictures' folder within a run's.
pub(in super::super) const FOLDER: &str = "plots";

/// Every picture that a run may leave, with its folder.
pub(in super::super) const FILES: [&str; 12] = [
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
];

/// The pictures' files, complete, but not published; and their folder, taken away again if it is new and none comes into it.
///
/// # Errors
/// When they can't be written.
pub(in super::super) fn unpublished(folder: &Path, drawn: &[Drawn]) -> Result<(Option<NewFolder>, Vec<OutputFile>), Error> {
    let plots = folder.join(FOLDER);
    let new_folder = (!plots.exists()).then(|| NewFolder(plots.clone()));
    fs::create_dir_all(&plots).map_err(|cause| Error::file("make the folder", &plots, &cause))?;
    let mut files = Vec::new();
    for picture in drawn {
        for (ending, bytes) in [("png", picture.png.as_slice()), ("svg", picture.svg.as_bytes())] {
            let path = plots.join(format!("{}.{ending}", picture.name));
            let mut file = OutputFile::create(&path)?;
            file.write_all(bytes).map_err(|cause| Error::file("write", &path, &cause))?;
            file.complete()?;
            files.push(file);
        }
    }
    Ok((new_folder, files))
}

/// Draws all pictures of a finished run again, from its CSV files alone, and gives their paths.
///
/// # Errors
/// When no finished run is in `folder`, a file of it is missing or broken, or a picture can't be written: the former
/// pictures then stand as they were.
pub fn redraw(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let manifest = folder.join(manifest::FILE);
    fs::metadata(&manifest).map_err(|cause| Error::file("find a finished run: can't read", &manifest, &cause))?;
    let drawn = draw_all(&Saved::in_folder(folder))?;
    let (_new_folder, files) = unpublished(folder, &drawn)?;
    let paths: Vec<PathBuf> = files.iter().map(|file| file.path().to_owned()).collect();
    for stale in FILES.iter().map(|name| folder.join(name)).filter(|path| !paths.contains(path) && path.exists()) {
        fs::remove_file(&stale).map_err(|cause| Error::file("replace", &stale, &cause))?;
    }
    files.into_iter().try_for_each(OutputFile::publish)?;
    Ok(paths)
}
