//! `fedsim run`: from a scenario to a model, its logs and its manifest.

use std::ops::ControlFlow;
use std::path::PathBuf;

use clap::Args;

use super::{ScenarioArgs, interrupt, print};
use crate::diag::Error;
use crate::federation;
use crate::numeric::reduce;
use crate::report::{Overwrite, Pictures, Progress, Remains, Report, Summary, Verbosity};
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
    /// Draw no pictures
    #[arg(long)]
    no_plots: bool,
    /// Replace a finished run of another scenario, or files that no run left there
    #[arg(long)]
    force: bool,
}

impl Run {
    pub(super) fn execute(&self) -> Result<(), Error> {
        let plan = scenario::load(&self.scenario.scenario, &self.scenario.overrides())?;
        reduce::with_threads(self.threads.map(usize::from), || self.run(&plan))?
    }

    fn run(&self, plan: &Plan) -> Result<(), Error> {
        let verbosity = if self.quiet { Verbosity::Quiet } else { Verbosity::Normal };
        let overwrite = if self.force { Overwrite::Allow } else { Overwrite::Refuse };
        let folder = self.out.clone().unwrap_or_else(|| PathBuf::from("outputs").join(&plan.name));
        let prepared = federation::prepare(plan)?;
        let pictures = if self.no_plots { Pictures::Skip } else { Pictures::Draw };
        let mut report = Report::create(plan, &prepared, &folder, overwrite)?.with_pictures(pictures)?;
        let progress = Progress::start(plan.rounds, verbosity);
        let mut summary = Summary::default();
        interrupt::wait_for_the_round();
        let history = federation::run(plan, &prepared, &mut |record| {
            report.round(record)?;
            summary.round(record);
            progress.round(record);
            Ok(if interrupt::is_wanted() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        });
        progress.end();
        let history = history?;
        if history.rounds < plan.rounds {
            let remains = match report.interrupt(&history)? {
                Remains::Logs => format!("the logs so far are in {}", folder.display()),
                Remains::FormerRun => format!("the finished run in {} was left as it was", folder.display()),
            };
            let message = format!("interrupted after round {} of {}; {remains}", history.rounds, plan.rounds);
            return Err(Error::Interrupted(message));
        }
        report.finish(&history)?;
        match verbosity {
            Verbosity::Quiet => Ok(()),
            Verbosity::Normal => print(&summary.render(plan, &prepared.federation, &history, &folder)),
        }
    }
}
