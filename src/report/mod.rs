//! Leaves a run behind: logs while it runs, the model and the manifest at its end. Computes no results.

mod manifest;
mod output;
mod progress;
mod secure;
mod summary;
mod tables;

use std::fs;
use std::path::{Path, PathBuf};

pub use manifest::Manifest;
pub use output::{OutputFile, OutputTable};
pub use progress::{Progress, Verbosity};
pub use summary::{Summary, table};
use tables::Logs;
pub use tables::partition_table;

use crate::data::Federation;
use crate::diag::{Error, Problem};
use crate::federation::{self, History, Prepared, RoundRecord};
use crate::numeric::digest::Hash;
use crate::numeric::text::shortest;
use crate::scenario::Plan;

/// What to do with a finished run of another scenario in the same folder.
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
    /// Dropped after the logs, whose partial files lie in it.
    _folder: Option<NewFolder>,
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
    /// When the folder can't be written, or holds a finished run of another scenario and `overwrite` refuses.
    pub fn create(plan: &'a Plan, prepared: &'a Prepared, folder: &Path, overwrite: Overwrite) -> Result<Self, Error> {
        let federation = &prepared.federation;
        let identity = plan.identity(&federation.sha256);
        let existing = folder.join(manifest::FILE);
        if overwrite == Overwrite::Refuse && existing.exists() && Manifest::identity_in(&existing).as_deref() != Some(&identity.hex()) {
            let message = format!("{} holds a finished run of another scenario, data set or version", folder.display());
            return Err(Problem::new(message).help("name another folder with --out, or replace that run with --force").into());
        }
        let new_folder = (!folder.exists()).then(|| NewFolder(folder.to_owned()));
        fs::create_dir_all(folder).map_err(|cause| Error::file("make the folder", folder, &cause))?;
        let logs = Logs::create(folder, plan, &prepared.statistics)?;
        Ok(Self { plan, federation, folder: folder.to_owned(), identity, logs, _folder: new_folder })
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
        let whole = [("preprocess.csv", self.federation.transform.to_csv()), ("scenario.toml", self.plan.to_toml(&self.folder))];
        for (name, content) in whole {
            let mut file = OutputFile::create(&self.folder.join(name))?;
            file.text(&content)?;
            files.push(file);
        }
        for file in &mut files {
            file.complete()?;
        }
        let manifest = Manifest::new(self.plan, self.federation, history, &self.identity, &files);
        let mut manifest_file = OutputFile::create(&self.folder.join(manifest::FILE))?;
        manifest_file.text(&manifest.to_json())?;
        manifest_file.complete()?;
        clear(&self.folder, &files)?;
        for file in files {
            file.publish()?;
        }
        manifest_file.publish()
    }

    /// Puts the logs of the rounds so far under their final names, without a manifest: the run is not finished.
    ///
    /// # Errors
    /// When a file can't be written.
    pub fn interrupt(self, history: &History) -> Result<(), Error> {
        let mut files = self.logs.into_files(history)?;
        for file in &mut files {
            file.complete()?;
        }
        clear(&self.folder, &files)?;
        files.into_iter().try_for_each(OutputFile::publish)
    }
}

/// Everything that a run may leave, beside its manifest.
const FILES: [&str; 11] = [
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
];

/// Takes away a former run's manifest, and those of its files that `coming` does not replace: no mixture of two runs can
/// be taken for one.
fn clear(folder: &Path, coming: &[OutputFile]) -> Result<(), Error> {
    let stale = FILES.iter().filter(|name| !coming.iter().any(|file| file.name() == **name));
    for name in std::iter::once(&manifest::FILE).chain(stale) {
        let path = folder.join(name);
        match fs::remove_file(&path) {
            Err(cause) if cause.kind() != std::io::ErrorKind::NotFound => return Err(Error::file("replace", &path, &cause)),
            _ => {}
        }
    }
    Ok(())
}
