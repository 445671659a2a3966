//! `fedsim run`: from a scenario to a model, its logs and its manifest.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::process;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::Args;

use super::{ScenarioArgs, print};
use crate::diag::Error;
use crate::federation;
use crate::numeric::reduce;
use crate::report::{Overwrite, Progress, Report, Summary, Verbosity};
use crate::scenario::{self, Plan};

/// Run a scenario: train the clients, aggregate, and leave model, logs and manifest behind
#[derive(Args, Debug)]
#[command(after_help = "Example: fedsim run scenarios/fraud.toml --set training.learning_rate=0.05 --out outputs/slower")]
pub struct Run {
    #[command(flatten)]
    scenario: ScenarioArgs,
    /// The folder for the results [default: outputs/NAME]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Worker threads; the results don't depend on it [default: one per core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Print errors only
    #[arg(long, short)]
    quiet: bool,
    /// Replace a finished run of another scenario
    #[arg(long)]
    force: bool,
}

/// Set by Ctrl-C: the run ends with the round it is in.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

impl Run {
    pub(super) fn execute(&self) -> Result<(), Error> {
        let plan = scenario::load(&self.scenario.scenario, &self.scenario.overrides())?;
        // Without a handler Ctrl-C would still end the process, only less tidily.
        let _ = ctrlc::set_handler(|| {
            if INTERRUPTED.swap(true, Ordering::SeqCst) {
                process::exit(130);
            }
        });
        reduce::with_threads(self.threads.map(usize::from), || self.run(&plan))?
    }

    fn run(&self, plan: &Plan) -> Result<(), Error> {
        let verbosity = if self.quiet { Verbosity::Quiet } else { Verbosity::Normal };
        let overwrite = if self.force { Overwrite::Allow } else { Overwrite::Refuse };
        let folder = self.out.clone().unwrap_or_else(|| PathBuf::from("outputs").join(&plan.name));
        let prepared = federation::prepare(plan)?;
        let mut report = Report::create(plan, &prepared, &folder, overwrite)?;
        let progress = Progress::start(plan.rounds, verbosity);
        let mut summary = Summary::default();
        let history = federation::run(plan, &prepared, &mut |record| {
            report.round(record)?;
            summary.round(record);
            progress.round(record);
            Ok(if INTERRUPTED.load(Ordering::SeqCst) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        });
        progress.end();
        let history = history?;
        if history.rounds < plan.rounds {
            report.interrupt(&history)?;
            let message =
                format!("interrupted after round {} of {}; the logs so far are in {}", history.rounds, plan.rounds, folder.display());
            return Err(Error::Interrupted(message));
        }
        report.finish(&history)?;
        match verbosity {
            Verbosity::Quiet => Ok(()),
            Verbosity::Normal => print(&summary.render(plan, &prepared.federation, &history, &folder)),
        }
    }
}
