//! A run's folder: whole-or-nothing files, the workspace they are made in, the checkpoint, the manifest, and reading back.

mod bounded;
pub(crate) mod checkpoint;
pub(crate) mod disk;
pub(crate) mod files;
mod folder;
mod found;
pub(crate) mod imported;
mod inputs;
mod keys;
pub(crate) mod manifest;
mod new_folder;
mod output;
mod partial;
pub(crate) mod place;
mod predictor;
mod saved;
mod scenario_copy;
mod sizes;
mod temporary;
mod unpublished;
pub(crate) mod workspace;

pub use bounded::{BoundedFile, Rows};
pub use files::{PAGE, SCENARIO, is_reproducible, left, made, reproducible};
pub use folder::Folder;
pub use found::Found;
pub(crate) use inputs::Inputs;
pub use keys::{Keys, key_differences, keys};
pub use manifest::{ComparisonTerms, Manifest};
pub(crate) use output::Mark;
pub use output::{OutputFile, OutputTable};
pub use predictor::Predictor;
pub use saved::{Cell, Saved};
pub use scenario_copy::ScenarioCopy;
pub use temporary::TemporaryFolder;
pub use unpublished::abandon;
pub(crate) use workspace::Workspace;
