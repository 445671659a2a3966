//! Leaves a run behind: logs while it runs, the model and the manifest at its end. Computes no results.

mod manifest;
mod output;
pub mod plots;
mod progress;
mod saved;
mod secure;
mod summary;
mod tables;

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

pub use manifest::Manifest;
pub use output::{OutputFile, OutputTable, abandon};
pub use progress::{Progress, Verbosity};
pub use saved::{Cell, Saved};
pub use summary::{Summary, table};
use tables::Logs;
pub use tables::partition_table;

use crate::data::Federation;
use crate::diag::{Error, Problem};
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

/// A folder that did not exist before; taken away again if nothing came into it.
#[derive(Debug)]
struct NewFolder(PathBuf);

impl Drop for NewFolder {
    fn drop(&mut self) {
        // This fails, as it should, if the folder is not empty.
        let _ = fs::remove_dir(&self.0);
    }
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
        let new_folder = (!folder.exists()).then(|| NewFolder(folder.to_owned()));
        fs::create_dir_all(folder).map_err(|cause| Error::file("make the folder", folder, &cause))?;
        files().chain([manifest::FILE]).for_each(|name| output::sweep(&folder.join(name)));
        let logs = Logs::create(folder, plan, &prepared.statistics)?;
        Ok(Self { plan, federation, folder: folder.to_owned(), identity, logs, pictures: Pictures::Draw, _folder: new_folder })
    }

    /// The same report, with pictures or without.
    ///
    /// # Errors
    /// When there are to be pictures, and their folder can't be made.
    pub fn with_pictures(self, pictures: Pictures) -> Result<Self, Error> {
        let plots = self.folder.join(plots::FOLDER);
        if pictures == Pictures::Draw && plots.exists() && !plots.is_dir() {
            let message = format!("{} is to be the pictures' folder, but is a file", plots.display());
            return Err(Problem::new(message).help("take it away, name another folder with --out, or give --no-plots").into());
        }
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
        files.push(model_table.into_file()?);
        let labels = (0..self.federation.clients.len()).map(|client| self.federation.client(client).1.to_vec());
        files.push(partition_table(&self.folder.join("partition.csv"), labels)?);
        files.push(whole_file(&self.folder.join("preprocess.csv"), &self.federation.transform.to_csv())?);
        files.push(whole_file(&self.folder.join(SCENARIO), &self.plan.to_toml(&self.folder))?);
        for file in &mut files {
            file.complete()?;
        }
        let manifest = Manifest::new(self.plan, self.federation, history, &self.identity, &files);
        let mut manifest_file = whole_file(&self.folder.join(manifest::FILE), &manifest.to_json())?;
        manifest_file.complete()?;
        let pictures;
        (_plots_folder, pictures) = match self.pictures {
            Pictures::Draw => {
                let drawn = plots::draw_all(&Saved::unpublished(&self.folder, files.iter()))?;
                plots::unpublished(&self.folder, &drawn)?
            }
            Pictures::Skip => (None, Vec::new()),
        };
        files.extend(pictures);
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

/// Wants a folder in which a run replaces nothing but the same run, or one that was interrupted.
fn check_free(folder: &Path, identity: &Hash) -> Result<(), Error> {
    let existing = folder.join(manifest::FILE);
    if existing.exists() {
        if Manifest::identity_in(&existing).as_deref() == Some(&identity.hex()) {
            return Ok(());
        }
        let message = format!("{} holds a finished run of another scenario, data set or version", folder.display());
        return Err(Problem::new(message).help("name another folder with --out, or replace that run with --force").into());
    }
    if is_interrupted_run(folder) {
        return Ok(());
    }
    let foreign: Vec<&str> = files().filter(|name| folder.join(name).symlink_metadata().is_ok()).collect();
    if foreign.is_empty() {
        return Ok(());
    }
    let message = format!("{} is no run's folder, but holds what a run would replace: {}", folder.display(), foreign.join(", "));
    Err(Problem::new(message).help("name another folder with --out, or give these files up with --force").into())
}

/// The first line of an interrupted run's scenario, by which a folder without a manifest is known to be a run's.
const INTERRUPTED: &str = "# Of a run of fedsim that was interrupted: the next run into this folder replaces it.";

fn is_interrupted_run(folder: &Path) -> bool {
    let scenario = fs::read_to_string(folder.join(SCENARIO)).unwrap_or_default();
    scenario.lines().next() == Some(INTERRUPTED) && folder.join("round_log.csv").is_file()
}

fn whole_file(path: &Path, content: &str) -> Result<OutputFile, Error> {
    let mut file = OutputFile::create(path)?;
    file.text(content)?;
    Ok(file)
}

/// The name of the scenario's copy.
const SCENARIO: &str = "scenario.toml";

/// Everything that a run may leave, beside its manifest.
fn files() -> impl Iterator<Item = &'static str> {
    TABLES.into_iter().chain(plots::FILES)
}

/// The files of a run that are no pictures.
const TABLES: [&str; 12] = [
    "client_metrics.csv",
    "client_perf.csv",
    "metrics_log.csv",
    "model.csv",
    "partition.csv",
    "perf_log.csv",
    "performance_summary.csv",
    "preprocess.csv",
    "round_log.csv",
    "secagg_log.csv",
    "secagg_summary.csv",
    SCENARIO,
];

/// Takes away a former run's manifest, and those of its files that `coming` does not replace: no mixture of two runs can
/// be taken for one.
fn clear(folder: &Path, coming: &[OutputFile]) -> Result<(), Error> {
    let stale = files().filter(|name| !coming.iter().any(|file| file.path() == folder.join(name)));
    for name in std::iter::once(manifest::FILE).chain(stale) {
        // Of a symbolic link the file is removed, not the link: what is coming goes the same way.
        let path = folder.join(name);
        let path = path.canonicalize().unwrap_or(path);
        match fs::remove_file(&path) {
            Ok(()) => {}
            Err(cause) if matches!(cause.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {}
            Err(cause) => return Err(Error::file("replace", &path, &cause)),
        }
    }
    // This fails, as it should, if something else lies there.
    let _ = fs::remove_dir(folder.join(plots::FOLDER));
    Ok(())
}
