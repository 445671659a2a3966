//! What secure aggregation leaves behind: a line a stage in `secagg_log.csv`, and what a reviewer asks first in
//! `secagg_summary.csv`.

use std::path::Path;

use super::output::{OutputFile, OutputTable};
use crate::diag::Error;
use crate::federation::SecureRecord;
use crate::numeric::text::{shortest, shortest_or_empty};
use crate::secagg::agreement::{Agreement, Shape};
use crate::secagg::tally::paper_expansion;

const LOG_COLUMNS: [&str; 15] = [
    "round",
    "sum",
    "stage",
    "participants",
    "dropped",
    "threshold",
    "up_bytes_mean",
    "up_bytes_max",
    "down_bytes_mean",
    "down_bytes_max",
    "agreements",
    "prg_bytes",
    "boxes",
    "shares",
    "signatures",
];

/// The two tables of secure aggregation, being filled.
#[derive(Debug)]
pub(super) struct SecureLogs {
    log: OutputTable,
    summary: OutputTable,
    totals: Totals,
}

/// Over all sums of updates.
#[derive(Debug, Default)]
struct Totals {
    sums: u64,
    aborted: u64,
    wasted_bytes: u64,
    bytes: u64,
    clear_bits: f64,
    values: u64,
    clipped: u64,
    rounding_error: f64,
    /// The fewest clients above the threshold that any sum ended with.
    margin: Option<usize>,
    /// A sum of the largest cohort, and the fewest inputs that any sum had.
    largest: Option<(SecureRecord, usize)>,
}

impl SecureLogs {
    /// Opens the tables, with the sums that preprocessing needed as round 0.
    pub(super) fn create(folder: &Path, statistics: &[SecureRecord]) -> Result<Self, Error> {
        let mut logs = Self {
            log: OutputTable::create(&folder.join("secagg_log.csv"), &LOG_COLUMNS)?,
            summary: OutputTable::create(&folder.join("secagg_summary.csv"), &["metric", "colluders", "value"])?,
            totals: Totals::default(),
        };
        statistics.iter().enumerate().try_for_each(|(at, record)| logs.stages(0, &format!("statistics_{}", at + 1), record))?;
        Ok(logs)
    }

    /// Adds a round's sum of updates.
    pub(super) fn round(&mut self, round: usize, record: &SecureRecord) -> Result<(), Error> {
        self.totals.add(record);
        self.stages(round, "updates", record)
    }

    fn stages(&mut self, round: usize, sum: &str, record: &SecureRecord) -> Result<(), Error> {
        for row in &record.tally.stages {
            let counts = [row.counts.agreements, row.counts.prg_bytes, row.counts.boxes, row.counts.shares, row.counts.signatures];
            let first = [
                round.to_string(),
                sum.to_owned(),
                row.stage.name().to_owned(),
                row.participants.to_string(),
                row.dropped().to_string(),
                record.agreement.threshold().to_string(),
                shortest(row.up_mean()),
                row.up.max.to_string(),
                shortest(row.down_mean()),
                row.down.max.to_string(),
            ];
            self.log.row(&[&first[..], &counts.map(|count| count.to_string())].concat())?;
        }
        Ok(())
    }

    /// The files, with the summary of all rounds.
    pub(super) fn into_files(mut self) -> Result<[OutputFile; 2], Error> {
        for (metric, value) in self.totals.figures() {
            self.summary.row(&[metric.to_owned(), String::new(), value])?;
        }
        if let Some((record, fewest)) = &self.totals.largest {
            for row in record.agreement.collusion_table(*fewest) {
                let colluders = row.colluders.to_string();
                let safe = if row.is_safe { "yes" } else { "no" };
                self.summary.row(&["collusion_is_safe", &colluders, safe])?;
                self.summary.row(&["honest_inputs_left", &colluders, &row.honest_left.to_string()])?;
            }
        }
        Ok([self.log.into_file(), self.summary.into_file()])
    }
}

impl Totals {
    fn add(&mut self, record: &SecureRecord) {
        let tally = &record.tally;
        self.sums += 1;
        self.wasted_bytes += tally.wasted_bytes;
        self.bytes += tally.bytes_up() + tally.bytes_down();
        self.clear_bits += record.agreement.clients() as f64 * record.length as f64 * f64::from(record.input_bits);
        self.values += record.values;
        self.clipped += record.clipped;
        self.rounding_error = self.rounding_error.max(record.rounding_error);
        if record.abort.is_some() {
            self.aborted += 1;
            return;
        }
        // Among k neighbours it is not the cohort's size that counts.
        if let Shape::Complete { threshold } = record.agreement.shape() {
            let last = tally.stages.last().map_or(0, |stage| stage.participants);
            self.margin = Some(self.margin.map_or(last - threshold, |least| least.min(last - threshold)));
        }
        let clients = |record: &SecureRecord| record.agreement.clients();
        self.largest = match self.largest.take() {
            Some((largest, fewest)) if clients(&largest) >= clients(record) => Some((largest, fewest.min(record.summed))),
            Some((_, fewest)) => Some((record.clone(), fewest.min(record.summed))),
            None => Some((record.clone(), record.summed)),
        };
    }

    fn figures(&self) -> Vec<(&'static str, String)> {
        let share = |part: f64, whole: f64| (whole > 0.0).then(|| part / whole);
        let largest = self.largest.as_ref().map(|(record, _)| record);
        let agreed = |figure: fn(&Agreement) -> usize| largest.map(|record| figure(&record.agreement).to_string()).unwrap_or_default();
        let paper = largest.map(|record| paper_expansion(record.agreement.clients(), record.length, record.input_bits));
        vec![
            ("sums", self.sums.to_string()),
            ("sums_aborted", self.aborted.to_string()),
            ("clients", agreed(Agreement::clients)),
            ("threshold", agreed(Agreement::threshold)),
            ("margin_least", self.margin.map(|margin| margin.to_string()).unwrap_or_default()),
            ("fewest_inputs_in_a_sum", self.largest.as_ref().map(|(_, fewest)| fewest.to_string()).unwrap_or_default()),
            ("modulus_bits", largest.map(|record| record.agreement.ring().bits().to_string()).unwrap_or_default()),
            ("headroom_bits", largest.map(|record| record.headroom_bits.to_string()).unwrap_or_default()),
            ("bytes", self.bytes.to_string()),
            ("bytes_wasted", self.wasted_bytes.to_string()),
            ("expansion", shortest_or_empty(share(self.bytes as f64 * 8.0, self.clear_bits))),
            ("expansion_by_the_papers_formula", shortest_or_empty(paper)),
            ("clip_rate", shortest_or_empty(share(self.clipped as f64, self.values as f64))),
            ("rounding_error_max", shortest(self.rounding_error)),
        ]
    }
}
