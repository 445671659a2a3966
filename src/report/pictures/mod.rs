//! The pictures of a run, drawn from its CSV files alone: one short file per picture says what is on it, the rest draws.

mod baseline;
mod calibration;
mod clients;
mod confusion;
mod convergence;
mod importance;
mod join;
mod partition;
mod partition_labels;
mod performance;
mod psi;
mod roc;
mod rounds;
mod segments;
mod shap;
mod split_words;
mod tree;
mod woe;

use crate::charts::{self, Chart, Figure};
use crate::diag::{Error, Problem};
use crate::numeric::reduce;
use crate::runs::files::MANIFEST;
use crate::runs::{Manifest, Saved};
use crate::work::Work;

/// A finished picture.
#[derive(Clone, Debug)]
pub struct Drawn {
    /// Its file's name, without folder and ending.
    pub name: &'static str,
    /// What it shows.
    pub title: String,
    /// The picture itself.
    pub chart: Chart,
}

/// A picture that a run may have.
struct Picture {
    name: &'static str,
    /// The files without which it can't be drawn.
    files: &'static [&'static str],
    need: Need,
    figure: fn(&Saved, &Manifest) -> Result<Figure, Error>,
}

/// Whether a picture's files must be there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Need {
    /// Every run leaves them.
    Always,
    /// Only some runs leave them.
    IfThere,
}

const PICTURES: &[Picture] = &[
    Picture {
        name: "convergence",
        files: &["metrics_log.csv", "round_log.csv"],
        need: Need::Always,
        figure: |saved, manifest| convergence::figure(saved, manifest.task),
    },
    Picture {
        name: "performance",
        files: &["perf_log.csv", "client_perf.csv"],
        need: Need::Always,
        figure: |saved, _| performance::figure(saved),
    },
    Picture {
        name: "partition",
        files: &["partition.csv"],
        need: Need::IfThere,
        figure: |saved, manifest| partition::figure(saved, manifest.task),
    },
    Picture { name: "roc", files: &["curves.csv"], need: Need::IfThere, figure: |saved, _| roc::figure(saved) },
    Picture { name: "confusion", files: &["confusion.csv"], need: Need::IfThere, figure: |saved, _| confusion::figure(saved) },
    Picture { name: "calibration", files: &["calibration.csv"], need: Need::IfThere, figure: |saved, _| calibration::figure(saved) },
    Picture { name: "segments", files: &["centroids.csv"], need: Need::IfThere, figure: |saved, _| segments::figure(saved) },
    Picture { name: "psi", files: &["psi.csv"], need: Need::IfThere, figure: |saved, _| psi::figure(saved) },
    Picture { name: "woe", files: &["bins.csv"], need: Need::IfThere, figure: |saved, _| woe::figure(saved) },
    Picture { name: "importance", files: &["importance.csv"], need: Need::IfThere, figure: |saved, _| importance::figure(saved) },
    Picture { name: "shap", files: &["shap.csv"], need: Need::IfThere, figure: |saved, manifest| shap::figure(saved, manifest.task) },
    Picture { name: "tree", files: &["trees.csv"], need: Need::IfThere, figure: |saved, manifest| tree::figure(saved, manifest.task) },
    Picture {
        name: "baseline_vs_fl",
        files: &["baseline_log.csv"],
        need: Need::IfThere,
        figure: |saved, manifest| baseline::figure(saved, manifest.task, manifest.comparison.as_ref()),
    },
    Picture { name: "join", files: &["join.csv"], need: Need::IfThere, figure: |saved, manifest| join::figure(saved, manifest.task) },
];

impl Picture {
    /// Whether it is to be drawn.
    fn is_wanted(&self, saved: &Saved) -> bool {
        self.need == Need::Always || self.files.iter().all(|name| saved.has(name))
    }
}

/// Draws every picture whose files are there.
///
/// # Errors
/// When a file that every run leaves is missing, or any of them is not as fedsim wrote it.
pub fn draw_all(saved: &Saved) -> Result<Vec<Drawn>, Error> {
    let manifest = manifest(saved)?;
    let wanted: Vec<&Picture> = PICTURES.iter().filter(|picture| picture.is_wanted(saved)).collect();
    let work = Work::begin("drawing", wanted.len() as u64);
    let draw = |picture: &&Picture| {
        let figure = Figure { run: manifest.name.clone(), ..(picture.figure)(saved, &manifest)? };
        let chart = charts::draw(&figure)?;
        work.advance(1);
        Ok(Drawn { name: picture.name, title: figure.title, chart })
    };
    reduce::map(&wanted, draw).into_iter().collect()
}

fn manifest(saved: &Saved) -> Result<Manifest, Error> {
    let unlike = |cause: serde_json::Error| -> Error {
        let message = format!("{}: {cause}", saved.path_of(MANIFEST).display());
        Problem::new(message).help("the file is not as fedsim wrote it: run the scenario again").into()
    };
    serde_json::from_str(&saved.text(MANIFEST)?).map_err(unlike)
}
