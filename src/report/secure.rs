//! What a reviewer asks first of secure aggregation, in `secagg_summary.csv`.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::diag::{Error, Problem};
use crate::exchange::{SecureRecord, SecureTerms};
use crate::federation::{self, Prepared, RoundRecord, first_broken};
use crate::numeric::text::{shortest, shortest_or_empty};
use crate::scenario::Plan;
use crate::secagg::agreement::{Agreement, Shape};
use crate::secagg::tally::paper_expansion;

/// Over all sums of updates.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct SecureTotals {
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
    /// A sum of the largest cohort.
    largest: Option<Largest>,
    /// The fewest inputs that any sum had.
    fewest: usize,
}

/// What is told of the largest cohort.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Largest {
    agreement: Agreement,
    length: usize,
    headroom_bits: u32,
    input_bits: u32,
}

impl SecureTotals {
    /// As a checkpoint keeps them.
    pub(super) fn to_json(&self) -> Box<RawValue> {
        serde_json::value::to_raw_value(self).expect("finite numbers can be written")
    }

    /// Adds a round's sums, of which the first is that of updates.
    pub(super) fn round(&mut self, record: &RoundRecord) {
        record.secure().take(1).for_each(|sum| self.add(sum));
    }

    /// The rows of `secagg_summary.csv`; statistics may be off by so much of their columns' spreads.
    pub(super) fn summary(&self, statistics_error: f64) -> Vec<[String; 3]> {
        let of_statistics = ("statistics_error_max", shortest(statistics_error));
        let figures = self.figures().into_iter().chain([of_statistics]);
        let mut rows: Vec<[String; 3]> = figures.map(|(metric, value)| [metric.to_owned(), String::new(), value]).collect();
        for row in self.largest.iter().flat_map(|largest| largest.agreement.collusion_table(self.fewest)) {
            let colluders = row.colluders.to_string();
            let safe = if row.is_safe { "yes" } else { "no" };
            rows.push(["collusion_is_safe".to_owned(), colluders.clone(), safe.to_owned()]);
            rows.push(["honest_inputs_left".to_owned(), colluders, row.honest_left.to_string()]);
        }
        rows
    }

    /// What a checkpoint kept; nothing where it kept nothing.
    pub(super) fn from_json(kept: Option<&RawValue>) -> Result<Self, Error> {
        let Some(kept) = kept else { return Ok(Self::default()) };
        let broken = |what: String| Problem::new(format!("the checkpoint has {what}")).help("begin anew with --force");
        Ok(Self::read(kept).map_err(broken)?)
    }

    /// What these words of a checkpoint spell.
    pub(super) fn read(kept: &RawValue) -> Result<Self, String> {
        serde_json::from_str(kept.get()).map_err(|cause| format!("secure sums that can't be read: {cause}"))
    }

    /// Wants what the sums of so many rounds can have come to: nothing here is used before it is known to be this plan's.
    pub(super) fn check(&self, plan: &Plan, prepared: &Prepared, round: usize) -> Result<(), String> {
        let clients = prepared.federation.client_count();
        // No run counts so far, and adding to it stays within 64 bits.
        let is_count = |count: &u64| *count <= 1 << 62;
        let is_size = |size: &f64| size.is_finite() && *size >= 0.0;
        let is_planned = |largest: &Largest| {
            let Largest { agreement, length, headroom_bits, input_bits } = *largest;
            let found = SecureTerms { agreement, length, headroom_bits, input_bits };
            federation::secure_terms(plan, prepared, agreement.clients()) == Some(found)
        };
        first_broken([
            (self.sums <= round as u64 && self.aborted <= self.sums, "more secure sums than rounds"),
            ([self.bytes, self.wasted_bytes, self.values].iter().all(is_count), "a count of secure sums that no run reaches"),
            (self.clipped <= self.values, "more clipped values than values"),
            ([self.clear_bits, self.rounding_error].iter().all(is_size), "a size of secure sums that is below 0"),
            (self.margin.unwrap_or(0) <= clients && self.fewest <= clients, "more inputs of a secure sum than clients"),
            (self.largest.is_some() == (self.aborted < self.sums), "secure sums without a cohort, or a cohort without sums"),
            (self.largest.as_ref().is_none_or(is_planned), "another agreement than the cohort's"),
        ])
    }

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
        let SecureRecord { agreement, length, headroom_bits, input_bits, .. } = *record;
        let summed = record.survivors.len();
        match &self.largest {
            None => self.fewest = summed,
            Some(_) => self.fewest = self.fewest.min(summed),
        }
        if self.largest.is_none_or(|largest| largest.agreement.clients() < agreement.clients()) {
            self.largest = Some(Largest { agreement, length, headroom_bits, input_bits });
        }
    }

    fn figures(&self) -> Vec<(&'static str, String)> {
        let share = |part: f64, whole: f64| (whole > 0.0).then(|| part / whole);
        let largest = self.largest.as_ref();
        let agreed = |figure: fn(&Agreement) -> usize| largest.map(|of| figure(&of.agreement).to_string()).unwrap_or_default();
        let paper = largest.map(|of| paper_expansion(of.agreement.clients(), of.length, of.input_bits));
        vec![
            ("sums", self.sums.to_string()),
            ("sums_aborted", self.aborted.to_string()),
            ("clients", agreed(Agreement::clients)),
            ("threshold", agreed(Agreement::threshold)),
            ("margin_least", self.margin.map(|margin| margin.to_string()).unwrap_or_default()),
            ("fewest_inputs_in_a_sum", largest.map(|_| self.fewest.to_string()).unwrap_or_default()),
            ("modulus_bits", largest.map(|of| of.agreement.ring().bits().to_string()).unwrap_or_default()),
            ("headroom_bits", largest.map(|of| of.headroom_bits.to_string()).unwrap_or_default()),
            ("bytes", self.bytes.to_string()),
            ("bytes_wasted", self.wasted_bytes.to_string()),
            ("expansion", shortest_or_empty(share(self.bytes as f64 * 8.0, self.clear_bits))),
            ("expansion_by_the_papers_formula", shortest_or_empty(paper)),
            ("clip_rate", shortest_or_empty(share(self.clipped as f64, self.values as f64))),
            ("rounding_error_max", shortest(self.rounding_error)),
        ]
    }
}
