//! `fedsim list`: every kind that a scenario can name.

use clap::Args;

use super::streams::print;
use crate::diag::Error;
use crate::registry::{Entry, Family};
use crate::{cohorts, data, models, scenario, strategies};

/// List every kind of partition, model, strategy, aggregation and so on, with its paper
#[derive(Args, Debug)]
#[command(after_help = "Example: fedsim list")]
pub struct List {}

/// Every family of kinds, in the scenario's order.
const FAMILIES: [Family; 6] = [
    data::partition::CATALOGUE,
    models::CATALOGUE,
    cohorts::CATALOGUE,
    strategies::CATALOGUE,
    scenario::AGGREGATIONS,
    data::synthetic::CATALOGUE,
];

impl List {
    #[expect(clippy::unused_self, reason = "every subcommand is called alike")]
    pub(super) fn execute(&self) -> Result<(), Error> {
        let sections = FAMILIES.iter().map(|family| {
            let width = family.kinds.iter().map(|entry| entry.kind.len()).max().unwrap_or_default();
            let line = |Entry { kind, summary, paper, .. }: &Entry| match *paper {
                "none" => format!("  {kind:<width$}  {summary}\n"),
                paper => format!("  {kind:<width$}  {summary} ({paper})\n"),
            };
            let lines: String = family.kinds.iter().map(line).collect();
            format!("[{}] {}\n{lines}", family.table, family.summary)
        });
        print(&sections.collect::<Vec<_>>().join("\n"))
    }
}
