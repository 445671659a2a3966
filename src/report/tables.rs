//! The CSV files of a run, each with its columns.

use std::borrow::Cow;
use std::path::Path;

use super::output::{OutputFile, OutputTable};
use super::secure::SecureLogs;
use crate::diag::Error;
use crate::faults::Fate;
use crate::federation::{ClientRecord, History, Prepared, RoundRecord};
use crate::metrics::{self, Curves, Metrics, cost};
use crate::numeric::text::{shortest, shortest_or_empty};
use crate::scenario::{Aggregation, Plan};
use crate::stage::Stage;
use crate::timing::Seconds;

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
    summary: OutputTable,
    secure: Option<SecureLogs>,
    totals: Totals,
}

/// Sums over all rounds.
#[derive(Debug, Default)]
struct Totals {
    rounds: usize,
    aborted: usize,
    clients: usize,
    client_rounds: usize,
    upload_bytes: u64,
    download_bytes: u64,
    round_seconds: Vec<Seconds>,
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
    /// Opens the logs in `folder`, with the secure sums that went before the rounds.
    pub(super) fn create(folder: &Path, plan: &Plan, prepared: &Prepared) -> Result<Self, Error> {
        let is_secure = matches!(plan.aggregation, Aggregation::Secure(_));
        let stage_columns: &[&str] = if is_secure { &STAGE_COLUMNS } else { &[] };
        let cost_columns: &[&str] = if plan.evaluation.cost.is_some() { &cost::NAMES } else { &[] };
        let metric_columns = |first: &[&'static str]| [first, &metrics::NAMES].concat();
        let if_asked = |name: &str, columns: &[&str]| match plan.evaluation.per_client {
            true => OutputTable::create(&folder.join(name), columns).map(Some),
            false => Ok(None),
        };
        Ok(Self {
            rounds: OutputTable::create(&folder.join("round_log.csv"), &ROUND_COLUMNS)?,
            metrics: OutputTable::create(&folder.join("metrics_log.csv"), &[&metric_columns(&["round"]), cost_columns].concat())?,
            client_metrics: if_asked("client_metrics.csv", &metric_columns(&["round", "client"]))?,
            fairness: if_asked("fairness.csv", &FAIRNESS_COLUMNS)?,
            curves: OutputTable::create(&folder.join("curves.csv"), &["curve", "x", "y", "rows"])?,
            perf: OutputTable::create(&folder.join("perf_log.csv"), &[&PERF_COLUMNS, stage_columns].concat())?,
            client_perf: OutputTable::create(&folder.join("client_perf.csv"), &CLIENT_PERF_COLUMNS)?,
            summary: OutputTable::create(&folder.join("performance_summary.csv"), &["metric", "value"])?,
            secure: if is_secure { Some(SecureLogs::create(folder, &prepared.statistics)?) } else { None },
            totals: Totals { clients: prepared.federation.client_count(), ..Totals::default() },
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
        self.totals.rounds += 1;
        self.totals.aborted += usize::from(record.outcome.is_aborted());
        self.totals.client_rounds += record.survivors;
        self.totals.upload_bytes += bytes[0];
        self.totals.download_bytes += bytes[1];
        self.totals.round_seconds.push(timing.total);
        Ok(())
    }

    /// The logs' files, with the summary of all rounds.
    pub(super) fn into_files(mut self, history: &History) -> Result<Vec<OutputFile>, Error> {
        for (metric, value) in self.totals.summary(history) {
            self.summary.row(&[metric.to_owned(), value])?;
        }
        let always = [self.rounds, self.metrics, self.curves, self.perf, self.client_perf, self.summary].map(Some);
        let tables = always.into_iter().chain([self.client_metrics, self.fairness]);
        let mut files: Vec<OutputFile> = tables.flatten().map(OutputTable::into_file).collect();
        if let Some(secure) = self.secure {
            files.extend(secure.into_files()?);
        }
        Ok(files)
    }
}

impl Totals {
    fn summary(&self, history: &History) -> Vec<(&'static str, String)> {
        // The nearest-rank quantile.
        let quantile = |share: f64, of: fn(&Seconds) -> f64| {
            let mut seconds: Vec<f64> = self.round_seconds.iter().map(of).collect();
            seconds.sort_unstable_by(f64::total_cmp);
            let rank = (share * seconds.len() as f64).ceil() as usize;
            shortest_or_empty(seconds.get(rank.saturating_sub(1)).copied())
        };
        let wall_s = |seconds: &Seconds| seconds.wall;
        let cpu_s = |seconds: &Seconds| seconds.cpu;
        let per = |bytes: u64, count: usize| bytes.checked_div(count as u64).map(|bytes| bytes.to_string()).unwrap_or_default();
        let wall = history.seconds.wall;
        vec![
            ("rounds", self.rounds.to_string()),
            ("rounds_aborted", self.aborted.to_string()),
            ("wall_s", shortest(wall)),
            ("cpu_s", shortest(history.seconds.cpu)),
            ("round_s_median", quantile(0.5, wall_s)),
            ("round_s_p95", quantile(0.95, wall_s)),
            ("round_cpu_s_median", quantile(0.5, cpu_s)),
            ("round_cpu_s_p95", quantile(0.95, cpu_s)),
            ("upload_bytes", self.upload_bytes.to_string()),
            ("download_bytes", self.download_bytes.to_string()),
            ("upload_bytes_per_client", per(self.upload_bytes, self.clients)),
            ("download_bytes_per_client", per(self.download_bytes, self.clients)),
            ("upload_bytes_per_round", per(self.upload_bytes, self.rounds)),
            ("download_bytes_per_round", per(self.download_bytes, self.rounds)),
            ("clients_per_s", shortest_or_empty((wall > 0.0).then(|| self.client_rounds as f64 / wall))),
        ]
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
    pub positives: f64,
    /// Rows that it holds out.
    pub held_out: usize,
}

/// The columns of `partition.csv`.
pub const PARTITION_COLUMNS: [&str; 5] = ["client", "examples", "positives", "positive_share", "held_out"];

impl Share {
    /// Of a client that trains on rows of these labels, 0 or 1, and holds so many out.
    pub fn of(labels: impl ExactSizeIterator<Item = f64>, held_out: usize) -> Self {
        Self { examples: labels.len(), positives: labels.sum(), held_out }
    }

    /// The share of label 1 among the rows that it trains on.
    pub fn positive_share(&self) -> f64 {
        self.positives / self.examples as f64
    }
}

/// `partition.csv` at `path`: the clients in their order.
///
/// # Errors
/// When it can't be written.
pub fn partition_table(path: &Path, clients: impl Iterator<Item = Share>) -> Result<OutputFile, Error> {
    let mut table = OutputTable::create(path, &PARTITION_COLUMNS)?;
    for (client, share) in clients.enumerate() {
        let [number, examples, held_out] = [client + 1, share.examples, share.held_out].map(|count| count.to_string());
        table.row(&[number, examples, shortest(share.positives), shortest(share.positive_share()), held_out])?;
    }
    Ok(table.into_file())
}
