//! The CSV files of a run, each with its columns.

use std::borrow::Cow;

use super::secure::SecureLogs;
use crate::diag::{Error, Problem};
use crate::faults::Fate;
use crate::federation::{ClientRecord, Prepared, RoundRecord};
use crate::metrics::{self, Curves, Metrics, cost};
use crate::numeric::text::{shortest, shortest_or_empty};
use crate::runs::checkpoint::LogState;
use crate::runs::{OutputFile, OutputTable, Workspace};
use crate::scenario::{Aggregation, Plan};
use crate::stage::Stage;

/// The logs that grow round by round.
#[derive(Debug)]
pub(super) struct Logs {
    rounds: OutputTable,
    metrics: OutputTable,
    client_metrics: Option<OutputTable>,
    fairness: Option<OutputTable>,
    curves: OutputTable,
    perf: OutputTable,
    client_perf: OutputTable,
    secure: Option<SecureLogs>,
}

/// Opens the logs of a run that begins, or of one that is gone on with.
pub(super) struct Opener<'a> {
    /// Where they are made.
    pub workspace: &'a Workspace,
    /// How far they had come; `None` at the beginning.
    pub from: Option<LogState>,
}

impl Opener<'_> {
    /// The table of this name.
    pub fn table(&self, name: &'static str, columns: &[&str]) -> Result<OutputTable, Error> {
        let Some(from) = &self.from else { return self.workspace.table(name, columns) };
        let mark = from.marks.iter().find(|mark| mark.name == name);
        let mark = mark.ok_or_else(|| Problem::new(format!("the checkpoint says nothing of {name}")).help("begin anew with --force"))?;
        self.workspace.table_from(mark, columns.len())
    }
}

const ROUND_COLUMNS: [&str; 8] = ["round", "outcome", "selected", "survivors", "dropped", "examples", "update_norm", "state_digest"];
const FAIRNESS_COLUMNS: [&str; 7] = ["round", "metric", "clients", "worst", "p10", "median", "gini"];
const PERF_COLUMNS: [&str; 8] =
    ["round", "duration_s", "cpu_time_s", "train_s", "aggregate_s", "evaluate_s", "upload_bytes", "download_bytes"];
const CLIENT_PERF_COLUMNS: [&str; 8] =
    ["round", "client", "fate", "examples", "train_time_s", "cpu_time_s", "upload_bytes", "download_bytes"];

/// What secure aggregation adds to `perf_log.csv`: wall seconds of its stages.
const STAGE_COLUMNS: [&str; 5] = ["advertise_s", "share_s", "masked_input_s", "consistency_s", "unmask_s"];

impl Logs {
    /// Opens the logs, with the secure sums that went before the rounds.
    pub(super) fn open(opener: Opener<'_>, plan: &Plan, prepared: &Prepared) -> Result<Self, Error> {
        let is_secure = matches!(plan.aggregation, Aggregation::Secure(_));
        let stage_columns: &[&str] = if is_secure { &STAGE_COLUMNS } else { &[] };
        let cost_columns: &[&str] = if plan.evaluation.cost.is_some() { &cost::NAMES } else { &[] };
        let metric_columns = |first: &[&'static str]| [first, &metrics::NAMES].concat();
        let if_asked = |name: &'static str, columns: &[&str]| match plan.evaluation.per_client {
            true => opener.table(name, columns).map(Some),
            false => Ok(None),
        };
        Ok(Self {
            rounds: opener.table("round_log.csv", &ROUND_COLUMNS)?,
            metrics: opener.table("metrics_log.csv", &[&metric_columns(&["round"]), cost_columns].concat())?,
            client_metrics: if_asked("client_metrics.csv", &metric_columns(&["round", "client"]))?,
            fairness: if_asked("fairness.csv", &FAIRNESS_COLUMNS)?,
            curves: opener.table("curves.csv", &["curve", "x", "y", "rows"])?,
            perf: opener.table("perf_log.csv", &[&PERF_COLUMNS, stage_columns].concat())?,
            client_perf: opener.table("client_perf.csv", &CLIENT_PERF_COLUMNS)?,
            secure: if is_secure { Some(SecureLogs::open(opener, &prepared.statistics)?) } else { None },
        })
    }

    /// Brings all rows so far to the disk, and tells how far the logs have come.
    pub(super) fn mark(&mut self) -> Result<LogState, Error> {
        let always = [&mut self.rounds, &mut self.metrics, &mut self.curves, &mut self.perf, &mut self.client_perf];
        let asked = self.client_metrics.iter_mut().chain(&mut self.fairness);
        let tables = always.into_iter().chain(asked).chain(self.secure.iter_mut().map(SecureLogs::log));
        let marks = tables.map(OutputTable::mark).collect::<Result<_, _>>()?;
        Ok(LogState { marks, secure: self.secure.as_ref().map(|secure| secure.totals().to_json()) })
    }

    /// Adds one round to every log.
    pub(super) fn round(&mut self, record: &RoundRecord) -> Result<(), Error> {
        let round = record.round.to_string();
        self.rounds.row(&[
            round.clone(),
            record.outcome.word(),
            record.selected.to_string(),
            record.survivors.to_string(),
            (record.selected - record.survivors).to_string(),
            record.examples.to_string(),
            shortest_or_empty(record.update_norm),
            record.state_digest.hex(),
        ])?;
        self.round_metrics(record, &round)?;
        if record.round > 0 {
            self.round_perf(record, &round)?;
        }
        Ok(())
    }

    fn round_metrics(&mut self, record: &RoundRecord, round: &str) -> Result<(), Error> {
        if let Some(metrics) = &record.metrics {
            let mut row = metric_row(vec![round.to_owned()], metrics);
            row.extend(record.cost.iter().flat_map(|cost| cost.values().map(shortest)));
            self.metrics.row(&row)?;
        }
        for (client, metrics) in record.client_metrics.iter().enumerate() {
            let table = self.client_metrics.as_mut().expect("client metrics come only where they were asked for");
            if let Some(metrics) = metrics {
                table.row(&metric_row(vec![round.to_owned(), (client + 1).to_string()], metrics))?;
            }
        }
        for (metric, spread) in &record.fairness {
            let table = self.fairness.as_mut().expect("spreads come only where they were asked for");
            let figures = [Some(spread.worst), Some(spread.p10), Some(spread.median), spread.gini].map(shortest_or_empty);
            table.row(&[&[round.to_owned(), (*metric).to_owned(), spread.clients.to_string()], &figures[..]].concat())?;
        }
        record.curves.iter().try_for_each(|curves| curve_rows(&mut self.curves, curves))
    }

    fn round_perf(&mut self, record: &RoundRecord, round: &str) -> Result<(), Error> {
        let timing = &record.timing;
        let seconds = [timing.total.wall, timing.total.cpu, timing.train, timing.aggregate, timing.evaluate].map(shortest);
        let bytes = [record.upload_bytes(), record.download_bytes()];
        let mut row = [&[round.to_owned()], &seconds[..], &bytes.map(|bytes| bytes.to_string())].concat();
        if let Some(secure) = &mut self.secure {
            row.extend(stage_seconds(record));
            record.secure.iter().try_for_each(|sum| secure.round(record.round, sum))?;
        }
        self.perf.row(&row)?;
        for client in &record.clients {
            let ClientRecord { client, fate, examples, train, upload_bytes, download_bytes } = client;
            let (number, fate, [wall, cpu]) = (client + 1, fate_word(*fate), [train.wall, train.cpu].map(shortest));
            self.client_perf.plain_row(format_args!("{round},{number},{fate},{examples},{wall},{cpu},{upload_bytes},{download_bytes}"))?;
        }
        Ok(())
    }

    /// The logs' files.
    pub(super) fn into_files(self, workspace: &Workspace, statistics_error: f64) -> Result<Vec<OutputFile>, Error> {
        let always = [self.rounds, self.metrics, self.curves, self.perf, self.client_perf].map(Some);
        let tables = always.into_iter().chain([self.client_metrics, self.fairness]);
        let mut files: Vec<OutputFile> = tables.flatten().map(OutputTable::into_file).collect();
        if let Some(secure) = self.secure {
            files.extend(secure.into_files(workspace, statistics_error)?);
        }
        Ok(files)
    }
}

/// The final model's curves, point after point.
fn curve_rows(table: &mut OutputTable, curves: &Curves) -> Result<(), Error> {
    for (name, points) in [("roc", &curves.roc), ("pr", &curves.precision_recall)] {
        points.iter().try_for_each(|&(x, y)| table.row(&[name.to_owned(), shortest(x), shortest(y), String::new()]))?;
    }
    for bin in &curves.calibration {
        table.row(&["calibration".to_owned(), shortest(bin.mean_score), shortest(bin.positive_share), bin.rows.to_string()])?;
    }
    Ok(())
}

/// Seconds of each stage of secure aggregation; empty where the round did not come so far.
fn stage_seconds(record: &RoundRecord) -> Vec<String> {
    let of = |stage: Stage| {
        let tally = &record.secure.as_ref()?.tally;
        let at = tally.stages.iter().position(|row| row.stage == stage)?;
        tally.seconds.get(at).map(|seconds| seconds.wall)
    };
    Stage::ALL.map(|stage| shortest_or_empty(of(stage))).to_vec()
}

fn metric_row(mut first: Vec<String>, metrics: &Metrics) -> Vec<String> {
    first.extend(metrics.values().map(shortest_or_empty));
    first
}

fn fate_word(fate: Fate) -> Cow<'static, str> {
    match fate {
        Fate::Survives => "survived".into(),
        Fate::Drops(stage) => format!("dropped_{}", stage.name()).into(),
    }
}

/// A client of the deal.
#[derive(Clone, Copy, Debug)]
pub struct Share {
    /// Rows that it trains on.
    pub examples: usize,
    /// How many of them have label 1.
    pub positives: usize,
    /// Rows that it holds out.
    pub held_out: usize,
}

/// The columns of `partition.csv`.
pub const PARTITION_COLUMNS: [&str; 5] = ["client", "examples", "positives", "positive_share", "held_out"];

impl Share {
    /// Of a client that trains on rows of these labels and holds so many out.
    pub fn of(labels: impl ExactSizeIterator<Item = bool>, held_out: usize) -> Self {
        Self { examples: labels.len(), positives: labels.filter(|&label| label).count(), held_out }
    }

    /// The share of label 1 among the rows that it trains on; `None` if there are none.
    pub fn positive_share(&self) -> Option<f64> {
        (self.examples > 0).then(|| self.positives as f64 / self.examples as f64)
    }
}

/// `partition.csv` in an empty file: the clients in their order.
///
/// # Errors
/// When it can't be written.
pub fn partition_table(file: OutputFile, clients: impl Iterator<Item = Share>) -> Result<OutputFile, Error> {
    let mut table = OutputTable::begin(file, &PARTITION_COLUMNS)?;
    for (client, share) in clients.enumerate() {
        let counts = [client + 1, share.examples, share.positives, share.held_out].map(|count| count.to_string());
        let [number, examples, positives, held_out] = counts;
        table.row(&[number, examples, positives, shortest_or_empty(share.positive_share()), held_out])?;
    }
    Ok(table.into_file())
}
