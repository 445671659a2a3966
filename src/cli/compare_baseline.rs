//! `fedsim compare-baseline`: a run, held against the same model trained centrally and by each client alone.

use clap::{Args, ValueEnum};

use super::interrupt;
use super::run::{RunArgs, interrupted};
use super::streams::{print, tell};
use crate::diag::{Error, Problem};
use crate::federation::baseline::{self, Baselines, Course, Gate, Terms, Trained, Trial, Watch};
use crate::federation::{self, History, Prepared, RoundRecord};
use crate::metrics::Worse;
use crate::report::{Comparison, Report, Verbosity};
use crate::runs::ComparisonTerms;
use crate::scenario::Plan;
use crate::settings::Source;

/// Run a scenario, and hold it against centralised training and against each client alone
#[derive(Args, Debug)]
#[command(after_help = "The same model is trained on all training rows in one place, and by each client alone, with as many passes \
                        over the rows as the federation made. Beside what a run leaves stand baseline_vs_fl.csv (the metrics \
                        side by side), baseline_log.csv (on the way), join.csv (what each client gains) and their pictures.\n\
                        Exit code 0 if AUC and F1 on the test rows, or what --metrics names, are equivalent to centralised training, \
                        3 if not; --gate asks for something else.\n\
                        Example: fedsim compare-baseline scenarios/fraud.toml --tolerance 0.02 --seeds 5")]
pub struct CompareBaseline {
    #[command(flatten)]
    run: RunArgs,
    /// By how much the metrics may differ from those of centralised training
    #[arg(long, value_name = "SHARE", default_value = "0.01", value_parser = tolerance)]
    tolerance: f64,
    /// Repeat under so many seeds, from the scenario's on; the decision is then a test of equivalence (TOST at 5%). Every
    /// file but baseline_vs_fl.csv is of the first seed
    #[arg(long, value_name = "K", default_value = "1", value_parser = clap::value_parser!(u16).range(1..=1000))]
    seeds: u16,
    /// What must hold for exit code 0: that the federation is neither better nor worse by the tolerance, or that it is not worse
    #[arg(long, value_enum, default_value = "equivalence")]
    gate: GateArg,
    /// The metrics of which it must hold, by their names in baseline_vs_fl.csv [default: auc,f1 of two classes, accuracy,f1_macro of
    /// several, r2 of numbers, explained of clusters]
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    metrics: Vec<String>,
    /// Run the federation again without each client, one after the other, to tell what the others lose
    #[arg(long)]
    leave_one_out: bool,
}

/// The gate, as it is written on the command line.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum GateArg {
    /// Two one-sided tests: neither better nor worse by the tolerance
    Equivalence,
    /// One test: not worse by the tolerance
    #[value(name = "non_inferiority", alias = "non-inferiority")]
    NonInferiority,
}

/// What a comparison has in its hands at the end.
struct Compared {
    /// The federation of the first seed.
    federated: Trained,
    /// The first seed's comparison.
    found: Baselines,
    /// Every seed's figures.
    trials: Vec<Trial>,
    /// The metrics that decide.
    judged: Vec<&'static str>,
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
        let judged = self.judged(plan)?;
        let others = self.other_plans(plan)?;
        let progress = self.run.progress(plan);
        let prepared = self.run.prepare(plan)?;
        baseline::check(plan, &prepared)?;
        if self.leave_one_out {
            baseline::check_leave_one_out(plan, &prepared)?;
        }
        let Some(underway) = self.run.open(plan, &prepared, |course: &Course, round| course.check(plan, &prepared, round))? else {
            return Ok(());
        };
        let hear = |course: &mut Course, record: &RoundRecord| course.round(record, plan.hyper.epochs);
        let (mut report, history, course) = self.run.rounds(plan, &prepared, underway, &progress, &hear)?;
        let federated = Trained::new(&history.standing, course.clone());
        match self.against_baselines(plan, &prepared, &federated, &others) {
            Ok((found, trials)) => {
                let compared = Compared { federated, found, trials, judged };
                self.close(plan, &prepared, report, &history, &compared)
            }
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
    fn against_baselines(
        &self,
        plan: &Plan,
        prepared: &Prepared,
        federated: &Trained,
        others: &[Plan],
    ) -> Result<(Baselines, Vec<Trial>), Error> {
        let is_heard = self.run.verbosity() == Verbosity::Normal;
        let tell = |line: &str| {
            if is_heard {
                tell(line);
            }
        };
        let watch = Watch { tell: &tell, is_ended: &interrupt::is_wanted };
        let mut found = baseline::compare(plan, prepared, federated, &watch)?;
        if self.leave_one_out {
            baseline::leave_one_out(plan, prepared, &mut found, &watch)?;
        }
        let (mut trials, mut more) = (vec![found.trial.clone()], Vec::new());
        for (index, plan) in others.iter().enumerate() {
            tell(&format!("seed {} ({} of {})", plan.seed, index + 2, self.seeds));
            let prepared = federation::prepare(plan)?;
            baseline::check(plan, &prepared)?;
            let compared = baseline::train(plan, &prepared, &watch)
                .and_then(|federated| baseline::compare(plan, &prepared, &federated, &watch))
                .map_err(|error| of_seed(error, plan.seed))?;
            trials.push(compared.trial.clone());
            more.push(compared);
        }
        found.average_gains(prepared, &more);
        Ok((found, trials))
    }

    /// The metrics that decide, by the names that the scenario's figures have.
    fn judged(&self, plan: &Plan) -> Result<Vec<&'static str>, Error> {
        let known = baseline::metric_names(plan);
        let named = |name: &String| {
            let found = known.iter().copied().find(|known| known == name);
            found.ok_or_else(|| {
                let help = format!("choose among {}", known.join(", "));
                Error::from(Problem::new(format!("--metrics: there is no metric `{name}` in this comparison")).help(help))
            })
        };
        let task = plan.model.task();
        if self.metrics.is_empty() {
            return Ok(task.judged().to_vec());
        }
        let mut judged: Vec<&'static str> = Vec::new();
        for name in &self.metrics {
            let name = named(name)?;
            if task.metric(name).is_some_and(|metric| metric.worse == Worse::Farther) {
                let problem = Problem::new(format!("--metrics: {name} is better the nearer it is to 0, on either side"));
                return Err(problem.help(format!("choose among {}, for instance", task.judged().join(", "))).into());
            }
            if !judged.contains(&name) {
                judged.push(name);
            }
        }
        Ok(judged)
    }

    fn terms(&self, judged: &[&'static str]) -> ComparisonTerms {
        let gate = match self.gate {
            GateArg::Equivalence => Gate::Equivalence,
            GateArg::NonInferiority => Gate::NonInferiority,
        };
        let &Self { tolerance, seeds, leave_one_out, .. } = self;
        ComparisonTerms { tolerance, seeds, leave_one_out, gate, metrics: judged.iter().map(|&name| name.to_owned()).collect() }
    }

    /// Writes everything, says it in words, and fails the check if it does not hold.
    fn close(&self, plan: &Plan, prepared: &Prepared, mut report: Report<'_>, history: &History, compared: &Compared) -> Result<(), Error> {
        let Compared { federated, found, trials, judged } = compared;
        let (names, terms) = (baseline::metric_names(plan), self.terms(judged));
        let rows = baseline::judge(&names, trials, &Terms { task: plan.model.task(), tolerance: self.tolerance, judged });
        let comparison = Comparison {
            plan,
            federation: &prepared.federation,
            terms: &terms,
            rows: &rows,
            trials,
            names: &names,
            found,
            federated: federated.course.points(),
            train_rows: found.participants.iter().map(|participant| participant.examples).sum(),
            visits: federated.course.visits(),
        };
        report.compare(&comparison)?;
        report.finish(history)?;
        if self.run.closing_verbosity() == Verbosity::Normal {
            print(&comparison.render(&self.run.folder(plan)))?;
        }
        if comparison.passes() { Ok(()) } else { Err(Error::CheckFailed(comparison.decision())) }
    }
}

impl CompareBaseline {
    /// The comparison that `terms` ask for; `None` if they are such as the command line would refuse.
    pub(super) fn new(run: RunArgs, terms: &ComparisonTerms) -> Option<Self> {
        let ComparisonTerms { tolerance, seeds, leave_one_out, gate, metrics } = terms.clone();
        let gate = match gate {
            Gate::Equivalence => GateArg::Equivalence,
            Gate::NonInferiority => GateArg::NonInferiority,
        };
        let is_right = tolerance > 0.0 && tolerance < 1.0 && (1..=1000).contains(&seeds) && !metrics.is_empty();
        is_right.then_some(Self { run, tolerance, seeds, gate, metrics, leave_one_out })
    }
}
