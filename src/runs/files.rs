//! The closed list of files: all that a run leaves in its folder, and all that it makes there on the way.

use crate::logs::{self, Log};

/// What becomes of a file that a run leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// A table whose bytes must come out the same again, wherever the scenario is run.
    Reproducible,
    /// Left for programs to read too, but different from run to run: times, and the scenario, whose paths are.
    Varying,
    /// For a run of more rounds to go on from; a run may go without it.
    Kept,
    /// A picture or the page, for people to look at.
    Shown,
}

/// The scenario's copy.
pub const SCENARIO: &str = "scenario.toml";

/// What the run came to, for programs.
pub const METRICS: &str = "metrics.json";

/// Where the run stood before its last round.
pub(crate) const STANDING: &str = "standing.json";

/// The page.
pub const PAGE: &str = "report.html";

/// Written after all tables: a folder that has it holds a finished run.
pub(crate) const MANIFEST: &str = "manifest.json";

/// The pictures' folder within a run's.
pub(crate) const PICTURES: &str = "plots";

/// The folder within a run's in which its files are made.
pub(crate) const UNFINISHED: &str = "unfinished";

/// The last checkpoint, and the one before it.
pub(crate) const CHECKPOINTS: [&str; 2] = ["checkpoint.json", "checkpoint_before.json"];

/// The name under which a checkpoint is written.
pub(crate) const CHECKPOINT_NEW: &str = "checkpoint_new.json";

/// Locked by the process that makes files; a process that dies loses its lock.
pub(crate) const LOCK: &str = "lock";

/// Stands there while the files of a complete run get their final names: what lies under those is then a run's.
pub(crate) const PUBLISHING: &str = "publishing";

/// Made and taken away again, to see whether the pictures' folder can be written to.
pub(crate) const TRIED: &str = "plots/.tried";

/// What a run may leave that is no table, beside its manifest.
const NO_TABLES: [(&str, Kind); 32] = [
    (METRICS, Kind::Reproducible),
    (SCENARIO, Kind::Varying),
    (STANDING, Kind::Kept),
    ("plots/baseline_vs_fl.png", Kind::Shown),
    ("plots/baseline_vs_fl.svg", Kind::Shown),
    ("plots/calibration.png", Kind::Shown),
    ("plots/calibration.svg", Kind::Shown),
    ("plots/confusion.png", Kind::Shown),
    ("plots/confusion.svg", Kind::Shown),
    ("plots/convergence.png", Kind::Shown),
    ("plots/convergence.svg", Kind::Shown),
    ("plots/importance.png", Kind::Shown),
    ("plots/importance.svg", Kind::Shown),
    ("plots/join.png", Kind::Shown),
    ("plots/join.svg", Kind::Shown),
    ("plots/partition.png", Kind::Shown),
    ("plots/partition.svg", Kind::Shown),
    ("plots/performance.png", Kind::Shown),
    ("plots/performance.svg", Kind::Shown),
    ("plots/psi.png", Kind::Shown),
    ("plots/psi.svg", Kind::Shown),
    ("plots/roc.png", Kind::Shown),
    ("plots/roc.svg", Kind::Shown),
    ("plots/segments.png", Kind::Shown),
    ("plots/segments.svg", Kind::Shown),
    ("plots/shap.png", Kind::Shown),
    ("plots/shap.svg", Kind::Shown),
    ("plots/tree.png", Kind::Shown),
    ("plots/tree.svg", Kind::Shown),
    ("plots/woe.png", Kind::Shown),
    ("plots/woe.svg", Kind::Shown),
    (PAGE, Kind::Shown),
];

/// Everything that a run may leave, beside its manifest, and what becomes of it.
fn all() -> impl Iterator<Item = (&'static str, Kind)> {
    let kind = |log: &Log| if log.is_reproducible { Kind::Reproducible } else { Kind::Varying };
    logs::ALL.into_iter().map(move |log| (log.name, kind(log))).chain(NO_TABLES)
}

fn of_kind(kind: Kind) -> impl Iterator<Item = &'static str> {
    all().filter(move |(_, other)| *other == kind).map(|(name, _)| name)
}

/// Tables whose bytes must come out the same again.
pub fn reproducible() -> impl Iterator<Item = &'static str> {
    of_kind(Kind::Reproducible)
}

/// Whether the bytes of the file of this name must come out the same again.
pub fn is_reproducible(name: &str) -> bool {
    reproducible().any(|known| known == name)
}

/// What every run leaves for programs to read, though no manifest lists it.
pub(crate) fn varying() -> impl Iterator<Item = &'static str> {
    of_kind(Kind::Varying)
}

/// Every picture that a run may leave, with its folder, and the page.
pub(crate) fn shown() -> impl Iterator<Item = &'static str> {
    of_kind(Kind::Shown)
}

/// The files of the picture of this name.
///
/// # Panics
/// If there is no such picture.
pub(crate) fn picture_files(picture: &str) -> [&'static str; 2] {
    ["png", "svg"].map(|ending| {
        let name = format!("{PICTURES}/{picture}.{ending}");
        shown().find(|known| *known == name).expect("every picture that is drawn stands in the list of a run's files")
    })
}

/// Everything that a run may leave, beside its manifest.
pub fn left() -> impl Iterator<Item = &'static str> {
    all().map(|(name, _)| name)
}

/// Everything that a run makes in its folder of what is unfinished, but the lock.
pub fn made() -> impl Iterator<Item = &'static str> {
    left().chain([MANIFEST, PUBLISHING]).chain(CHECKPOINTS).chain([CHECKPOINT_NEW])
}
