//! `fedsim partition`: the deal of rows to clients, without training.

use std::path::{Path, PathBuf};

use clap::Args;

use super::scenario_args::ScenarioArgs;
use super::streams::{print, tell};
use super::target::Overwrite;
use crate::data;
use crate::diag::Error;
use crate::logs::partition::{self, Share};
use crate::logs::{self, Unit};
use crate::numeric::reduce;
use crate::report::{partition_table, table};
use crate::runs::OutputFile;
use crate::tasks::Task;

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
        let share = |(mine, held_out): (&Vec<u32>, &Vec<u32>)| Share::of(rows.labels.all().of_rows(mine).all(), held_out.len());
        let shares: Vec<Share> = deal.clients.iter().zip(&deal.held_out).map(share).collect();
        let task = plan.model.task();
        partition_table(OutputFile::create(&self.out)?, task, &deal.names, shares.iter().cloned())?.publish()?;
        print(&shown(task, &deal.names, &shares))?;
        tell(&format!("written to {}", self.out.display()));
        Ok(())
    }
}

/// The deal as a table for people.
fn shown(task: Task, names: &[String], shares: &[Share]) -> String {
    let header = partition::LOG.header(&partition::given(task, names));
    let row = |(client, share): (usize, &Share)| {
        let cells = partition::row(client, names.get(client).map(String::as_str), share);
        let for_people = |(cell, column): (String, &&str)| match logs::column(column).map(|column| column.unit) {
            Some(Unit::Share | Unit::Measure) => cell.parse::<f64>().map_or_else(|_| "-".to_owned(), |number| format!("{number:.4}")),
            _ => cell,
        };
        cells.into_iter().zip(&header).map(for_people).collect::<Vec<_>>()
    };
    table(&header, &shares.iter().enumerate().map(row).collect::<Vec<_>>())
}
