//! `fedsim completions`: what a shell needs to complete commands.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::{Cli, print};
use crate::diag::Error;

/// Print a shell's completion script
#[derive(Args, Debug)]
#[command(after_help = "Example: fedsim completions bash > ~/.local/share/bash-completion/completions/fedsim")]
pub struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    pub(super) fn execute(&self) -> Result<(), Error> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "fedsim", &mut script);
        print(&String::from_utf8_lossy(&script))
    }
}
