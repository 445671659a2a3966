//! A run's folder: whole-or-nothing files, the workspace they are made in, the checkpoint, the manifest, and reading back.

pub(crate) mod checkpoint;
pub(crate) mod disk;
pub(crate) mod folder;
pub(crate) mod manifest;
mod output;
mod saved;
mod temporary;
mod unpublished;
pub(crate) mod workspace;

pub use folder::{PAGE, REPRODUCIBLE, SCENARIO};
pub use manifest::{ComparisonTerms, Manifest};
pub use output::{OutputFile, OutputTable};
pub use saved::{Cell, Saved};
pub use temporary::TemporaryFolder;
pub use unpublished::abandon;
pub(crate) use workspace::Workspace;
