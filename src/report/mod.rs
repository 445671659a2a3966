//! Leaves a run behind: logs while it runs, the model and the manifest at its end. Computes no results.

mod comparison;
mod decisions;
pub mod expected_loss;
mod longer;
mod opener;
mod outcome;
pub mod page;
pub mod pictures;
mod redraw;
mod resumable;
mod secure;
mod tables;
mod terminal;
#[cfg(all(test, unix))]
mod tests;
mod totals;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;

pub use comparison::Comparison;
pub use longer::Origin;
pub use outcome::Outcome;
pub use redraw::{Pictures, redraw};
pub use tables::partition_table;
pub use terminal::{Progress, Summary, Verbosity, show_work, table};

use opener::Opener;
use tables::Logs;

use crate::data::Federation;
use crate::diag::Error;
use crate::federation::{self, FinalModel, History, Prepared, RoundRecord, Standing};
use crate::logs::{Finished, Run, Sizes, performance_summary, preprocess};
use crate::models::Columns;
use crate::numeric::Params;
use crate::numeric::digest::Hash;
use crate::runs::checkpoint::{Checkpoint, LogState, Resumable, impossible};
use crate::runs::files::{MANIFEST, METRICS, SCENARIO};
use crate::runs::place::{check_free, check_no_checkpoint, check_places, clear};
use crate::runs::{ComparisonTerms, Inputs, Manifest, OutputFile, Saved, Workspace};
use crate::scenario::Plan;

/// How a run comes into a folder that may not be empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beginning {
    /// It replaces the same run, and nothing else.
    Careful,
    /// It replaces whatever a run leaves.
    Forced,
    /// It goes on from the last checkpoint, and begins like a careful one where there is none.
    Resumed,
}

/// A run's folder, being filled. Nothing stands under its final name before [`Report::finish`].
#[derive(Debug)]
pub struct Report<'a> {
    plan: &'a Plan,
    prepared: &'a Prepared,
    federation: &'a Federation,
    identity: Hash,
    logs: Logs<'a>,
    /// The tables of a comparison, if there is one.
    comparison: Vec<OutputFile>,
    /// What that comparison was asked for.
    terms: Option<ComparisonTerms>,
    pictures: Pictures,
    /// What one of more rounds can go on from; `None` before the last round.
    kept: Option<OutputFile>,
    /// Dropped after the files in it.
    workspace: Workspace,
}

/// What a run finds in its folder.
#[derive(Debug)]
pub enum Opened<'a> {
    /// A place to begin.
    Anew(Report<'a>),
    /// A run that died, to be gone on with.
    From(Report<'a>, Box<Resumed>),
    /// The same run, finished: there is nothing to resume.
    Finished,
}

/// What a run goes on from.
#[derive(Debug)]
pub struct Resumed {
    /// Where the rounds stand.
    pub standing: Standing,
    /// What the command had gathered.
    pub gathered: Value,
    /// Which checkpoint this is.
    pub origin: Origin,
    /// The checkpoint's own path, for messages.
    path: PathBuf,
}

impl Opened<'_> {
    /// The same, with what one of more rounds can go on from.
    fn keeping(self, kept: Option<OutputFile>) -> Self {
        match self {
            Self::From(report, resumed) => Self::From(Report { kept, ..report }, resumed),
            other => other,
        }
    }
}

impl Resumed {
    /// The mistake that what the command had gathered is what no run gathers.
    pub fn impossible(&self, what: &str) -> Error {
        impossible(&self.path, what)
    }
}

impl<'a> Report<'a> {
    /// Makes the folder and opens the logs in it.
    ///
    /// # Errors
    /// When the folder can't be written, another process writes to it, or `beginning` refuses what it holds: a finished run
    /// of another scenario, one that may be resumed, or files of a run's names that no run is known to have left.
    pub fn open(plan: &'a Plan, prepared: &'a Prepared, folder: &Path, beginning: Beginning) -> Result<Opened<'a>, Error> {
        let inputs = Inputs { plan, data: &prepared.federation.sha256 };
        let mut workspace = Workspace::open(folder)?;
        check_places(&workspace)?;
        let is_finished = workspace.run().has(MANIFEST);
        if is_finished && workspace.is_publishing() {
            // Its process died with nothing left to do but this.
            workspace.clear()?;
        }
        match beginning {
            Beginning::Forced => {}
            Beginning::Careful => {
                check_no_checkpoint(&workspace, &Sizes::planned(plan, prepared))?;
                check_free(&workspace, &inputs)?;
            }
            Beginning::Resumed => {
                let sizes = Sizes::planned(plan, prepared);
                let check = |found: &Checkpoint| resumable::check(found, plan, prepared, &sizes);
                let found = Checkpoint::find(&workspace, &inputs, &sizes, check)?;
                if let Resumable::Whole { checkpoint, is_older } = found {
                    let kept = longer::kept(&workspace, &inputs, &sizes, &checkpoint)?;
                    let origin = if is_older { Origin::Before } else { Origin::Last };
                    return Self::go_on(plan, prepared, workspace, *checkpoint, origin).map(|opened| opened.keeping(kept));
                }
                if is_finished && let Some(checkpoint) = Checkpoint::of_shorter(&workspace, &inputs, &sizes, check)? {
                    workspace.clear()?;
                    longer::bring_logs(&workspace, &checkpoint.logs, &sizes)?;
                    return Self::go_on(plan, prepared, workspace, checkpoint, Origin::Shorter);
                }
                check_free(&workspace, &inputs)?;
                if is_finished && matches!(found, Resumable::Nothing) {
                    return Ok(Opened::Finished);
                }
            }
        }
        if workspace.is_publishing() {
            // What has its final name already would be taken for files that no run left, should this run die too.
            clear(workspace.run(), &[])?;
        }
        workspace.clear()?;
        let logs = Logs::open(&Opener::new(plan, &prepared.federation, &workspace, None), Run { plan, prepared })?;
        Ok(Opened::Anew(Self::of(plan, prepared, logs, workspace)))
    }

    fn go_on(
        plan: &'a Plan,
        prepared: &'a Prepared,
        workspace: Workspace,
        checkpoint: Checkpoint,
        origin: Origin,
    ) -> Result<Opened<'a>, Error> {
        let Checkpoint { standing, logs, gathered, .. } = checkpoint;
        let path = longer::path_of(&workspace, origin);
        let logs = Logs::open(&Opener::new(plan, &prepared.federation, &workspace, Some(logs)), Run { plan, prepared })?;
        Ok(Opened::From(Self::of(plan, prepared, logs, workspace), Box::new(Resumed { standing, gathered, origin, path })))
    }

    fn of(plan: &'a Plan, prepared: &'a Prepared, logs: Logs<'a>, workspace: Workspace) -> Self {
        let federation = &prepared.federation;
        let identity = plan.identity(&federation.sha256);
        let (comparison, terms, pictures) = (Vec::new(), None, Pictures::Draw);
        Self { plan, prepared, federation, identity, logs, comparison, terms, pictures, kept: None, workspace }
    }

    /// The same report, with pictures or without.
    #[must_use]
    pub fn with_pictures(self, pictures: Pictures) -> Self {
        Self { pictures, ..self }
    }

    /// Logs one round.
    ///
    /// # Errors
    /// When the log can't be written.
    pub fn round(&mut self, record: &RoundRecord) -> Result<(), Error> {
        self.logs.round(record)
    }

    /// Brings everything so far to the disk, so that a run may go on from here whatever becomes of this process; `gathered`
    /// is what the command will need.
    ///
    /// # Errors
    /// When it can't be written; the checkpoint before it then stands.
    pub fn checkpoint(&mut self, standing: &Standing, gathered: Value) -> Result<(), Error> {
        if !self.workspace.folder().has(SCENARIO) {
            // Whoever goes on from here with another scenario is told in what that differs.
            scenario_file(self.plan, &self.workspace)?;
        }
        let logs = self.logs.mark()?;
        self.stand(self.identity, standing, logs, gathered).write(&self.workspace)?;
        self.workspace.keep();
        Ok(())
    }

    /// Keeps everything so far for the finished run's folder, so that one of more rounds may go on from here.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn keep_for_more_rounds(&mut self, standing: &Standing, gathered: Value) -> Result<(), Error> {
        let identity = self.plan.identity_of_any_length(&self.federation.sha256);
        let logs = self.logs.here()?;
        self.kept = Some(self.stand(identity, standing, logs, gathered).keep(&self.workspace)?);
        Ok(())
    }

    fn stand(&self, identity: Hash, standing: &Standing, logs: LogState, gathered: Value) -> Checkpoint {
        let (fedsim, data_sha256) = (env!("CARGO_PKG_VERSION").to_owned(), self.federation.sha256.hex());
        Checkpoint { fedsim, identity: identity.hex(), data_sha256, standing: standing.clone(), logs, gathered }
    }

    /// Adds the tables of a comparison.
    ///
    /// # Errors
    /// When they can't be written.
    pub fn compare(&mut self, comparison: &Comparison<'_>) -> Result<(), Error> {
        self.comparison = comparison.files(&self.workspace)?;
        self.terms = Some(comparison.terms.clone());
        Ok(())
    }

    /// Writes what is known at the run's end, puts every file under its final name, the manifest last, and tells what the run came
    /// to. Only then are the pictures and the page made, of the files that there are now.
    ///
    /// # Errors
    /// When a file can't be written. Where that is a picture or the page, the run is finished nevertheless.
    pub fn finish(self, history: &History) -> Result<Outcome, Error> {
        let Self { plan, prepared, federation, identity, logs, comparison, terms, pictures, kept, mut workspace } = self;
        let last = FinalModel::of(plan, federation, &history.standing)?;
        let mut files = logs.into_files(&workspace)?;
        files.extend(comparison);
        files.extend(kept);
        files.extend(model_files(plan, federation, &last.params, &workspace)?);
        let finished = Finished { run: Run { plan, prepared }, standing: &history.standing, last: &last };
        let outcome = Outcome::of(&finished, &identity, history);
        files.extend(tables::at_end(&workspace, &finished)?);
        files.push(workspace.whole_file(METRICS, outcome.to_json().as_bytes())?);
        for file in &mut files {
            file.complete()?;
        }
        files.push(performance(&Saved::unpublished(&workspace, files.iter()), federation, history, &workspace)?);
        let manifest = Manifest { comparison: terms, ..Manifest::new(plan, federation, history, &identity, &files) };
        let manifest_file = workspace.whole_file(MANIFEST, manifest.to_json().as_bytes())?;
        workspace.publish()?;
        clear(workspace.run(), &files)?;
        files.into_iter().try_for_each(OutputFile::publish)?;
        manifest_file.publish()?;
        let (run, sizes) = (Arc::clone(workspace.run()), Sizes::of(&manifest));
        workspace.finish()?;
        redraw::show(&run, &sizes, pictures).map_err(|error| redraw::not_shown(&run, error))?;
        Ok(outcome)
    }

    /// Leaves the last good model of a run that diverged, and the logs up to it, in the folder of what is not finished. To
    /// go on from there would only diverge again.
    ///
    /// # Errors
    /// When a file can't be written.
    pub fn keep_last_good(mut self, standing: &Standing) -> Result<PathBuf, Error> {
        self.logs.mark()?;
        for mut file in model_files(self.plan, self.federation, standing.state.params(), &self.workspace)? {
            file.complete()?;
        }
        Checkpoint::remove_all(&self.workspace)?;
        self.workspace.keep();
        Ok(self.workspace.folder().path().to_owned())
    }
}

/// The model, (params,), and what scoring rows with it needs.
fn model_files(plan: &Plan, federation: &Federation, params: &Params, workspace: &Workspace) -> Result<[OutputFile; 3], Error> {
    let columns = Columns { features: &federation.transform.names(), classes: &federation.classes };
    let names = federation::names_of(plan, &columns, params.as_slice());
    let model = tables::of_parameters(workspace, names, params.as_slice())?;
    let preprocess = workspace.whole_file(preprocess::LOG.name, federation.transform.to_csv().as_bytes())?;
    Ok([model, preprocess, scenario_file(plan, workspace)?])
}

fn scenario_file(plan: &Plan, workspace: &Workspace) -> Result<OutputFile, Error> {
    workspace.whole_file(SCENARIO, plan.to_toml(workspace.run().path()).as_bytes())
}

/// `performance_summary.csv`, from the logs.
fn performance(saved: &Saved, federation: &Federation, history: &History, workspace: &Workspace) -> Result<OutputFile, Error> {
    let figures = totals::performance_summary(saved, federation.client_count(), history.standing.seconds)?;
    let rows = figures.into_iter().map(|(metric, value)| [metric.to_owned(), value]);
    let mut file = tables::whole(workspace, &performance_summary::LOG, &[], rows)?;
    file.complete()?;
    Ok(file)
}
