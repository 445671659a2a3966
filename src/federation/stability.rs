//! Whether the test rows, and each client's, are like the rows that all clients train on: in what the model says of them, and in each
//! feature.
//!
//! Bins are parted by counts over all clients' training rows, ten of about as many rows each. A server learns of the scores and of each
//! feature how many cells lie in each range of numbers and in each bin, over all clients: three sums. A client works its own index
//! out by itself, from those sums and its rows, and tells nothing but that.

use super::cuts::by_two_sums;
use super::scoring::score;
use super::sums;
use crate::data::preprocess::COUNT_BITS;
use crate::data::{ByClient, Federation};
use crate::diag::Error;
use crate::exchange::{Counting, Question};
use crate::learners::boosting::Cuts;
use crate::metrics::stability::{Sample, Shift};
use crate::numeric::rows::Rows;
use crate::numeric::{Params, reduce};
use crate::scenario::Plan;

/// The most bins of a column, that of missing cells aside.
const BINS: usize = 10;

/// Of more clients the scores alone are compared.
pub const CLIENTS_BY_FEATURE_MAX: usize = 100;

/// Samples beside all clients' training rows. Column 0 is the score, the others are the features.
#[derive(Clone, Debug)]
pub struct Stability {
    /// Each column's cuts, ascending: a cell below the first is in bin 0. Behind the last bin there is one for missing cells.
    cuts: Vec<Vec<f64>>,
    /// The training rows in each bin of each column.
    expected: Vec<Vec<u64>>,
    /// The test rows, each column.
    pub test: Vec<Compared>,
    /// Clients with training rows, by number, each with its columns: all of them, or the score alone.
    pub clients: Vec<(usize, Vec<Compared>)>,
}

/// A column of a sample.
#[derive(Clone, Debug)]
pub struct Compared {
    /// Its rows in each bin.
    pub rows: Vec<u64>,
    /// How far it is from the training rows.
    pub shift: Shift,
}

/// A column's bin.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bin {
    /// The least cell in it; `None` of the first, and of missing cells.
    pub low: Option<f64>,
    /// The least cell above it; `None` of the last, and of missing cells.
    pub high: Option<f64>,
    /// Whether it is that of missing cells.
    pub is_missing: bool,
    /// Training rows in it.
    pub expected: u64,
}

impl Stability {
    /// Of the model, (params,), which says this of the test rows, (rows,).
    pub(super) fn of(plan: &Plan, federation: &Federation, params: &Params, test_scores: &[f64]) -> Result<Self, Error> {
        let stored = federation.all_rows("evaluation.psi")?;
        let train = &stored.train;
        let classes = federation.classes.len();
        let scores = score(plan.model.as_ref(), params, train.rows.x.rows(), classes);
        let columns = train.rows.x.rows().features() + 1;
        let clients: Vec<usize> = stored.active.clone();
        let survey = sums::survey_at_end(plan, &federation.sha256);
        let visit = |&client: &usize, look: &mut dyn FnMut(usize, f64)| {
            let (x, scores) = of_client(train, &scores, client);
            by_cell(x, scores, |column, cell| {
                if !cell.is_nan() {
                    look(column, cell);
                }
            });
        };
        let counting = Counting { clients: &clients, visit, columns, bits: COUNT_BITS };
        let cuts = by_two_sums(&counting, ["stability_ranges", "stability_ranges_of_ranges"], BINS, &survey)?;
        let own: Vec<Vec<Vec<u64>>> = reduce::map(&clients, |&client| {
            let (x, scores) = of_client(train, &scores, client);
            counts(&cuts, x, scores)
        });
        let answers: Vec<Vec<i128>> = own.iter().map(|counts| counts.concat().into_iter().map(i128::from).collect()).collect();
        let edges: Vec<f64> = (0..columns).flat_map(|column| cuts.of(column).to_vec()).collect();
        let sums = survey.sum(&Question { name: "stability_bins", broadcast: &edges }, COUNT_BITS, &answers)?;
        let mut sums = sums.into_iter().map(|sum| sum as u64);
        let expected: Vec<Vec<u64>> = (0..columns).map(|column| sums.by_ref().take(cuts.of(column).len() + 2).collect()).collect();
        let compare = |counts: Vec<Vec<u64>>, sample: Sample| {
            let of_column = |(rows, expected): (Vec<u64>, &Vec<u64>)| Compared { shift: Shift::of(&rows, expected, sample), rows };
            counts.into_iter().zip(&expected).map(of_column).collect::<Vec<_>>()
        };
        let test = compare(counts(&cuts, federation.test.x.rows(), test_scores), Sample::Apart);
        let looked_at = if clients.len() <= CLIENTS_BY_FEATURE_MAX { columns } else { 1 };
        let of_own = |mut counts: Vec<Vec<u64>>| {
            counts.truncate(looked_at);
            compare(counts, Sample::PartOf)
        };
        let clients = clients.into_iter().zip(own.into_iter().map(of_own)).collect();
        let cuts = (0..columns).map(|column| cuts.of(column).to_vec()).collect();
        Ok(Self { cuts, expected, test, clients })
    }

    /// A column's bins, in their order.
    pub fn bins(&self, column: usize) -> impl Iterator<Item = Bin> {
        let (cuts, expected) = (&self.cuts[column], &self.expected[column]);
        let bin = |(at, &expected): (usize, &u64)| {
            let is_missing = at > cuts.len();
            let cut = |at: Option<usize>| at.and_then(|at| cuts.get(at)).copied().filter(|_| !is_missing);
            Bin { low: cut(at.checked_sub(1)), high: cut(Some(at)), is_missing, expected }
        };
        expected.iter().enumerate().map(bin)
    }

    /// How many training rows there are.
    pub fn training_rows(&self) -> u64 {
        self.expected.first().map_or(0, |bins| bins.iter().sum())
    }
}

/// A client's features and scores.
fn of_client<'a>(train: &'a ByClient, scores: &'a [f64], client: usize) -> (Rows<'a>, &'a [f64]) {
    (train.client(client).0, &scores[train.ranges[client].clone()])
}

/// Shows the score and each feature of each row, with its column.
fn by_cell(x: Rows<'_>, scores: &[f64], mut look: impl FnMut(usize, f64)) {
    let mut cells = vec![0.0; x.features()];
    for (row, &score) in scores.iter().enumerate() {
        x.copy_row(row, &mut cells);
        look(0, score);
        (1..).zip(&cells).for_each(|(column, &cell)| look(column, cell));
    }
}

/// The rows in each bin of each column.
fn counts(cuts: &Cuts, x: Rows<'_>, scores: &[f64]) -> Vec<Vec<u64>> {
    let mut counts: Vec<Vec<u64>> = (0..cuts.features()).map(|column| vec![0; cuts.of(column).len() + 2]).collect();
    by_cell(x, scores, |column, cell| {
        let cuts = cuts.of(column);
        let bin = if cell.is_nan() { cuts.len() + 1 } else { cuts.partition_point(|&cut| cut <= cell) };
        counts[column][bin] += 1;
    });
    counts
}
