//! `secagg_log.csv`.

use super::column::{Column, Group, Log};
use super::filling::{Filling, Run, Sink};
use super::sizes::{Length, STATISTICS};
use super::unit::Unit;
use crate::diag::Error;
use crate::exchange::SecureRecord;
use crate::federation::RoundRecord;
use crate::numeric::text::shortest;
use crate::scenario::Aggregation;
use crate::secagg::tally::Counts;

/// What each stage of each secure sum took.
pub const LOG: Log = Log::reproducible(
    "secagg_log.csv",
    "What each stage of each sum took; round 0 is preprocessing. Left with secure aggregation.",
    &[Group::always(&COLUMNS)],
    Length::of_numbers(|sizes| (sizes.measured() + STATISTICS) * STATISTICS),
)
.filled(Filling::ByRound { is_left: |run| matches!(run.plan.aggregation, Aggregation::Secure(_)), fill });

const COLUMNS: [Column; 16] = [
    Column::new("round", "Round", Unit::Plain, ""),
    Column::new("sum", "Sum", Unit::Text, "what was summed"),
    Column::new("stage", "Stage", Unit::Text, ""),
    Column::new("participants", "Participants", Unit::Plain, "clients that came through the stage"),
    Column::new("dropped", "Dropped", Unit::Plain, ""),
    Column::new("threshold", "Threshold", Unit::Plain, "clients that it takes"),
    Column::new("up_bytes_mean", "Sent, mean", Unit::Bytes, "a client, as the next three"),
    Column::new("up_bytes_max", "Sent, most", Unit::Bytes, ""),
    Column::new("down_bytes_mean", "Received, mean", Unit::Bytes, ""),
    Column::new("down_bytes_max", "Received, most", Unit::Bytes, ""),
    Column::new("agreements", "Agreements", Unit::Plain, "of X25519, both ends counted"),
    Column::new("prg_bytes", "Mask bytes", Unit::Bytes, "expanded from seeds"),
    Column::new("boxes", "Boxes", Unit::Plain, "sealed or opened"),
    Column::new("shares", "Shares", Unit::Plain, "dealt or combined"),
    Column::new("signatures", "Signatures", Unit::Plain, "made or checked"),
    Column::new("ignored", "Ignored", Unit::Plain, "messages and shares that were not what the protocol asks for"),
];

/// Round 0 has what went before the rounds.
fn fill(run: &Run<'_>, record: &RoundRecord, sink: &mut dyn Sink) -> Result<(), Error> {
    let sums = if record.round == 0 { &run.prepared.statistics } else { &record.exchanges };
    let secure = sums.iter().filter_map(|sum| sum.secure.as_ref());
    secure.flat_map(|sum| rows(record.round, sum)).try_for_each(|row| sink.row(&row))
}

/// The rows of a sum, one a stage.
fn rows(round: usize, record: &SecureRecord) -> impl Iterator<Item = Vec<String>> {
    record.tally.stages.iter().map(move |row| {
        let Counts { agreements, prg_bytes, boxes, shares, signatures, ignored } = row.counts;
        let first = [
            round.to_string(),
            record.purpose.to_owned(),
            row.stage.name().to_owned(),
            row.participants.to_string(),
            row.dropped().to_string(),
            record.agreement.threshold().to_string(),
            shortest(row.up_mean()),
            row.up.max.to_string(),
            shortest(row.down_mean()),
            row.down.max.to_string(),
        ];
        let counts = [agreements, prg_bytes, boxes, shares, signatures, ignored].map(|count| count.to_string());
        first.into_iter().chain(counts).collect()
    })
}
