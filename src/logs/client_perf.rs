//! `client_perf.csv`, by far the longest table.

use std::borrow::Cow;
use std::fmt;

use super::column::{CLIENT, Column, Group, Log};
use super::filling::{Filling, Run, Sink};
use super::sizes::Length;
use super::unit::Unit;
use crate::diag::Error;
use crate::faults::Fate;
use crate::federation::{ClientRecord, RoundRecord};
use crate::numeric::text::shortest;

/// What each client's part in each round cost.
pub const LOG: Log = Log::varying(
    "client_perf.csv",
    "What each client's part in each round cost.",
    &[Group::always(&ROUND), CLIENT[0], CLIENT[1], Group::always(&COLUMNS)],
    Length::of_named(|sizes| sizes.measured().saturating_mul(sizes.clients)),
)
.filled(Filling::ByRound { is_left: |_| true, fill });

const ROUND: [Column; 1] = [Column::new("round", "Round", Unit::Plain, "")];

const COLUMNS: [Column; 6] = [
    Column::new("fate", "Fate", Unit::Text, "`survived`, or `dropped_` and a stage"),
    Column::new("examples", "Examples", Unit::Plain, "rows that it trains on"),
    Column::new("train_time_s", "Training time", Unit::Seconds, "0 if it failed"),
    Column::new("cpu_time_s", "CPU time", Unit::Seconds, ""),
    Column::new("upload_bytes", "Uploaded", Unit::Bytes, ""),
    Column::new("download_bytes", "Downloaded", Unit::Bytes, ""),
];

fn fill(run: &Run<'_>, record: &RoundRecord, sink: &mut dyn Sink) -> Result<(), Error> {
    record.clients.iter().try_for_each(|client| match run.federation().name(client.client) {
        None => sink.plain_row(format_args!("{}", Line { round: record.round, record: client })),
        Some(name) => sink.row(&row(record.round, name, client)),
    })
}

/// The row of a client that has a name.
fn row(round: usize, name: &str, record: &ClientRecord) -> Vec<String> {
    let line = Line { round, record }.to_string();
    let mut cells: Vec<String> = line.split(',').map(str::to_owned).collect();
    cells.insert(2, name.to_owned());
    cells
}

/// The row of a client that has a number alone, as it stands in the file: of a million clients this is most of what is written.
#[derive(Debug)]
struct Line<'a> {
    round: usize,
    /// The client's part in it.
    record: &'a ClientRecord,
}

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ClientRecord { client, fate, examples, train, upload_bytes, download_bytes } = self.record;
        let (fate, [wall, cpu]) = (fate_word(*fate), [train.wall, train.cpu].map(shortest));
        write!(f, "{},{},{fate},{examples},{wall},{cpu},{upload_bytes},{download_bytes}", self.round, client + 1)
    }
}

fn fate_word(fate: Fate) -> Cow<'static, str> {
    match fate {
        Fate::Survives => "survived".into(),
        Fate::Drops(stage) => format!("dropped_{}", stage.name()).into(),
    }
}
