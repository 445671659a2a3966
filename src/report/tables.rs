//! The CSV files of a run, each with its columns.

use std::path::Path;

use super::output::{OutputFile, OutputTable};
use super::secure::SecureLogs;
use crate::diag::Error;
use crate::faults::Fate;
use crate::federation::{History, RoundRecord, SecureRecord};
use crate::metrics::{self, Metrics};
use crate::numeric::text::{shortest, shortest_or_empty};
use crate::scenario::{Aggregation, Plan};
use crate::stage::Stage;

/// The logs that grow round by round.
#[derive(Debug)]
pub(super) struct Logs {
    rounds: OutputTable,
    metrics: OutputTable,
    client_metrics: Option<OutputTable>,
    perf: OutputTable,
    client_perf: OutputTable,
    summary: OutputTable,
    secure: Option<SecureLogs>,
    totals: Totals,
}

/// Sums over all rounds.
#[derive(Debug, Default)]
struct Totals {
    rounds: usize,
    aborted: usize,
    client_rounds: usize,
    upload_bytes: u64,
    download_bytes: u64,
    round_seconds: Vec<f64>,
}

const ROUND_COLUMNS: [&str; 8] = ["round", "outcome", "selected", "survivors", "dropped", "examples", "update_norm", "state_digest"];
const PERF_COLUMNS: [&str; 8] =
    ["round", "duration_s", "cpu_time_s", "train_s", "aggregate_s", "evaluate_s", "upload_bytes", "download_bytes"];
const CLIENT_PERF_COLUMNS: [&str; 8] =
    ["round", "client", "fate", "examples", "train_time_s", "cpu_time_s", "upload_bytes", "download_bytes"];

/// What secure aggregation adds to `perf_log.csv`: wall seconds of its stages.
const STAGE_COLUMNS: [&str; 5] = ["advertise_s", "share_s", "masked_input_s", "consistency_s", "unmask_s"];

impl Logs {
    /// Opens the logs in `folder`; `statistics` are the secure sums that went before the rounds.
    pub(super) fn create(folder: &Path, plan: &Plan, statistics: &[SecureRecord]) -> Result<Self, Error> {
        let is_secure = matches!(plan.aggregation, Aggregation::Secure(_));
        let stage_columns: &[&str] = if is_secure { &STAGE_COLUMNS } else { &[] };
        let metric_columns = |first: &[&'static str]| [first, &metrics::NAMES].concat();
        let client_metrics = || OutputTable::create(&folder.join("client_metrics.csv"), &metric_columns(&["round", "client"]));
        Ok(Self {
            rounds: OutputTable::create(&folder.join("round_log.csv"), &ROUND_COLUMNS)?,
            metrics: OutputTable::create(&folder.join("metrics_log.csv"), &metric_columns(&["round"]))?,
            client_metrics: if plan.evaluation.per_client { Some(client_metrics()?) } else { None },
            perf: OutputTable::create(&folder.join("perf_log.csv"), &[&PERF_COLUMNS, stage_columns].concat())?,
            client_perf: OutputTable::create(&folder.join("client_perf.csv"), &CLIENT_PERF_COLUMNS)?,
            summary: OutputTable::create(&folder.join("performance_summary.csv"), &["metric", "value"])?,
            secure: if is_secure { Some(SecureLogs::create(folder, statistics)?) } else { None },
            totals: Totals::default(),
        })
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
        if let Some(metrics) = &record.metrics {
            self.metrics.row(&metric_row(vec![round.clone()], metrics))?;
        }
        for (client, metrics) in record.client_metrics.iter().enumerate() {
            let table = self.client_metrics.as_mut().expect("client metrics come only where they were asked for");
            table.row(&metric_row(vec![round.clone(), (client + 1).to_string()], metrics))?;
        }
        if record.round > 0 {
            self.round_perf(record, &round)?;
        }
        Ok(())
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
            self.client_perf.row(&[
                round.to_owned(),
                (client.client + 1).to_string(),
                fate_word(client.fate),
                client.examples.to_string(),
                shortest(client.train.wall),
                shortest(client.train.cpu),
                client.upload_bytes.to_string(),
                client.download_bytes.to_string(),
            ])?;
        }
        self.totals.rounds += 1;
        self.totals.aborted += usize::from(record.outcome.is_aborted());
        self.totals.client_rounds += record.survivors;
        self.totals.upload_bytes += bytes[0];
        self.totals.download_bytes += bytes[1];
        self.totals.round_seconds.push(timing.total.wall);
        Ok(())
    }

    /// The logs' files, with the summary of all rounds.
    pub(super) fn into_files(mut self, history: &History) -> Result<Vec<OutputFile>, Error> {
        for (metric, value) in self.totals.summary(history) {
            self.summary.row(&[metric.to_owned(), value])?;
        }
        let tables =
            [Some(self.rounds), Some(self.metrics), self.client_metrics, Some(self.perf), Some(self.client_perf), Some(self.summary)];
        let mut files = tables.into_iter().flatten().map(OutputTable::into_file).collect::<Result<Vec<_>, Error>>()?;
        if let Some(secure) = self.secure {
            files.extend(secure.into_files()?);
        }
        Ok(files)
    }
}

impl Totals {
    fn summary(&mut self, history: &History) -> Vec<(&'static str, String)> {
        self.round_seconds.sort_unstable_by(f64::total_cmp);
        // The nearest-rank quantile.
        let quantile = |share: f64| {
            let rank = (share * self.round_seconds.len() as f64).ceil() as usize;
            self.round_seconds.get(rank.saturating_sub(1)).copied()
        };
        let rounds = (self.rounds > 0).then_some(self.rounds as u64);
        let per_round = |bytes: u64| rounds.map(|rounds| (bytes / rounds).to_string()).unwrap_or_default();
        let wall = history.seconds.wall;
        vec![
            ("rounds", self.rounds.to_string()),
            ("rounds_aborted", self.aborted.to_string()),
            ("wall_s", shortest(wall)),
            ("cpu_s", shortest(history.seconds.cpu)),
            ("round_s_median", shortest_or_empty(quantile(0.5))),
            ("round_s_p95", shortest_or_empty(quantile(0.95))),
            ("upload_bytes", self.upload_bytes.to_string()),
            ("download_bytes", self.download_bytes.to_string()),
            ("upload_bytes_per_round", per_round(self.upload_bytes)),
            ("download_bytes_per_round", per_round(self.download_bytes)),
            ("clients_per_s", shortest_or_empty((wall > 0.0).then(|| self.client_rounds as f64 / wall))),
        ]
    }
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

fn fate_word(fate: Fate) -> String {
    match fate {
        Fate::Survives => "survived".to_owned(),
        Fate::Drops(stage) => format!("dropped_{}", stage.name()),
    }
}

/// `partition.csv` at `path`: each client's examples, positives and their share, of its labels, 0 or 1.
///
/// # Errors
/// When it can't be written.
pub fn partition_table(path: &Path, clients: impl Iterator<Item = Vec<f64>>) -> Result<OutputFile, Error> {
    let mut table = OutputTable::create(path, &["client", "examples", "positives", "positive_share"])?;
    for (client, labels) in clients.enumerate() {
        let positives: f64 = labels.iter().sum();
        let share = positives / labels.len() as f64;
        table.row(&[(client + 1).to_string(), labels.len().to_string(), shortest(positives), shortest(share)])?;
    }
    table.into_file()
}
