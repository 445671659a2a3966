//! Where a command may write: never over what it reads, and over what stands there only where that was asked for.

use std::path::Path;

use clap::Args;

use super::streams::print;
use crate::diag::{Error, Problem};
use crate::runs::OutputFile;

/// The switch of all commands that write a file which the user names.
#[derive(Args, Clone, Copy, Debug)]
pub(super) struct Overwrite {
    /// Replace what is there already
    #[arg(long)]
    force: bool,
}

impl Overwrite {
    /// Wants that writing to `out`, named by `argument`, destroys neither an input nor, unless asked for, any other file.
    ///
    /// # Errors
    /// When it would.
    pub(super) fn check(self, argument: &str, out: &Path, inputs: &[&Path]) -> Result<(), Error> {
        if !out.is_file() {
            return Ok(());
        }
        let (same, shown) = (out.canonicalize().ok(), out.display());
        let is_same = |input: &&&Path| same.is_some() && input.canonicalize().ok() == same;
        if let Some(input) = inputs.iter().find(is_same) {
            let message = format!("{argument} {shown} is {}, which is read", input.display());
            return Err(Problem::new(message).help(format!("name another file with {argument}")).into());
        }
        if self.force {
            return Ok(());
        }
        let problem = Problem::new(format!("there is already a file {shown}"));
        Err(problem.help(format!("replace it with --force, or name another one with {argument}")).into())
    }
}

/// Writes a text to the file that the user named, whole or not at all, or to stdout.
///
/// # Errors
/// When it can't be written.
pub(super) fn write(out: Option<&Path>, text: &str) -> Result<(), Error> {
    let Some(path) = out else { return print(text) };
    let mut file = OutputFile::create(path)?;
    file.text(text)?;
    file.publish()
}
