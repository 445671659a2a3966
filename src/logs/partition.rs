//! `partition.csv`.

use super::column::{CLIENT, Column, Group, Log, client_cells};
use super::unit::Unit;
use crate::numeric::text::shortest_or_empty;

/// Which client was dealt what.
pub const LOG: Log = Log::reproducible(
    "partition.csv",
    "What each client was dealt; not left for generated clients, to whom nothing is dealt.",
    &[CLIENT[0], CLIENT[1], Group::always(&COLUMNS)],
);

const COLUMNS: [Column; 4] = [
    Column::new("examples", "Examples", Unit::Plain, "rows that it trains on"),
    Column::new("positives", "Positives", Unit::Plain, "those of label 1"),
    Column::new("positive_share", "Share positive", Unit::Share, ""),
    Column::new("held_out", "Held out", Unit::Plain, "rows that it holds out of training"),
];

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

/// A client's row.
pub fn row(client: usize, name: Option<&str>, share: Share) -> Vec<String> {
    let [examples, positives, held_out] = [share.examples, share.positives, share.held_out].map(|count| count.to_string());
    let cells = [examples, positives, shortest_or_empty(share.positive_share()), held_out];
    client_cells(client, name).chain(cells).collect()
}
