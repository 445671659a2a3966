//! `fedsim completions`: what a shell needs to complete commands.

use clap::{Args, Command};
use clap_complete::Shell;

use super::streams::print;
use crate::diag::Error;

/// Print a shell's completion script
#[derive(Args, Debug)]
#[command(after_help = "Example: fedsim completions bash > ~/.local/share/bash-completion/completions/fedsim")]
pub struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    /// Prints the script for this command line.
    pub(super) fn execute(&self, command: &mut Command) -> Result<(), Error> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, command, "fedsim", &mut script);
        print(&String::from_utf8_lossy(&script))
    }
}
