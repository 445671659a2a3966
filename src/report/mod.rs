//! Leaves a run behind: logs while it runs, the model and the manifest at its end. Computes no results.

mod comparison;
mod folder;
pub mod html;
mod manifest;
mod output;
pub mod plots;
mod progress;
mod saved;
mod secure;
mod shown;
mod summary;
mod tables;
mod temporary;
mod trail;

use std::path::{Path, PathBuf};

pub use comparison::Comparison;
use folder::{INTERRUPTED, NewFolder, check_free, check_shown, check_tables, clear};
pub use folder::{REPRODUCIBLE, SCENARIO};
pub use manifest::{ComparisonTerms, Manifest};
pub use output::{OutputFile, OutputTable, abandon};
pub use progress::{Progress, Verbosity};
pub use saved::{Cell, Saved};
pub use shown::redraw;
pub use summary::{Summary, table};
use tables::Logs;
pub use tables::{PARTITION_COLUMNS, Share, partition_table};
pub use temporary::TemporaryFolder;

use crate::data::Federation;
use crate::diag::Error;
use crate::federation::{self, History, Prepared, RoundRecord};
use crate::numeric::digest::Hash;
use crate::numeric::text::shortest;
use crate::scenario::Plan;

/// What to do with a finished run of another scenario, or with files of unknown origin, in the same folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overwrite {
    /// Leave it and stop.
    Refuse,
    /// Put the new run in its place.
    Allow,
}

/// A run's folder, being filled. Nothing stands under its final name before [`Report::finish`] or
/// [`Report::interrupt`].
#[derive(Debug)]
pub struct Report<'a> {
    plan: &'a Plan,
    federation: &'a Federation,
    folder: PathBuf,
    identity: Hash,
    logs: Logs,
    /// The tables of a comparison, if there is one.
    comparison: Vec<OutputFile>,
    /// What that comparison was asked for.
    terms: Option<ComparisonTerms>,
    pictures: Pictures,
    /// Dropped after the logs, whose partial files lie in it.
    _folder: Option<NewFolder>,
}

/// What stands in the folder of a run that was interrupted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remains {
    /// The logs of its rounds so far.
    Logs,
    /// A former run that was finished, untouched.
    FormerRun,
}

/// Whether a run leaves pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pictures {
    /// All that its files have data for.
    Draw,
    /// None.
    Skip,
}

impl<'a> Report<'a> {
    /// Makes the folder and opens the logs in it.
    ///
    /// # Errors
    /// When the folder can't be written, or `overwrite` refuses and the folder holds a finished run of another scenario, or
    /// files of a run's names that no run is known to have left.
    pub fn create(plan: &'a Plan, prepared: &'a Prepared, folder: &Path, overwrite: Overwrite) -> Result<Self, Error> {
        let federation = &prepared.federation;
        let identity = plan.identity(&federation.sha256);
        if overwrite == Overwrite::Refuse {
            check_free(folder, &identity)?;
        }
        let new_folder = NewFolder::make(folder)?;
        folder::files().chain([manifest::FILE]).for_each(|name| output::sweep(&folder.join(name)));
        check_tables(folder)?;
        let logs = Logs::create(folder, plan, prepared)?;
        let (folder, pictures) = (folder.to_owned(), Pictures::Draw);
        Ok(Self { plan, federation, folder, identity, logs, comparison: Vec::new(), terms: None, pictures, _folder: new_folder })
    }

    /// The same report, with pictures or without.
    ///
    /// # Errors
    /// When a file that the run is to leave can't be written where it belongs.
    pub fn with_pictures(self, pictures: Pictures) -> Result<Self, Error> {
        check_shown(&self.folder, pictures)?;
        Ok(Self { pictures, ..self })
    }

    /// The run's folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Logs one round.
    ///
    /// # Errors
    /// When the log can't be written.
    pub fn round(&mut self, record: &RoundRecord) -> Result<(), Error> {
        self.logs.round(record)
    }

    /// Adds the tables of a comparison.
    ///
    /// # Errors
    /// When they can't be written.
    pub fn compare(&mut self, comparison: &Comparison<'_>) -> Result<(), Error> {
        self.comparison = comparison.files(&self.folder)?;
        self.terms = Some(comparison.terms());
        Ok(())
    }

    /// Writes what is known at the run's end and puts every file under its final name, the manifest last.
    ///
    /// # Errors
    /// When a file can't be written.
    pub fn finish(self, history: &History) -> Result<(), Error> {
        // Declared first, and so dropped last, when the files in it are gone or published.
        let _plots_folder;
        let names: Vec<String> =
            federation::parameters(self.plan, &self.federation.transform.names()).into_iter().map(|parameter| parameter.name).collect();
        let model = names.iter().zip(history.state.params.as_slice()).map(|(name, value)| [name.clone(), shortest(*value)]);
        let mut model_table = OutputTable::create(&self.folder.join("model.csv"), &["name", "value"])?;
        for row in model {
            model_table.row(&row)?;
        }
        let mut files = self.logs.into_files(history)?;
        files.push(model_table.into_file());
        files.extend(self.comparison);
        let share = |client| {
            let (labels, held_out) = (self.federation.client(client).1, self.federation.held_out(client).1);
            Share::of(labels.iter().copied(), held_out.len())
        };
        files.push(partition_table(&self.folder.join("partition.csv"), (0..self.federation.clients.len()).map(share))?);
        files.push(whole_file(&self.folder.join("preprocess.csv"), &self.federation.transform.to_csv())?);
        files.push(whole_file(&self.folder.join(SCENARIO), &self.plan.to_toml(&self.folder))?);
        for file in &mut files {
            file.complete()?;
        }
        let manifest = Manifest::new(self.plan, self.federation, history, &self.identity, &files);
        let manifest = Manifest { comparison: self.terms, ..manifest };
        let mut manifest_file = whole_file(&self.folder.join(manifest::FILE), &manifest.to_json())?;
        manifest_file.complete()?;
        let saved = Saved::unpublished(&self.folder, files.iter().chain([&manifest_file]));
        let (plots_folder, shown) = shown::unpublished(&saved, self.pictures)?;
        _plots_folder = plots_folder;
        files.extend(shown);
        clear(&self.folder, &files)?;
        for file in files {
            file.publish()?;
        }
        manifest_file.publish()
    }

    /// Puts the scenario and the logs of the rounds so far under their final names, without a manifest: the run is not
    /// finished. A former run that was finished is worth more than these: then they are dropped, and it stays whole.
    ///
    /// # Errors
    /// When a file can't be written.
    pub fn interrupt(self, history: &History) -> Result<Remains, Error> {
        if self.folder.join(manifest::FILE).exists() {
            return Ok(Remains::FormerRun);
        }
        let mut files = self.logs.into_files(history)?;
        files.push(whole_file(&self.folder.join(SCENARIO), &format!("{INTERRUPTED}\n{}", self.plan.to_toml(&self.folder)))?);
        for file in &mut files {
            file.complete()?;
        }
        clear(&self.folder, &files)?;
        files.into_iter().try_for_each(OutputFile::publish)?;
        Ok(Remains::Logs)
    }
}

fn whole_file(path: &Path, content: &str) -> Result<OutputFile, Error> {
    let mut file = OutputFile::create(path)?;
    file.text(content)?;
    Ok(file)
}
