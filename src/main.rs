//! The `fedsim` command: parses the arguments, runs, prints the error, picks the exit code.

use std::io::{Write, stderr};
use std::process::ExitCode;

use clap::Parser;
use fedsim::cli::Cli;
use fedsim::diag::{Error, Styling, shown};

fn main() -> ExitCode {
    match Cli::parse().execute() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // A closed stderr is no reason to hide the exit code.
            let _ = writeln!(stderr(), "{}", describe(&error));
            ExitCode::from(error.exit_code())
        }
    }
}

fn describe(error: &Error) -> String {
    match error {
        Error::Mistake(problems) => problems.render(Styling::of_stderr()),
        Error::Failure(message) => format!("error: {}", message.lines().map(shown).collect::<Vec<_>>().join("\n")),
        Error::CheckFailed(message) | Error::Interrupted(message) => message.clone(),
    }
}
