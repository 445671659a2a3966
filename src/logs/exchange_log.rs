//! `exchange_log.csv`.

use super::column::{Column, Group, Log};
use super::filling::{Filling, Run, Sink};
use super::sizes::{Length, STATISTICS};
use super::unit::Unit;
use crate::diag::Error;
use crate::exchange::ExchangeRecord;
use crate::federation::RoundRecord;
use crate::form::Read;

/// What left the clients.
pub const LOG: Log = Log::reproducible(
    "exchange_log.csv",
    "Everything that the clients were asked for, a sum a line; round 0 is preprocessing. A round that too few clients reach has none.",
    &[Group::always(&COLUMNS)],
    Length::of_numbers(|sizes| sizes.measured() * EXCHANGES + STATISTICS),
)
.filled(Filling::ByRound { is_left: |_| true, fill });

/// Sums that a round takes are fewer.
const EXCHANGES: u64 = 16;

const COLUMNS: [Column; 11] = [
    Column::new("round", "Round", Unit::Plain, ""),
    Column::new("exchange", "Exchange", Unit::Plain, "its number in the round, from 1"),
    Column::new("sum", "Sum", Unit::Text, "what was summed"),
    Column::new(
        "read",
        "Read as",
        Unit::Text,
        "what the server makes of the answers: their weighted `mean`, their `sum`, whether `any` client says so, or nothing: it sees each, `apart`",
    ),
    Column::new(
        "outcome",
        "Outcome",
        Unit::Text,
        "`completed`, `aborted_` and a stage of secure aggregation, or in the clear `cut_short`: a client of the round's first sum is \
         missing; after either in a later sum the round's outcome is `tree_cut_short_` and after how many sums",
    ),
    Column::new("asked", "Asked", Unit::Plain, "clients"),
    Column::new("answered", "Answered", Unit::Plain, "clients in the sum"),
    Column::new("numbers", "Numbers", Unit::Plain, "that a client sends; at most, where answers stay apart"),
    Column::new("bits", "Bits", Unit::Plain, "that each of them takes on its way"),
    Column::new("upload_bytes", "Uploaded", Unit::Bytes, "by all clients"),
    Column::new("download_bytes", "Downloaded", Unit::Bytes, "by all clients: the model, or what a statistic is about, and masks' keys"),
];

/// Round 0 has what went before the rounds.
fn fill(run: &Run<'_>, record: &RoundRecord, sink: &mut dyn Sink) -> Result<(), Error> {
    let sums = if record.round == 0 { &run.prepared.statistics } else { &record.exchanges };
    sums.iter().enumerate().try_for_each(|(at, sum)| sink.row(&row(record.round, at, sum)))
}

/// The row of a sum, whose place among those of its round is `at`.
fn row(round: usize, at: usize, record: &ExchangeRecord) -> [String; 11] {
    let read = match record.form.read {
        Read::Mean => "mean",
        Read::Total { .. } => "sum",
        Read::Any => "any",
        Read::Apart => "apart",
    };
    let bytes = |of: &[u64]| of.iter().sum::<u64>().to_string();
    [
        round.to_string(),
        (at + 1).to_string(),
        record.form.name.to_owned(),
        read.to_owned(),
        outcome(record),
        record.asked.to_string(),
        record.answered.to_string(),
        record.form.numbers.to_string(),
        record.bits.to_string(),
        bytes(&record.upload_bytes),
        bytes(&record.download_bytes),
    ]
}

/// How a sum ended: in the clear one without answers is one that did not come about.
fn outcome(record: &ExchangeRecord) -> String {
    match record.abort() {
        Some(abort) => format!("aborted_{}", abort.stage.name()),
        None if record.answered == 0 => "cut_short".to_owned(),
        None => "completed".to_owned(),
    }
}
