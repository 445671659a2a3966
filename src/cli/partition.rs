//! `fedsim partition`: the deal of rows to clients, without training.

use std::path::{Path, PathBuf};

use clap::Args;

use super::scenario_args::ScenarioArgs;
use super::streams::{print, tell};
use super::target::Overwrite;
use crate::data;
use crate::diag::Error;
use crate::logs::When;
use crate::logs::partition::{self, Share};
use crate::numeric::reduce;
use crate::report::{partition_table, table};
use crate::runs::OutputFile;

/// Show how a scenario deals the training rows to clients, and write it to a CSV file
#[derive(Args, Debug)]
#[command(after_help = "Example: fedsim partition scenarios/fraud_noniid.toml --set partition.alpha=0.1")]
pub struct Partition {
    #[command(flatten)]
    scenario: ScenarioArgs,
    /// The file to write
    #[arg(long, value_name = "FILE", default_value = "partition.csv")]
    out: PathBuf,
    #[command(flatten)]
    overwrite: Overwrite,
}

impl Partition {
    pub(super) fn execute(&self) -> Result<(), Error> {
        let plan = self.scenario.plan(None)?;
        let read = plan.data.source.named();
        let inputs: Vec<&Path> = read.iter().copied().chain([self.scenario.scenario.as_path()]).collect();
        self.overwrite.check("--out", &self.out, &inputs)?;
        let dealt = reduce::with_threads(None, || data::deal(&plan.data, &plan.streams))?;
        let (rows, deal) = dealt.map_err(|error| plan.locate(error))?;
        let share = |(mine, held_out): (&Vec<u32>, &Vec<u32>)| Share::of(mine.iter().map(|&row| rows.labels[row as usize]), held_out.len());
        let shares: Vec<Share> = deal.clients.iter().zip(&deal.held_out).map(share).collect();
        partition_table(OutputFile::create(&self.out)?, &deal.names, shares.iter().copied())?.publish()?;
        print(&shown(&deal.names, &shares))?;
        tell(&format!("written to {}", self.out.display()));
        Ok(())
    }
}

/// The deal as a table for people.
fn shown(names: &[String], shares: &[Share]) -> String {
    let given: &[When] = if names.is_empty() { &[] } else { &[When::Names] };
    let row = |(client, share): (usize, &Share)| {
        let mut cells = partition::row(client, names.get(client).map(String::as_str), *share);
        let at = cells.len() - 2;
        cells[at] = share.positive_share().map_or_else(|| "-".to_owned(), |share| format!("{share:.4}"));
        cells
    };
    table(&partition::LOG.header(given), &shares.iter().enumerate().map(row).collect::<Vec<_>>())
}
