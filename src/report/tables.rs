//! Fills the tables that a run leaves: those that grow with the rounds, and those that are written at its end.

use super::opener::{Opener, given};
use super::secure::SecureLogs;
use crate::data::{Federation, Stored};
use crate::diag::Error;
use crate::exchange::ExchangeRecord;
use crate::federation::{self, Detail, FinalModel, Prepared, RoundRecord, Standing, Trees};
use crate::logs::partition::Share;
use crate::logs::{
    Log, When, calibration, centroids, client_metrics, client_perf, coefficients, confusion, curves, exchange_log, fairness,
    federated_metrics, gains, importance, metrics_log, model, partition, perf_log, predictions, reconstruction, round_log, scores,
    secagg_log, trees, validation_log,
};
use crate::runs::checkpoint::LogState;
use crate::runs::{Mark, OutputFile, OutputTable, Workspace};
use crate::scenario::{Aggregation, Plan};
use crate::tasks::{Task, View};

/// The logs that grow round by round.
#[derive(Debug)]
pub(super) struct Logs<'a> {
    federation: &'a Federation,
    rounds: OutputTable,
    metrics: OutputTable,
    validation: Option<OutputTable>,
    client_metrics: Option<OutputTable>,
    fairness: Option<OutputTable>,
    federated: Option<OutputTable>,
    exchanges: OutputTable,
    perf: OutputTable,
    client_perf: OutputTable,
    secure: Option<SecureLogs>,
}

/// The names of the logs that grow round by round in a run of this plan.
pub(super) fn growing(plan: &Plan, federation: &Federation) -> Vec<&'static str> {
    let per_client = plan.evaluation.per_client;
    let logs = [
        (true, &round_log::LOG),
        (true, &metrics_log::LOG),
        (true, &exchange_log::LOG),
        (true, &perf_log::LOG),
        (true, &client_perf::LOG),
        (federation.validation.is_some(), &validation_log::LOG),
        (per_client, &client_metrics::LOG),
        (per_client, &fairness::LOG),
        (plan.evaluation.federated, &federated_metrics::LOG),
        (matches!(plan.aggregation, Aggregation::Secure(_)), &secagg_log::LOG),
    ];
    logs.into_iter().filter_map(|(grows, log)| grows.then_some(log.name)).collect()
}

impl<'a> Logs<'a> {
    /// Opens the logs, with the secure sums that went before the rounds.
    pub(super) fn open(opener: Opener<'_>, plan: &Plan, prepared: &'a Prepared) -> Result<Self, Error> {
        let if_so = |is_so: bool, log: &Log| is_so.then(|| opener.table(log)).transpose();
        let per_client = plan.evaluation.per_client;
        let mut exchanges = opener.table(&exchange_log::LOG)?;
        if opener.from.is_none() {
            fill(&mut exchanges, 0, &prepared.statistics)?;
        }
        Ok(Self {
            federation: &prepared.federation,
            rounds: opener.table(&round_log::LOG)?,
            metrics: opener.table(&metrics_log::LOG)?,
            validation: if_so(prepared.federation.validation.is_some(), &validation_log::LOG)?,
            client_metrics: if_so(per_client, &client_metrics::LOG)?,
            fairness: if_so(per_client, &fairness::LOG)?,
            federated: if_so(plan.evaluation.federated, &federated_metrics::LOG)?,
            exchanges,
            perf: opener.table(&perf_log::LOG)?,
            client_perf: opener.table(&client_perf::LOG)?,
            secure: match plan.aggregation {
                Aggregation::Secure(_) => Some(SecureLogs::open(opener, &prepared.statistics)?),
                Aggregation::Clear(_) => None,
            },
        })
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
        let always = [&mut self.rounds, &mut self.metrics, &mut self.exchanges, &mut self.perf, &mut self.client_perf];
        let if_there = self.validation.iter_mut().chain(&mut self.client_metrics).chain(&mut self.fairness).chain(&mut self.federated);
        let tables = always.into_iter().chain(if_there).chain(self.secure.iter_mut().map(SecureLogs::log));
        let marks = tables.map(mark).collect::<Result<_, _>>()?;
        Ok(LogState { marks, secure: self.secure.as_ref().map(|secure| secure.totals().to_json()) })
    }

    /// Adds one round to every log.
    pub(super) fn round(&mut self, record: &RoundRecord) -> Result<(), Error> {
        self.rounds.row(&round_log::row(record))?;
        metrics_log::row(record).iter().try_for_each(|row| self.metrics.row(row))?;
        if let Some((table, row)) = self.validation.as_mut().zip(validation_log::row(record)) {
            table.row(&row)?;
        }
        self.clients(record)?;
        if let Some((table, found)) = self.federated.as_mut().zip(record.federated.as_ref()) {
            table.row(&federated_metrics::row(record.round, found))?;
        }
        fill(&mut self.exchanges, record.round, &record.exchanges)?;
        if record.round > 0 { self.costs(record) } else { Ok(()) }
    }

    fn clients(&mut self, record: &RoundRecord) -> Result<(), Error> {
        for (client, metrics) in record.client_metrics.iter().enumerate() {
            let table = self.client_metrics.as_mut().expect("client metrics come only where they were asked for");
            if let Some(metrics) = metrics {
                table.row(&client_metrics::row(record.round, client, self.federation.name(client), metrics))?;
            }
        }
        for (metric, spread) in &record.fairness {
            let table = self.fairness.as_mut().expect("spreads come only where they were asked for");
            table.row(&fairness::row(record.round, metric, spread))?;
        }
        Ok(())
    }

    fn costs(&mut self, record: &RoundRecord) -> Result<(), Error> {
        if let Some(secure) = &mut self.secure {
            secure.round(record)?;
        }
        self.perf.row(&perf_log::row(record, self.secure.is_some()))?;
        for client in &record.clients {
            match self.federation.name(client.client) {
                None => self.client_perf.plain_row(format_args!("{}", client_perf::Line { round: record.round, record: client }))?,
                Some(name) => self.client_perf.row(&client_perf::row(record.round, name, client))?,
            }
        }
        Ok(())
    }

    /// The logs' files.
    pub(super) fn into_files(self, workspace: &Workspace) -> Result<Vec<OutputFile>, Error> {
        let always = [self.rounds, self.metrics, self.exchanges, self.perf, self.client_perf].map(Some);
        let tables = always.into_iter().chain([self.validation, self.client_metrics, self.fairness, self.federated]);
        let mut files: Vec<OutputFile> = tables.flatten().map(OutputTable::into_file).collect();
        if let Some(secure) = self.secure {
            files.extend(secure.into_files(workspace, self.federation.statistics_error)?);
        }
        Ok(files)
    }
}

/// Adds the sums of a round.
fn fill(table: &mut OutputTable, round: usize, exchanges: &[ExchangeRecord]) -> Result<(), Error> {
    exchanges.iter().enumerate().try_for_each(|(at, exchange)| table.row(&exchange_log::row(round, at, exchange)))
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

/// What a run tells of its model: what it says of the test rows, and what that is worth.
pub(super) fn of_model(workspace: &Workspace, plan: &Plan, federation: &Federation, last: &FinalModel) -> Result<Vec<OutputFile>, Error> {
    let given = given(plan, federation);
    let mut files = vec![whole(workspace, &predictions::LOG, &given, predicted(plan, federation, last))?];
    match &last.detail {
        Detail::Binary { curves: points, histogram, gains: groups, .. } => {
            files.push(whole(workspace, &scores::LOG, &given, histogram.iter().map(scores::row))?);
            if let Some(points) = points {
                files.push(whole(workspace, &curves::LOG, &given, curves::rows(points))?);
            }
            if !groups.is_empty() {
                files.push(whole(workspace, &gains::LOG, &given, (1..).zip(groups).map(|(number, group)| gains::row(number, group)))?);
            }
        }
        Detail::Multiclass { confusion: counts } => {
            files.push(whole(workspace, &confusion::LOG, &given, confusion::rows(&federation.classes, counts))?);
        }
        Detail::Regression { deciles } => {
            let rows = (1..).zip(deciles).map(|(number, decile)| calibration::row(number, decile));
            files.push(whole(workspace, &calibration::LOG, &given, rows)?);
        }
        Detail::Clusters { rows } => {
            let profiles = centroids::rows(&federation.transform, rows, last.params.as_slice());
            files.push(whole(workspace, &centroids::LOG, &given, profiles)?);
        }
        Detail::Reconstruction { features } => {
            let names = federation.transform.features.iter().map(|feature| &feature.name);
            let rows = names.zip(features).map(|(name, error)| reconstruction::row(name, error));
            files.push(whole(workspace, &reconstruction::LOG, &given, rows)?);
        }
    }
    if let Some(Trees { forest, importance: features }) = &last.trees {
        let transform = &federation.transform;
        files.push(whole(workspace, &trees::LOG, &given, trees::rows(transform, &federation.classes, forest))?);
        files.push(whole(workspace, &importance::LOG, &given, features.iter().map(|feature| importance::row(transform, feature)))?);
    }
    Ok(files)
}

fn predicted<'a>(
    plan: &Plan,
    federation: &'a Federation,
    last: &'a FinalModel,
) -> impl Iterator<Item = impl Iterator<Item = String> + use<'a>> + use<'a> {
    let (task, rows) = (plan.model.task(), &federation.test);
    let view = View { x: rows.x.rows(), labels: rows.y.all(), scores: &last.scores };
    (0..rows.y.len()).map(move |at| {
        let mark = federation.test_marks.rows.get(at);
        let id = mark.map_or("", |(_, id)| id);
        let mark = (mark.map(|(row, _)| *row), federation.test_marks.has_ids.then_some(id));
        predictions::row(mark, (at, &view), (task, &federation.classes))
    })
}

/// The parameters, one a row.
pub(super) fn of_parameters(workspace: &Workspace, names: Vec<String>, values: &[f64]) -> Result<OutputFile, Error> {
    whole(workspace, &model::LOG, &[], names.into_iter().zip(values).map(|(name, value)| model::row(name, *value)))
}

/// The parameters as estimates, where the run's learner has them.
pub(super) fn of_coefficients(
    workspace: &Workspace,
    plan: &Plan,
    prepared: &Prepared,
    standing: &Standing,
) -> Result<Option<OutputFile>, Error> {
    let newton = federation::newton(plan, prepared);
    let Some(found) = newton.and_then(|newton| newton.coefficients(&standing.state)) else { return Ok(None) };
    whole(workspace, &coefficients::LOG, &[], found.iter().map(coefficients::row)).map(Some)
}

/// What each client was dealt.
pub(super) fn of_deal(workspace: &Workspace, task: Task, stored: &Stored) -> Result<OutputFile, Error> {
    let share = |client: usize| {
        let held_out = stored.held_out.as_ref().map_or(0, |held_out| held_out.client(client).1.len());
        Share::of(stored.train.client(client).1, held_out)
    };
    let shares = (0..stored.train.ranges.len()).map(share);
    partition_table(workspace.file(partition::LOG.name)?, task, &stored.names, shares)
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
