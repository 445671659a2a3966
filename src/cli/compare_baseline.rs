//! `fedsim compare-baseline`: a run, held against the same model trained centrally and by each client alone.

use clap::Args;

use super::run::{RunArgs, interrupted};
use super::{interrupt, print, tell};
use crate::diag::{Error, Problem};
use crate::federation::baseline::{self, Course, Found, Trained, Trial, Watch};
use crate::federation::{self, History, Prepared, RoundRecord};
use crate::report::{Comparison, Report, Verbosity};
use crate::runs::ComparisonTerms;
use crate::scenario::Plan;
use crate::settings::Source;

/// Run a scenario, and hold it against centralised training and against each client alone
#[derive(Args, Debug)]
#[command(after_help = "The same model is trained on all training rows in one place, and by each client alone, with as many passes \
                        over the rows as the federation made. Beside what a run leaves stand baseline_vs_fl.csv (the metrics \
                        side by side), baseline_log.csv (on the way), join.csv (what each client gains) and their pictures.\n\
                        Exit code 0 if AUC and F1 on the test rows are equivalent to centralised training, 3 if not.\n\
                        Example: fedsim compare-baseline scenarios/fraud.toml --tolerance 0.02 --seeds 5")]
pub struct CompareBaseline {
    #[command(flatten)]
    run: RunArgs,
    /// By how much AUC and F1, each from 0 to 1, may differ from centralised training
    #[arg(long, value_name = "SHARE", default_value = "0.01", value_parser = tolerance)]
    tolerance: f64,
    /// Repeat under so many seeds, from the scenario's on; the decision is then a test of equivalence (TOST at 5%). Every
    /// file but baseline_vs_fl.csv is of the first seed
    #[arg(long, value_name = "K", default_value = "1", value_parser = clap::value_parser!(u16).range(1..=1000))]
    seeds: u16,
    /// Run the federation again without each client, one after the other, to tell what the others lose
    #[arg(long)]
    leave_one_out: bool,
}

/// What a comparison has in its hands at the end.
struct Compared {
    /// The federation of the first seed.
    federated: Trained,
    /// The first seed's comparison.
    found: Found,
    /// Every seed's figures.
    trials: Vec<Trial>,
}

fn tolerance(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number| *number > 0.0 && *number < 1.0);
    number.ok_or_else(|| "must be a number between 0 and 1, neither of them".to_owned())
}

/// A failure says under which seed it came.
fn of_seed(error: Error, seed: u64) -> Error {
    match error {
        Error::Failure(message) => Error::Failure(format!("seed {seed}: {message}")),
        other => other,
    }
}

impl CompareBaseline {
    pub(super) fn execute(&self) -> Result<(), Error> {
        self.run.with_plan(|plan| self.compare(plan))
    }

    fn compare(&self, plan: &Plan) -> Result<(), Error> {
        let others = self.other_plans(plan)?;
        let progress = self.run.progress(plan);
        let prepared = self.run.prepare(plan)?;
        baseline::check(plan, &prepared)?;
        if self.leave_one_out {
            baseline::check_leave_one_out(plan, &prepared)?;
        }
        let Some(underway) = self.run.open::<Course>(plan, &prepared)? else { return Ok(()) };
        let hear = |course: &mut Course, record: &RoundRecord| course.round(record, plan.hyper.epochs);
        let (mut report, history, course) = self.run.rounds(plan, &prepared, underway, &progress, &hear)?;
        let federated = Trained { params: history.standing.state.params.clone(), course: course.clone() };
        match self.against_baselines(plan, &prepared, federated, &others) {
            Ok(compared) => self.close(plan, report, &history, &compared),
            Err(Error::Interrupted(_)) => Err(interrupted(&mut report, &history.standing, &course, "while the baselines were trained")),
            Err(error) => Err(error),
        }
    }

    /// The plans of the seeds after the first.
    fn other_plans(&self, plan: &Plan) -> Result<Vec<Plan>, Error> {
        let more = u64::from(self.seeds) - 1;
        if plan.seed.checked_add(more).is_none() {
            let problem = Problem::about("seed", format!("there are no {} seeds from {} on", self.seeds, plan.seed));
            return Err(plan.locate(problem.help("take a lower seed, or fewer --seeds").into()));
        }
        let overridden = |seed: u64| self.run.scenario.plan(Some(Source::new("--seeds", &format!("seed={seed}"))));
        let plans: Vec<Plan> = (1..=more).map(|step| overridden(plan.seed + step)).collect::<Result<_, Error>>()?;
        if plans.iter().any(|other| other.streams.seeds() == plan.streams.seeds()) {
            let problem = Problem::about("seeds", "--seeds would repeat one run: every seed is set apart in [seeds]");
            return Err(plan.locate(problem.help("take those out of [seeds] that are to vary").into()));
        }
        Ok(plans)
    }

    /// Trains all that the run, which ended as `federated`, is held against.
    fn against_baselines(&self, plan: &Plan, prepared: &Prepared, federated: Trained, others: &[Plan]) -> Result<Compared, Error> {
        let is_heard = self.run.verbosity() == Verbosity::Normal;
        let tell = |line: &str| {
            if is_heard {
                tell(line);
            }
        };
        let watch = Watch { tell: &tell, is_ended: &interrupt::is_wanted };
        let mut found = baseline::compare(plan, prepared, &federated, &watch)?;
        if self.leave_one_out {
            baseline::leave_one_out(plan, prepared, &mut found, &watch)?;
        }
        let mut trials = vec![found.trial.clone()];
        for (index, plan) in others.iter().enumerate() {
            tell(&format!("seed {} ({} of {})", plan.seed, index + 2, self.seeds));
            let prepared = federation::prepare(plan)?;
            baseline::check(plan, &prepared)?;
            let compared = baseline::train(plan, &prepared, &watch)
                .and_then(|federated| baseline::compare(plan, &prepared, &federated, &watch))
                .map_err(|error| of_seed(error, plan.seed))?;
            trials.push(compared.trial);
        }
        Ok(Compared { federated, found, trials })
    }

    /// Writes everything, says it in words, and fails the check if it does not hold.
    fn close(&self, plan: &Plan, mut report: Report<'_>, history: &History, compared: &Compared) -> Result<(), Error> {
        let Compared { federated, found, trials } = compared;
        let rows = baseline::judge(&baseline::metric_names(plan), trials, self.tolerance);
        let comparison = Comparison {
            rows: &rows,
            found,
            federated: federated.course.points(),
            train_rows: found.seats.iter().map(|seat| seat.examples).sum(),
            visits: federated.course.visits(),
            tolerance: self.tolerance,
            seeds: trials.len(),
        };
        report.compare(&comparison)?;
        report.finish(history)?;
        if self.run.closing_verbosity() == Verbosity::Normal {
            print(&comparison.render(plan, &self.run.folder(plan)))?;
        }
        if comparison.is_equivalent() { Ok(()) } else { Err(Error::CheckFailed(comparison.decision())) }
    }
}

impl CompareBaseline {
    /// The comparison that `terms` ask for; `None` if they are such as the command line would refuse.
    pub(super) fn new(run: RunArgs, terms: &ComparisonTerms) -> Option<Self> {
        let &ComparisonTerms { tolerance, seeds, leave_one_out } = terms;
        let is_right = tolerance > 0.0 && tolerance < 1.0 && (1..=1000).contains(&seeds);
        is_right.then_some(Self { run, tolerance, seeds, leave_one_out })
    }
}
