//! `psi_bins.csv`.

use super::column::{CLIENT, Column, Group, Log};
use super::filling::{Filling, Finished, Rows};
use super::psi::{OF, SAMPLE, of_cells, sample_cells};
use super::sizes::Length;
use super::unit::Unit;
use crate::federation::{Bin, Compared, Stability};
use crate::numeric::text::{shortest, shortest_or_empty};

/// Bins that a column has at most.
const BINS_MAX: u64 = 12;

/// How samples and training rows lie in bins.
pub const LOG: Log = Log::reproducible(
    "psi_bins.csv",
    "The bins behind `psi.csv`: of the test rows the scores and all features, of each client the scores; left with `evaluation.psi`. Bins \
     are parted by counts over all clients, ten of about as many training rows each, or fewer; features are as the model sees them, scaled.",
    &[Group::always(&SAMPLE), CLIENT[0], CLIENT[1], Group::always(&OF), Group::always(&COLUMNS)],
    Length::of_columns(|sizes| sizes.clients.saturating_add(sizes.features).saturating_add(1).saturating_mul(BINS_MAX)),
)
.filled(Filling::AtEnd(rows));

const COLUMNS: [Column; 6] = [
    Column::new("bin", "Bin", Unit::Plain, "from 1; 0 is that of missing cells"),
    Column::new("from", "From", Unit::Plain, "the least score or cell of the bin; empty of the first"),
    Column::new("to", "To", Unit::Plain, "the next bin's least one; empty of the last"),
    Column::new("training_rows", "Training rows", Unit::Plain, "those of all clients in the bin"),
    Column::new("rows", "Rows", Unit::Plain, "those of the sample"),
    Column::new("psi", "PSI", Unit::Measure, "what the bin adds to the index"),
];

fn rows<'a>(finished: &Finished<'a>) -> Option<Rows<'a>> {
    let (stability, federation) = (finished.last.stability.as_ref()?, finished.run.federation());
    let features = &federation.transform.features;
    let has_names = federation.name(0).is_some();
    let of_column = move |client: Option<usize>, at: usize, of: &'a Compared| {
        let name = client.and_then(|client| federation.name(client)).unwrap_or_default();
        let head: Vec<String> = sample_cells(client, has_names.then_some(name))
            .into_iter()
            .chain(of_cells(at, if at == 0 { "" } else { &features[at - 1].name }))
            .collect();
        bins(stability, at, of).map(move |cells| head.iter().cloned().chain(cells).collect())
    };
    let test = (0..).zip(&stability.test).flat_map(move |(at, of)| of_column(None, at, of));
    let clients = stability.clients.iter().filter_map(|(client, columns)| Some((*client, columns.first()?)));
    Some(Box::new(test.chain(clients.flat_map(move |(client, of)| of_column(Some(client), 0, of)))))
}

/// The cells of each bin of a column that has rows.
fn bins<'a>(stability: &'a Stability, at: usize, of: &'a Compared) -> impl Iterator<Item = [String; 6]> + use<'a> {
    let row = |(((number, bin), rows), term): (((usize, Bin), &u64), &f64)| {
        let number = if bin.is_missing { 0 } else { number };
        let cells = [number.to_string(), shortest_or_empty(bin.low), shortest_or_empty(bin.high), bin.expected.to_string()];
        let [a, b, c, d] = cells;
        (bin.expected + rows > 0).then(|| [a, b, c, d, rows.to_string(), shortest(*term)])
    };
    (1..).zip(stability.bins(at)).zip(&of.rows).zip(&of.shift.terms).filter_map(row)
}
