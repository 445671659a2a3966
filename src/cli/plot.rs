//! `fedsim plot`: makes a finished run's pictures and its page again, from its CSV files alone.

use std::path::PathBuf;

use clap::Args;

use super::streams::print;
use crate::diag::Error;
use crate::numeric::reduce;
use crate::report;

/// Make a finished run's pictures and its page again, from its CSV files
#[derive(Args, Debug)]
#[command(after_help = "Example: fedsim plot outputs/fraud")]
pub struct Plot {
    /// The folder of a finished run
    run_dir: PathBuf,
}

impl Plot {
    pub(super) fn execute(&self) -> Result<(), Error> {
        let paths = reduce::with_threads(None, || report::redraw(&self.run_dir))??;
        print(&paths.iter().map(|path| format!("{}\n", path.display())).collect::<String>())
    }
}
