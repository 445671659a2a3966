//! Opens the tables that grow with the rounds: anew, or where a checkpoint left them.

use crate::data::Federation;
use crate::diag::{Error, Problem};
use crate::logs::{Log, When};
use crate::runs::checkpoint::LogState;
use crate::runs::{OutputTable, Workspace};
use crate::scenario::{Aggregation, Plan};

/// Opens the logs of a run that begins, or of one that is gone on with.
pub(super) struct Opener<'a> {
    /// Where they are made.
    pub workspace: &'a Workspace,
    /// How far they had come; `None` at the beginning.
    pub from: Option<LogState>,
    /// What there is that columns are for.
    pub given: Vec<When>,
}

impl<'a> Opener<'a> {
    /// Of a run's logs.
    pub fn new(plan: &Plan, federation: &Federation, workspace: &'a Workspace, from: Option<LogState>) -> Self {
        Self { workspace, from, given: given(plan, federation) }
    }

    /// The table.
    pub fn table(&self, log: &Log) -> Result<OutputTable, Error> {
        let columns = log.header(&self.given);
        let Some(from) = &self.from else { return self.workspace.table(log.name, &columns) };
        let mark = from.marks.iter().find(|mark| mark.name == log.name);
        let silent = || Problem::new(format!("the checkpoint says nothing of {}", log.name)).help("begin anew with --force");
        self.workspace.table_from(mark.ok_or_else(silent)?, columns.len())
    }
}

/// What there is in this run that columns are for.
pub(super) fn given(plan: &Plan, federation: &Federation) -> Vec<When> {
    let has_names = federation.stored().is_some_and(|stored| !stored.names.is_empty());
    let there = [
        (When::Names, has_names),
        (When::Ids, federation.test_marks.has_ids),
        (When::Prices, plan.evaluation.cost.is_some()),
        (When::Secure, matches!(plan.aggregation, Aggregation::Secure(_))),
        (When::Of(plan.model.task()), true),
        (When::Points, plan.model.as_scorecard().is_some()),
    ];
    there.into_iter().filter_map(|(when, is_there)| is_there.then_some(when)).collect()
}
