//! `fedsim generate`: synthetic tables.

use std::path::PathBuf;

use clap::Args;
use clap::builder::PossibleValuesParser;

use super::scenario_args::seed;
use super::streams::tell;
use super::target::Overwrite;
use crate::data::synthetic;
use crate::diag::Error;
use crate::report::show_work;
use crate::runs::OutputFile;

/// Write a synthetic table: card fraud or consumer credit
#[derive(Args, Debug)]
#[command(after_help = "Example: fedsim generate fraud --rows 20000 --seed 42 --out data/fraud.csv")]
pub struct Generate {
    /// Which table
    #[arg(value_parser = PossibleValuesParser::new(synthetic::CATALOGUE.kinds.iter().map(|entry| entry.kind)))]
    kind: String,
    /// How many rows
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(1..))]
    rows: u32,
    /// The seed: the same seed gives the same bytes
    #[arg(long, value_name = "N", default_value_t = 42, allow_negative_numbers = true, value_parser = seed)]
    seed: u64,
    /// The file to write
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    overwrite: Overwrite,
}

impl Generate {
    pub(super) fn execute(&self) -> Result<(), Error> {
        let generator = synthetic::find(&self.kind).expect("clap lets known kinds through only");
        self.overwrite.check("--out", &self.out, &[])?;
        show_work();
        let mut file = OutputFile::create(&self.out)?;
        synthetic::write(generator.as_ref(), self.rows as usize, self.seed, &mut file)
            .map_err(|cause| Error::file("write", &self.out, &cause))?;
        file.publish()?;
        tell(&format!("{} rows in {}", self.rows, self.out.display()));
        Ok(())
    }
}
