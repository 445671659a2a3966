//! `psi.csv`.

use super::column::{CLIENT, Column, Group, Log};
use super::filling::{Filling, Finished, Rows};
use super::sizes::Length;
use super::unit::Unit;
use crate::federation::Compared;
use crate::numeric::text::shortest;

/// How far samples are from the training rows.
pub const LOG: Log = Log::reproducible(
    "psi.csv",
    "How far the test rows and each client's training rows are from the training rows of all clients: the population stability index of \
     the scores and of each feature, drawn in `plots/psi.svg`; left with `evaluation.psi`. Of more than 100 clients the scores alone are \
     compared. The test rows come first, their features by descending index. What is noise is said by the 95 % quantile of the index \
     between two samples of one distribution (Yurdakul 2018).",
    &[Group::always(&SAMPLE), CLIENT[0], CLIENT[1], Group::always(&OF), Group::always(&COLUMNS)],
    Length::of_columns(|sizes| sizes.clients.saturating_add(1).saturating_mul(sizes.features.saturating_add(1))),
)
.filled(Filling::AtEnd(rows));

/// Which rows are compared.
pub(super) const SAMPLE: [Column; 1] =
    [Column::new("compared", "Compared", Unit::Text, "`test`, or `client`: the rows that are compared with all training rows")];

/// What of them is.
pub(super) const OF: [Column; 2] =
    [Column::new("of", "Of", Unit::Text, "`score`, or `feature`"), Column::new("feature", "Feature", Unit::Text, "empty of the score")];

const COLUMNS: [Column; 4] = [
    Column::new("rows", "Rows", Unit::Plain, "of the sample"),
    Column::new("psi", "PSI", Unit::Measure, "the sum over bins of (a - e) ln(a / e), a and e the sample's and the training rows' shares"),
    Column::new("critical", "Critical value", Unit::Measure, "what noise alone exceeds in one of twenty cases"),
    Column::new(
        "shift",
        "Shift",
        Unit::Text,
        "`noise` up to the critical value; beyond it `small`, `moderate` from 0.1 on and `large` from 0.25 on",
    ),
];

fn rows<'a>(finished: &Finished<'a>) -> Option<Rows<'a>> {
    let (stability, federation) = (finished.last.stability.as_ref()?, finished.run.federation());
    let features = || federation.transform.features.iter().map(|feature| feature.name.as_str());
    let has_names = federation.name(0).is_some();
    let of_sample = move |client: Option<usize>, columns: &'a [Compared]| {
        let names = ["score"].into_iter().chain(features());
        let mut named: Vec<(usize, &str, &Compared)> = (0..).zip(names).zip(columns).map(|((at, name), of)| (at, name, of)).collect();
        if client.is_none() {
            named[1..].sort_by(|(.., a), (.., b)| b.shift.psi.total_cmp(&a.shift.psi));
        }
        let name = client.and_then(|client| federation.name(client));
        named.into_iter().map(move |(at, feature, of)| {
            let sample = sample_cells(client, has_names.then_some(name.unwrap_or_default()));
            sample.into_iter().chain(of_cells(at, feature)).chain(figures(of)).collect()
        })
    };
    let clients = stability.clients.iter().flat_map(move |(client, columns)| of_sample(Some(*client), columns));
    Some(Box::new(of_sample(None, &stability.test).chain(clients)))
}

/// The cells of [`SAMPLE`] and of the client.
pub(super) fn sample_cells(client: Option<usize>, name: Option<&str>) -> Vec<String> {
    let sample = if client.is_some() { "client" } else { "test" };
    let number = client.map_or(String::new(), |client| (client + 1).to_string());
    [sample.to_owned(), number].into_iter().chain(name.map(str::to_owned)).collect()
}

/// The cells of [`OF`], of the column at this place, 0 of the score.
pub(super) fn of_cells(at: usize, feature: &str) -> [String; 2] {
    if at == 0 { ["score".to_owned(), String::new()] } else { ["feature".to_owned(), feature.to_owned()] }
}

fn figures(of: &Compared) -> [String; 4] {
    let rows: u64 = of.rows.iter().sum();
    [rows.to_string(), shortest(of.shift.psi), shortest(of.shift.critical), of.shift.verdict().word().to_owned()]
}
