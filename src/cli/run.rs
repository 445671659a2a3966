//! `fedsim run`: from a scenario to a model, its logs and its manifest.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::interrupt;
use super::scenario_args::ScenarioArgs;
use super::streams::{print, tell, warn};
use crate::diag::{Error, Problem};
use crate::federation::{self, End, History, Prepared, RoundCounts, RoundRecord, Standing};
use crate::numeric::reduce;
use crate::report::{Beginning, Opened, Origin, Outcome, Pictures, Progress, Report, Summary, Verbosity};
use crate::runs::ScenarioCopy;
use crate::scenario::Plan;

/// Run a scenario: train the clients, aggregate, and leave model, logs and manifest behind
#[derive(Args, Debug)]
#[command(after_help = "Example: fedsim run scenarios/fraud.toml --set training.learning_rate=0.05 --out outputs/slower")]
pub struct Run {
    #[command(flatten)]
    run: RunArgs,
    /// Print what the run came to as one JSON object, in the place of the summary: metrics.json and where the files are
    #[arg(long)]
    json: bool,
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
    /// Replace a finished run of another scenario, one that could be resumed, or files that no run left there
    #[arg(long)]
    force: bool,
    /// Write a checkpoint every K rounds, from which --resume goes on if the process dies
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u32).range(1..))]
    checkpoint_every: Option<u32>,
    /// Go on from the last checkpoint of the same run, or from the same run finished with fewer rounds; begin where there is
    /// none. The results are those of a run in one go
    #[arg(long, conflicts_with = "force")]
    resume: bool,
    /// Whether to close with the results in words on stdout.
    #[arg(skip)]
    closing: Closing,
}

/// A run on its way.
pub(super) struct Underway<'a, G> {
    /// Its folder.
    pub report: Report<'a>,
    /// Where it goes on from; `None` at the beginning.
    from: Option<Standing>,
    /// What the command gathers from the rounds.
    pub gathered: G,
}

impl Run {
    pub(super) fn execute(&self) -> Result<(), Error> {
        self.run.with_plan(|plan| self.run(plan))
    }

    fn run(&self, plan: &Plan) -> Result<(), Error> {
        let progress = self.run.progress(plan);
        let prepared = self.run.prepare(plan)?;
        let Some(underway) = self.run.open(plan, &prepared, |summary: &Summary, round| summary.check(plan, &prepared.federation, round))?
        else {
            return Ok(());
        };
        let hear = |summary: &mut Summary, record: &RoundRecord| summary.round(plan, record);
        let (report, history, summary) = self.run.rounds(plan, &prepared, underway, &progress, &hear)?;
        let outcome = report.finish(&history)?;
        match self.run.closing_verbosity() {
            _ if self.json => print(&as_one_object(&outcome, plan, &self.run.folder(plan))),
            Verbosity::Quiet => Ok(()),
            Verbosity::Normal => {
                let summary = summary.render(plan, &prepared.federation, &history, &self.run.folder(plan));
                print(&(summary + &outcome.in_words()))
            }
        }
    }
}

impl RunArgs {
    /// Does `work` with the plan, on as many threads as were asked for.
    pub(super) fn with_plan(&self, work: impl FnOnce(&Plan) -> Result<(), Error> + Send) -> Result<(), Error> {
        let plan = self.scenario.plan(None)?;
        if self.verbosity() == Verbosity::Normal {
            warn(&plan.warnings);
        }
        reduce::with_threads(self.threads.map(usize::from), || work(&plan))?
    }

    /// Prepares the data, and shows what the user should know of them.
    pub(super) fn prepare(&self, plan: &Plan) -> Result<Prepared, Error> {
        let prepared = federation::prepare(plan)?;
        if self.verbosity() == Verbosity::Normal {
            warn(&prepared.federation.warnings);
            warn(&plan.warnings_for(&prepared.federation));
        }
        Ok(prepared)
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

    /// Opens the run's folder; `None` if the run in it is finished and there is nothing to resume. `check` says what is
    /// impossible about what was gathered up to a round.
    pub(super) fn open<'a, G: Default + DeserializeOwned>(
        &self,
        plan: &'a Plan,
        prepared: &'a Prepared,
        check: impl Fn(&G, usize) -> Result<(), String>,
    ) -> Result<Option<Underway<'a, G>>, Error> {
        let beginning = match (self.resume, self.force) {
            (true, _) => Beginning::Resumed,
            (false, true) => Beginning::Forced,
            (false, false) => Beginning::Careful,
        };
        let folder = self.folder(plan);
        // From here on there may be something to resume, so that a signal must leave it behind and say how.
        interrupt::wait_for_the_round();
        let (report, from, gathered) = match Report::open(plan, prepared, &folder, beginning)? {
            Opened::Finished => {
                self.tell(&format!("{} holds this run, finished: there is nothing to resume", folder.display()));
                return Ok(None);
            }
            Opened::Anew(report) => {
                if self.resume {
                    self.tell(&format!("no checkpoint to go on from in {}: beginning anew", folder.display()));
                }
                (report, None, G::default())
            }
            Opened::From(report, resumed) => {
                let from = match resumed.origin {
                    Origin::Last => "",
                    Origin::Before => "; the last checkpoint is torn, and this is the one before it",
                    Origin::Shorter => " of the finished run, whose later rounds are run again",
                };
                self.tell(&format!("going on after round {} of {}{from}", resumed.standing.round, plan.rounds));
                let gathered = G::deserialize(&resumed.gathered);
                let gathered = gathered.map_err(|_| Error::from(of_another_command(&folder)))?;
                check(&gathered, resumed.standing.round).map_err(|what| resumed.impossible(&what))?;
                (report, Some(resumed.standing), gathered)
            }
        };
        let pictures = if self.no_plots { Pictures::Skip } else { Pictures::Draw };
        Ok(Some(Underway { report: report.with_pictures(pictures), from, gathered }))
    }

    /// Runs all rounds that are left and logs them; `hear` gathers from each.
    ///
    /// # Errors
    /// Also when a signal ended the run, which is then ready to be resumed; or when it diverged, whose last good model stays.
    pub(super) fn rounds<'a, G: Serialize>(
        &self,
        plan: &Plan,
        prepared: &Prepared,
        underway: Underway<'a, G>,
        progress: &Progress,
        hear: &dyn Fn(&mut G, &RoundRecord),
    ) -> Result<(Report<'a>, History, G), Error> {
        let Underway { mut report, from, mut gathered } = underway;
        let history = federation::run(plan, prepared, from, &mut |record, standing| {
            report.round(record)?;
            hear(&mut gathered, record);
            progress.round(record);
            if record.round + 1 == plan.rounds || record.outcome.is_last() {
                report.keep_for_more_rounds(standing, as_json(&gathered))?;
            }
            if self.checkpoint_every.is_some_and(|every| record.round > 0 && record.round.is_multiple_of(every as usize)) {
                report.checkpoint(standing, as_json(&gathered))?;
            }
            Ok(if interrupt::is_wanted() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        });
        progress.end();
        let history = history?;
        match &history.end {
            End::AllRounds | End::StoppedEarly | End::Settled if history.standing.counts.completed == 0 => {
                let folder = report.keep_last_good(&history.standing)?;
                Err(Error::Failure(nothing_completed(&history.standing.counts, &folder)))
            }
            End::AllRounds | End::StoppedEarly | End::Settled => Ok((report, history, gathered)),
            End::Interrupted => {
                let when = format!("after round {} of {}", history.standing.round, plan.rounds);
                Err(interrupted(&mut report, &history.standing, &gathered, &when))
            }
            End::Diverged(divergence) => {
                let folder = report.keep_last_good(&history.standing)?;
                let kept = format!("the model of round {} and the logs up to it are in {}", history.standing.round, folder.display());
                Err(Error::Failure(format!("{divergence}\n{kept}")))
            }
        }
    }

    /// Says something, unless asked to be quiet.
    fn tell(&self, text: &str) {
        if self.verbosity() == Verbosity::Normal {
            tell(text);
        }
    }
}

/// What a run came to, and where its files are, on one line.
fn as_one_object(outcome: &Outcome, plan: &Plan, folder: &Path) -> String {
    let mut object = serde_json::to_value(outcome).expect("texts and numbers can be written");
    object["name"] = plan.name.clone().into();
    object["fedsim"] = env!("CARGO_PKG_VERSION").into();
    object["folder"] = folder.display().to_string().into();
    object.to_string() + "\n"
}

/// Why a run in which no round was completed left no model, and where to look.
fn nothing_completed(counts: &RoundCounts, folder: &Path) -> String {
    let mut text = format!("no round was completed: all {} were aborted, and the model is the untrained one", counts.aborted);
    if let Some(shortfall) = &counts.shortfall {
        text += &format!("\n{shortfall}\nlower {}, lower faults.dropout, or take more clients", shortfall.key());
    }
    text + &format!("; the logs are in {}", folder.display())
}

/// Makes a run that was interrupted, at a time that `when` tells, ready to be resumed, and says how.
pub(super) fn interrupted<G: Serialize>(report: &mut Report<'_>, standing: &Standing, gathered: &G, when: &str) -> Error {
    match report.checkpoint(standing, as_json(gathered)) {
        Ok(()) => Error::Interrupted(format!("interrupted {when}; go on with\n  {}", resume_command(std::env::args()))),
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
    /// Of a run of a run's scenario into the folder `out` that another command makes for its own purpose: without pictures, and
    /// with nothing on stdout.
    pub(super) fn inner(copy: ScenarioCopy, out: PathBuf, threads: Option<u16>, verbosity: Verbosity) -> Self {
        let scenario = ScenarioArgs { scenario: PathBuf::new(), seed: None, overrides: Vec::new(), copy: Some(copy) };
        let quiet = verbosity == Verbosity::Quiet;
        Self {
            scenario,
            out: Some(out),
            threads,
            quiet,
            no_plots: true,
            force: false,
            checkpoint_every: None,
            resume: false,
            closing: Closing::KeepQuiet,
        }
    }

    /// How much to tell on stdout in the end.
    pub(super) fn closing_verbosity(&self) -> Verbosity {
        if self.closing == Closing::KeepQuiet { Verbosity::Quiet } else { self.verbosity() }
    }
}

impl Run {
    /// The run that these arguments ask for.
    pub(super) fn new(run: RunArgs) -> Self {
        Self { run, json: false }
    }
}

fn as_json(gathered: &impl Serialize) -> serde_json::Value {
    serde_json::to_value(gathered).expect("texts and finite numbers can be written")
}

/// What `fedsim run` and `fedsim compare-baseline` gather differs.
fn of_another_command(folder: &Path) -> Problem {
    let message = format!("the run in {} was begun by another command", folder.display());
    Problem::new(message).help("go on with that command, or begin anew with --force")
}

/// The command line with `--resume`, as a shell takes it.
fn resume_command(arguments: impl Iterator<Item = String>) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,+@%".contains(c);
    let quoted = |text: String| match text.chars().all(is_plain) && !text.is_empty() {
        true => text,
        false => format!("'{}'", text.replace('\'', "'\\''")),
    };
    let mut words: Vec<String> = arguments.filter(|word| word != "--force" && word != "--resume").map(quoted).collect();
    words.push("--resume".to_owned());
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_to_resume_is_the_command_that_ran_quoted_for_a_shell() {
        let words = ["fedsim", "run", "my file.toml", "--force", "--set", "data.label='x'", "--out", ""];
        let command = resume_command(words.into_iter().map(str::to_owned));
        assert_eq!(command, r"fedsim run 'my file.toml' --set 'data.label='\''x'\''' --out '' --resume");
    }
}
