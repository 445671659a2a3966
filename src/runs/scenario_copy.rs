//! The scenario that a finished run lies beside: its paths are relative to the run's folder.

use std::path::PathBuf;

use super::files::SCENARIO;
use super::folder::Folder;
use crate::diag::{Error, Problem};
use crate::scenario::{self, Plan};
use crate::settings::Source;

/// The text of a run's scenario.
#[derive(Clone, Debug)]
pub struct ScenarioCopy {
    source: Source,
    folder: PathBuf,
}

impl ScenarioCopy {
    /// Reads it.
    ///
    /// # Errors
    /// When it can't be read, or is longer than any scenario.
    pub fn read(folder: &Folder) -> Result<Self, Error> {
        let path = folder.path_of(SCENARIO);
        let failed = |cause| folder.error("read the scenario", SCENARIO, &cause);
        let bytes = folder.read(SCENARIO, scenario::MEBIBYTES_MAX << 20).map_err(failed)?;
        let text = String::from_utf8(bytes)
            .map_err(|_| Problem::new(format!("the scenario {} is not UTF-8", path.display())).help("bring the run's own back"))?;
        Ok(Self { source: Source::new(&path.display().to_string(), &text), folder: folder.path().to_owned() })
    }

    /// What it plans, each of `overrides` laid over it.
    ///
    /// # Errors
    /// All mistakes in it.
    pub fn plan(&self, overrides: &[Source]) -> Result<Plan, Error> {
        scenario::parse(&self.source, &self.folder, overrides)
    }
}
