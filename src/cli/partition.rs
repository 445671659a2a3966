//! `fedsim partition`: the deal of rows to clients, without training.

use std::path::PathBuf;

use clap::Args;

use super::{ScenarioArgs, print, tell};
use crate::data;
use crate::diag::Error;
use crate::numeric::reduce;
use crate::report::{partition_table, table};
use crate::scenario;

/// Show how a scenario deals the training rows to clients, and write it to a CSV file
#[derive(Args, Debug)]
#[command(after_help = "Example: fedsim partition scenarios/fraud_noniid.toml --set partition.alpha=0.1")]
pub struct Partition {
    #[command(flatten)]
    scenario: ScenarioArgs,
    /// The file to write
    #[arg(long, value_name = "FILE", default_value = "partition.csv")]
    out: PathBuf,
}

impl Partition {
    pub(super) fn execute(&self) -> Result<(), Error> {
        let plan = scenario::load(&self.scenario.scenario, &self.scenario.overrides())?;
        let dealt = reduce::with_threads(None, || data::deal(&plan.data, &plan.streams))?;
        let (rows, deal) = dealt.map_err(|error| plan.locate(error))?;
        let labels: Vec<Vec<f64>> = deal.clients.iter().map(|mine| mine.iter().map(|&row| rows.labels[row as usize]).collect()).collect();
        let shown: Vec<Vec<String>> = labels
            .iter()
            .enumerate()
            .map(|(client, labels)| {
                let positives: f64 = labels.iter().sum();
                let share = positives / labels.len() as f64;
                vec![(client + 1).to_string(), labels.len().to_string(), positives.to_string(), format!("{share:.4}")]
            })
            .collect();
        partition_table(&self.out, labels.into_iter())?.publish()?;
        print(&table(&["client", "examples", "positives", "positive_share"], &shown))?;
        tell(&format!("written to {}", self.out.display()));
        Ok(())
    }
}
