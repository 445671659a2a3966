//! The command line: one file a subcommand.

mod compare_baseline;
mod completions;
mod explained;
mod export;
mod generate;
mod init;
mod interrupt;
mod list;
mod partition;
mod plot;
mod predict;
mod preprocess;
mod run;
mod scenario_args;
mod schema;
mod scored;
mod secagg;
mod streams;
mod target;
mod verify;

use clap::{CommandFactory as _, Parser, Subcommand};

use crate::diag::Error;
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
    Export(export::Export),
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
            Command::Export(command) => command.execute(),
            Command::Plot(command) => command.execute(),
            Command::Generate(command) => command.execute(),
            Command::Init(command) => command.execute(),
            Command::Partition(command) => command.execute(),
            Command::Secagg(command) => command.execute(),
            Command::List(command) => command.execute(),
            Command::Schema(command) => command.execute(),
            Command::Completions(command) => command.execute(&mut Self::command()),
        }
    }
}
