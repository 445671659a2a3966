//! `round_log.csv`.

use super::column::{Column, Group, Log};
use super::filling::{Filling, Run, Sink};
use super::sizes::{Length, Sizes};
use super::unit::Unit;
use crate::diag::Error;
use crate::federation::RoundRecord;
use crate::numeric::text::shortest_or_empty;

/// How each round ended.
pub const LOG: Log = Log::reproducible(
    "round_log.csv",
    "How each round ended; round 0 is the model before training.",
    &[Group::always(&COLUMNS)],
    Length::of_numbers(Sizes::measured),
)
.filled(Filling::ByRound { is_left: |_| true, fill });

const COLUMNS: [Column; 8] = [
    Column::new("round", "Round", Unit::Plain, "from 1; 0 is the start"),
    Column::new(
        "outcome",
        "Outcome",
        Unit::Text,
        "`start`, `completed`, `stopped_early`, `settled`, `aborted_too_few_survivors`, `aborted_` and a stage, or \
         `tree_cut_short_` and after how many sums: a client was lost on the way, and the round's trees end where they were",
    ),
    Column::new("selected", "Selected", Unit::Plain, "clients that were to take part"),
    Column::new("survivors", "Survivors", Unit::Plain, "clients that answered"),
    Column::new("dropped", "Dropped", Unit::Plain, "clients that failed"),
    Column::new("examples", "Examples", Unit::Plain, "training rows of the survivors; in other tables, of the client"),
    Column::new("update_norm", "Update norm", Unit::Measure, "Euclidean length of the model's move; empty if it stands"),
    Column::new("state_digest", "State digest", Unit::Text, "SHA-256 chain over all models so far"),
];

fn fill(_: &Run<'_>, record: &RoundRecord, sink: &mut dyn Sink) -> Result<(), Error> {
    sink.row(&[
        record.round.to_string(),
        record.outcome.word(),
        record.selected.to_string(),
        record.survivors.to_string(),
        (record.selected - record.survivors).to_string(),
        record.examples.to_string(),
        shortest_or_empty(record.update_norm),
        record.state_digest.hex(),
    ])
}
