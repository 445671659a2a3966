//! Fills the tables that a run leaves: those that grow with the rounds, and those that are written at its end.

use super::opener::{Opener, given};
use super::secure::SecureTotals;
use crate::diag::Error;
use crate::federation::RoundRecord;
use crate::logs::partition::Share;
use crate::logs::{self, Filling, Finished, Log, Run, Sink, When, model, partition, secagg_summary};
use crate::runs::checkpoint::LogState;
use crate::runs::{Mark, OutputFile, OutputTable, Workspace};
use crate::scenario::Aggregation;
use crate::tasks::Task;

/// The logs that grow round by round.
#[derive(Debug)]
pub(super) struct Logs<'a> {
    run: Run<'a>,
    tables: Vec<(&'static Log, OutputTable)>,
    secure: Option<SecureTotals>,
}

/// What fills a log of a round.
type Fill = fn(&Run<'_>, &RoundRecord, &mut dyn Sink) -> Result<(), Error>;

/// The logs that grow round by round in such a run, and what fills them.
fn growing_with<'a>(run: &Run<'a>) -> impl Iterator<Item = (&'static Log, Fill)> + use<'a> {
    let run = *run;
    logs::ALL.into_iter().filter_map(move |log| match log.filling {
        Filling::ByRound { is_left, fill } => is_left(&run).then_some((log, fill)),
        Filling::AtEnd(_) | Filling::Apart => None,
    })
}

/// The names of the logs that grow round by round in such a run.
pub(super) fn growing(run: &Run<'_>) -> Vec<&'static str> {
    growing_with(run).map(|(log, _)| log.name).collect()
}

impl<'a> Logs<'a> {
    /// Opens the logs.
    pub(super) fn open(opener: &Opener<'_>, run: Run<'a>) -> Result<Self, Error> {
        let tables = growing_with(&run).map(|(log, _)| Ok((log, opener.table(log)?))).collect::<Result<_, Error>>()?;
        let kept = |from: &LogState| SecureTotals::from_json(from.secure.as_deref());
        let secure = match run.plan.aggregation {
            Aggregation::Secure(_) => Some(opener.from.as_ref().map_or_else(|| Ok(SecureTotals::default()), kept)?),
            Aggregation::Clear(_) => None,
        };
        Ok(Self { run, tables, secure })
    }

    /// Brings all rows so far to the disk, and tells how far the logs have come.
    pub(super) fn mark(&mut self) -> Result<LogState, Error> {
        self.state(OutputTable::mark)
    }

    /// How far the logs have come, for a finished run: they are brought to the disk at its end.
    pub(super) fn here(&mut self) -> Result<LogState, Error> {
        self.state(|table| Ok(table.here()))
    }

    fn state(&mut self, mark: impl Fn(&mut OutputTable) -> Result<Mark, Error>) -> Result<LogState, Error> {
        let marks = self.tables.iter_mut().map(|(_, table)| mark(table)).collect::<Result<_, _>>()?;
        Ok(LogState { marks, secure: self.secure.as_ref().map(SecureTotals::to_json) })
    }

    /// Adds one round to every log.
    pub(super) fn round(&mut self, record: &RoundRecord) -> Result<(), Error> {
        if let Some(totals) = &mut self.secure {
            totals.round(record);
        }
        growing_with(&self.run).zip(&mut self.tables).try_for_each(|((_, fill), (_, table))| fill(&self.run, record, table))
    }

    /// The logs' files.
    pub(super) fn into_files(self, workspace: &Workspace) -> Result<Vec<OutputFile>, Error> {
        let mut files: Vec<OutputFile> = self.tables.into_iter().map(|(_, table)| table.into_file()).collect();
        if let Some(totals) = self.secure {
            let rows = totals.summary(self.run.federation().statistics_error);
            files.push(whole(workspace, &secagg_summary::LOG, &[], rows)?);
        }
        Ok(files)
    }
}

/// A table with these rows.
pub(super) fn whole(
    workspace: &Workspace,
    log: &Log,
    given: &[When],
    rows: impl IntoIterator<Item = impl IntoIterator<Item = String>>,
) -> Result<OutputFile, Error> {
    let mut table = workspace.table(log.name, &log.header(given))?;
    let mut cells: Vec<String> = Vec::new();
    for row in rows {
        cells.clear();
        cells.extend(row);
        table.row(&cells)?;
    }
    Ok(table.into_file())
}

/// What a run tells of its model at its end.
pub(super) fn at_end(workspace: &Workspace, finished: &Finished<'_>) -> Result<Vec<OutputFile>, Error> {
    let given = given(finished.run.plan, finished.run.federation());
    let left = logs::ALL.into_iter().filter_map(|log| match log.filling {
        Filling::AtEnd(rows) => rows(finished).map(|rows| (log, rows)),
        Filling::ByRound { .. } | Filling::Apart => None,
    });
    left.map(|(log, rows)| whole(workspace, log, &given, rows)).collect()
}

/// The parameters, one a row.
pub(super) fn of_parameters(workspace: &Workspace, names: Vec<String>, values: &[f64]) -> Result<OutputFile, Error> {
    whole(workspace, &model::LOG, &[], names.into_iter().zip(values).map(|(name, value)| model::row(name, *value)))
}

/// `partition.csv` in an empty file: the clients in their order, and their names where they have some.
///
/// # Errors
/// When it can't be written.
pub fn partition_table(file: OutputFile, task: Task, names: &[String], shares: impl Iterator<Item = Share>) -> Result<OutputFile, Error> {
    let mut table = OutputTable::begin(file, &partition::LOG.header(&partition::given(task, names)))?;
    for (client, share) in shares.enumerate() {
        table.row(&partition::row(client, names.get(client).map(String::as_str), &share))?;
    }
    Ok(table.into_file())
}
