//! `fedsim run`: from a scenario to a model, its logs and its manifest.

use std::ops::ControlFlow;
use std::path::PathBuf;

use clap::Args;

use super::{ScenarioArgs, interrupt, print};
use crate::diag::Error;
use crate::federation::{self, History, Prepared, RoundRecord};
use crate::numeric::reduce;
use crate::report::{Overwrite, Pictures, Progress, Remains, Report, Summary, Verbosity};
use crate::scenario::{self, Plan};

/// Run a scenario: train the clients, aggregate, and leave model, logs and manifest behind
#[derive(Args, Debug)]
#[command(after_help = "Example: fedsim run scenarios/fraud.toml --set training.learning_rate=0.05 --out outputs/slower")]
pub struct Run {
    #[command(flatten)]
    run: RunArgs,
}

/// What every run takes.
#[derive(Args, Debug)]
pub(super) struct RunArgs {
    #[command(flatten)]
    pub scenario: ScenarioArgs,
    /// The folder for the results [default: outputs/NAME]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Worker threads; the results don't depend on it [default: one per core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Print errors only
    #[arg(long, short)]
    quiet: bool,
    /// Draw no pictures
    #[arg(long)]
    no_plots: bool,
    /// Replace a finished run of another scenario, or files that no run left there
    #[arg(long)]
    force: bool,
    /// Whether to close with the results in words on stdout.
    #[arg(skip)]
    closing: Closing,
}

impl Run {
    pub(super) fn execute(&self) -> Result<(), Error> {
        self.run.with_plan(|plan| self.run(plan))
    }

    fn run(&self, plan: &Plan) -> Result<(), Error> {
        let folder = self.run.folder(plan);
        let progress = self.run.progress(plan);
        let prepared = federation::prepare(plan)?;
        let mut report = self.run.report(plan, &prepared)?;
        let mut summary = Summary::default();
        let history = self.run.rounds(plan, &prepared, &mut report, &progress, &mut |record| summary.round(record))?;
        if history.rounds < plan.rounds {
            let when = format!("after round {} of {}", history.rounds, plan.rounds);
            return Err(interrupted(report, &history, &when));
        }
        report.finish(&history)?;
        match self.run.closing_verbosity() {
            Verbosity::Quiet => Ok(()),
            Verbosity::Normal => print(&summary.render(plan, &prepared.federation, &history, &folder)),
        }
    }
}

impl RunArgs {
    /// Does `work` with the plan, on as many threads as were asked for.
    pub(super) fn with_plan(&self, work: impl FnOnce(&Plan) -> Result<(), Error> + Send) -> Result<(), Error> {
        let plan = scenario::load(&self.scenario.scenario, &self.scenario.overrides())?;
        reduce::with_threads(self.threads.map(usize::from), || work(&plan))?
    }

    pub(super) fn verbosity(&self) -> Verbosity {
        if self.quiet { Verbosity::Quiet } else { Verbosity::Normal }
    }

    /// Begins to tell of the run's reading and rounds.
    pub(super) fn progress(&self, plan: &Plan) -> Progress {
        Progress::start(plan.rounds, self.verbosity())
    }

    /// Where the results go.
    pub(super) fn folder(&self, plan: &Plan) -> PathBuf {
        self.out.clone().unwrap_or_else(|| PathBuf::from("outputs").join(&plan.name))
    }

    /// Opens the run's report.
    pub(super) fn report<'a>(&self, plan: &'a Plan, prepared: &'a Prepared) -> Result<Report<'a>, Error> {
        let overwrite = if self.force { Overwrite::Allow } else { Overwrite::Refuse };
        let pictures = if self.no_plots { Pictures::Skip } else { Pictures::Draw };
        Report::create(plan, prepared, &self.folder(plan), overwrite)?.with_pictures(pictures)
    }

    /// Runs all rounds, or until a signal waits, and logs them; `hear` hears of each.
    pub(super) fn rounds(
        &self,
        plan: &Plan,
        prepared: &Prepared,
        report: &mut Report<'_>,
        progress: &Progress,
        hear: &mut dyn FnMut(&RoundRecord),
    ) -> Result<History, Error> {
        interrupt::wait_for_the_round();
        let history = federation::run(plan, prepared, &mut |record| {
            report.round(record)?;
            hear(record);
            progress.round(record);
            Ok(if interrupt::is_wanted() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        });
        progress.end();
        history
    }
}

/// Ends a run that was interrupted at a time that `when` tells: its logs so far stay.
pub(super) fn interrupted(report: Report<'_>, history: &History, when: &str) -> Error {
    let folder = report.folder().display().to_string();
    match report.interrupt(history) {
        Ok(Remains::Logs) => Error::Interrupted(format!("interrupted {when}; the logs so far are in {folder}")),
        Ok(Remains::FormerRun) => Error::Interrupted(format!("interrupted {when}; the finished run in {folder} was left as it was")),
        Err(error) => error,
    }
}

/// Whether a run closes with its results in words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Closing {
    /// As far as its verbosity has it.
    #[default]
    Tell,
    /// It does not: stdout is for what is made of the run.
    KeepQuiet,
}

impl RunArgs {
    /// Of a run of `scenario` into the folder `out` that another command makes for its own purpose: without pictures, and
    /// with nothing on stdout.
    pub(super) fn inner(scenario: PathBuf, out: PathBuf, threads: Option<u16>, verbosity: Verbosity) -> Self {
        let scenario = ScenarioArgs { scenario, seed: None, overrides: Vec::new() };
        let quiet = verbosity == Verbosity::Quiet;
        Self { scenario, out: Some(out), threads, quiet, no_plots: true, force: false, closing: Closing::KeepQuiet }
    }

    /// How much to tell on stdout in the end.
    pub(super) fn closing_verbosity(&self) -> Verbosity {
        if self.closing == Closing::KeepQuiet { Verbosity::Quiet } else { self.verbosity() }
    }
}

impl Run {
    /// The run that these arguments ask for.
    pub(super) fn new(run: RunArgs) -> Self {
        Self { run }
    }
}
