//! Where features' cells may be parted, by sums over all clients before the first round: by counts of cells, or, to be compared with
//! these, by extremes or by the clients' own quantiles.

use crate::data::ByClient;
use crate::data::preprocess::{BYTES, COUNT_BITS, NO_ENDS, Own, extremes, weighted_means};
use crate::diag::Error;
use crate::exchange::{Counting, Question, RANGES, Survey};
use crate::learners::boosting::{Cuts, at_means, choose, equal_width, opened, own_quantiles};
use crate::models::boosting::{CutRule, Growth};
use crate::numeric::reduce;

/// Each feature's cuts.
///
/// By quantiles, a server learns how many cells of each feature lie in each range of numbers (see [`Counting`]). By equal width it
/// learns each feature's least and greatest cell, bit by bit: two cells of some client's. By local quantiles it learns what
/// [`weighted_means`] tells of the quantiles that each client has found: a sum over all, but of a feature that one client alone has
/// cells of, these very cells.
pub(super) fn cuts(train: &ByClient, growth: &Growth, survey: &Survey<'_>) -> Result<Cuts, Error> {
    match growth.cuts {
        CutRule::Quantiles => {
            let all: Vec<usize> = (0..train.rows.x.rows().features()).collect();
            let parted = Parted { features: &all, counts: |_, cell: f64| !cell.is_nan(), bins: growth.bins };
            by_counts(train, &parted, survey)
        }
        CutRule::EqualWidth => by_extremes(train, growth.bins, survey),
        CutRule::LocalQuantiles => by_own_quantiles(train, growth.bins, survey),
    }
}

/// What is parted into bins of about as many cells.
pub(super) struct Parted<'a, C> {
    /// These features, ...
    pub features: &'a [usize],
    /// ... of each, by its place among them, the cells that this says count.
    pub counts: C,
    /// Into so many bins at most.
    pub bins: usize,
}

/// The questions for an extreme's bytes.
const EXTREMES: [&str; BYTES] = [
    "bin_extremes_1",
    "bin_extremes_2",
    "bin_extremes_3",
    "bin_extremes_4",
    "bin_extremes_5",
    "bin_extremes_6",
    "bin_extremes_7",
    "bin_extremes_8",
];

fn clients_of(train: &ByClient) -> Vec<usize> {
    (0..train.ranges.len()).collect()
}

/// Shows `look` each of a client's rows, (features,).
fn each_row(train: &ByClient, client: usize, mut look: impl FnMut(&[f64])) {
    let (x, _) = train.client(client);
    let mut cells = vec![0.0; x.features()];
    for row in 0..x.len() {
        x.copy_row(row, &mut cells);
        look(&cells);
    }
}

/// Shows `look` each of a client's cells, with its feature; what is missing is left out.
fn each_cell(train: &ByClient, client: usize, mut look: impl FnMut(usize, f64)) {
    each_row(train, client, |cells| {
        cells.iter().enumerate().filter(|(_, cell)| !cell.is_nan()).for_each(|(feature, &cell)| look(feature, cell));
    });
}

/// The cuts of each of the features, ascending, by two sums of counts. A server learns of each how many of its cells that count lie in
/// each range of numbers (see [`Counting`]).
pub(super) fn by_counts<C: Fn(usize, f64) -> bool + Sync + Send>(
    train: &ByClient,
    parted: &Parted<'_, C>,
    survey: &Survey<'_>,
) -> Result<Cuts, Error> {
    let Parted { features, counts, bins } = parted;
    let clients = clients_of(train);
    let visit = |&client: &usize, look: &mut dyn FnMut(usize, f64)| {
        each_row(train, client, |cells| {
            let own = features.iter().map(|&feature| cells[feature]).enumerate();
            own.filter(|(at, cell)| counts(*at, *cell)).for_each(|(at, cell)| look(at, cell));
        });
    };
    let counting = Counting { clients: &clients, visit, columns: features.len(), bits: COUNT_BITS };
    by_two_sums(&counting, ["bin_ranges", "bin_ranges_of_ranges"], *bins, survey)
}

/// Each column's cuts into bins of about as many cells, so many at most; `names` are those of the two sums. A server learns of each
/// column how many cells lie in each range of numbers (see [`Counting`]), over all clients.
pub(super) fn by_two_sums<C, V>(
    counting: &Counting<'_, C, V>,
    names: [&'static str; 2],
    bins: usize,
    survey: &Survey<'_>,
) -> Result<Cuts, Error>
where
    C: Sync,
    V: Fn(&C, &mut dyn FnMut(usize, f64)) + Sync + Send,
{
    let coarse = counting.coarse(names[0], survey)?;
    let opened: Vec<Vec<usize>> = coarse.chunks_exact(RANGES).map(|counts| opened(counts, bins)).collect();
    let places: Vec<(usize, usize)> =
        opened.iter().enumerate().flat_map(|(column, ranges)| ranges.iter().map(move |&range| (column, range))).collect();
    let broadcast: Vec<f64> = places.iter().flat_map(|&(column, range)| [column as f64, range as f64]).collect();
    let fine = counting.within(&places, &Question { name: names[1], broadcast: &broadcast }, survey)?;
    let mut fine = fine.as_slice();
    let of_column = |(counts, opened): (&[i128], &Vec<usize>)| {
        let (own, rest) = fine.split_at(opened.len() * RANGES);
        fine = rest;
        choose(counts, opened, own, bins)
    };
    Ok(Cuts::new(coarse.chunks_exact(RANGES).zip(&opened).map(of_column).collect()))
}

/// By the greatest of the clients' answers, byte by byte.
fn by_extremes(train: &ByClient, bins: usize, survey: &Survey<'_>) -> Result<Cuts, Error> {
    let features = train.rows.x.rows().features();
    let ends = reduce::map(&clients_of(train), |&client| {
        let mut ends = vec![NO_ENDS; features];
        each_cell(train, client, |feature, cell| {
            let [least, greatest] = &mut ends[feature];
            (*least, *greatest) = (least.max(-cell), greatest.max(cell));
        });
        ends
    });
    let found = extremes(&ends, features, EXTREMES, survey)?;
    Ok(Cuts::new(found.into_iter().map(|ends| ends.map_or(Vec::new(), |ends| equal_width(ends, bins))).collect()))
}

/// By the weighted sums of the clients' quantiles.
fn by_own_quantiles(train: &ByClient, bins: usize, survey: &Survey<'_>) -> Result<Cuts, Error> {
    let features = train.rows.x.rows().features();
    let own = reduce::map(&clients_of(train), |&client| {
        let mut columns = vec![Vec::new(); features];
        each_cell(train, client, |feature, cell| columns[feature].push(cell));
        let of_column = |cells: Vec<f64>| Own {
            weight: cells.len(),
            figures: if cells.is_empty() { vec![0.0; bins - 1] } else { own_quantiles(cells, bins) },
        };
        columns.into_iter().map(of_column).collect::<Vec<Own>>()
    });
    let means = weighted_means(&own, ["magnitudes_of_own_quantiles", "own_quantiles"], survey)?;
    Ok(Cuts::new(means.into_iter().map(|means| means.map_or(Vec::new(), |means| at_means(&means))).collect()))
}
