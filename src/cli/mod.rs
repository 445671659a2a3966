//! The command line: one file a subcommand.

mod compare_baseline;
mod completions;
mod generate;
mod init;
mod interrupt;
mod list;
mod partition;
mod plot;
mod predict;
mod preprocess;
mod run;
mod schema;
mod scored;
mod secagg;
mod target;
mod verify;

use std::io::{self, Write};
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::diag::{Error, Problem, Styling, render_warnings};
use crate::runs::ScenarioCopy;
use crate::scenario::{self, Plan};
use crate::settings::Source;
use crate::timing;

/// A single-process, deterministic federated-learning simulator for tabular finance data.
#[derive(Debug, Parser)]
#[command(name = "fedsim", version, about, max_term_width = 100, after_help = "Example: fedsim run scenarios/fraud.toml")]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Run(run::Run),
    CompareBaseline(compare_baseline::CompareBaseline),
    Verify(verify::Verify),
    Preprocess(preprocess::Preprocess),
    Predict(predict::Predict),
    Plot(plot::Plot),
    Generate(generate::Generate),
    Init(init::Init),
    Partition(partition::Partition),
    Secagg(secagg::Secagg),
    List(list::List),
    Schema(schema::Schema),
    Completions(completions::Completions),
}

impl Cli {
    /// Does what the command line asks for.
    ///
    /// # Errors
    /// Whatever stopped it.
    pub fn execute(&self) -> Result<(), Error> {
        timing::of_process();
        interrupt::handle();
        match &self.command {
            Command::Run(command) => command.execute(),
            Command::CompareBaseline(command) => command.execute(),
            Command::Verify(command) => command.execute(),
            Command::Preprocess(command) => command.execute(),
            Command::Predict(command) => command.execute(),
            Command::Plot(command) => command.execute(),
            Command::Generate(command) => command.execute(),
            Command::Init(command) => command.execute(),
            Command::Partition(command) => command.execute(),
            Command::Secagg(command) => command.execute(),
            Command::List(command) => command.execute(),
            Command::Schema(command) => command.execute(),
            Command::Completions(command) => command.execute(),
        }
    }
}

/// A scenario and what is changed in it.
#[derive(Args, Debug)]
struct ScenarioArgs {
    /// The scenario
    #[arg(default_value = "scenarios/fraud.toml")]
    scenario: PathBuf,
    /// Change the seed; the same as --set seed=N
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = seed)]
    seed: Option<u64>,
    /// Change one value of the scenario; may be repeated. Paths stay relative to the scenario
    #[arg(long = "set", value_name = "TABLE.KEY=VALUE")]
    overrides: Vec<String>,
    /// The scenario of a run, in the place of a file that the user names.
    #[arg(skip)]
    copy: Option<ScenarioCopy>,
}

impl ScenarioArgs {
    /// The overrides, each under the name of its argument.
    fn overrides(&self) -> Vec<Source> {
        let seed = self.seed.map(|seed| Source::new("--seed", &format!("seed={seed}")));
        self.overrides.iter().map(|text| Source::new("--set", text)).chain(seed).collect()
    }

    /// What the scenario plans, with all overrides, and `more` after them.
    fn plan(&self, more: Option<Source>) -> Result<Plan, Error> {
        let sets_seed = |text: &&String| text.split_once('=').is_some_and(|(key, _)| key.trim() == "seed");
        if let (Some(seed), Some(set)) = (self.seed, self.overrides.iter().find(sets_seed)) {
            let message = format!("--seed {seed} and --set {set} both set the seed");
            return Err(Problem::new(message).help("leave one of them out").into());
        }
        let overrides: Vec<Source> = self.overrides().into_iter().chain(more).collect();
        match &self.copy {
            None => scenario::load(&self.scenario, &overrides),
            Some(copy) => copy.plan(&overrides),
        }
    }
}

/// A seed of the command line.
fn seed(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("a seed is a whole number from 0 to {}", u64::MAX))
}

/// Writes to stdout. A reader that has gone away (`| head`) is no error.
///
/// # Errors
/// When stdout can't be written for another reason.
fn print(text: &str) -> Result<(), Error> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(cause) if cause.kind() != io::ErrorKind::BrokenPipe => Err(Error::file("write to", "stdout".as_ref(), &cause)),
        _ => Ok(()),
    }
}

/// Shows what the user should know of.
fn warn(warnings: &[Problem]) {
    if !warnings.is_empty() {
        // A closed stderr is no reason to stop.
        let _ = write!(io::stderr(), "{}", render_warnings(warnings, Styling::of_stderr()));
    }
}

/// Writes a line to stderr; a closed stderr is no error.
fn tell(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}
