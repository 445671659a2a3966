//! Where cells are parted into bins of about as many: by two sums over all clients.

use crate::data::ByClient;
use crate::data::preprocess::COUNT_BITS;
use crate::diag::Error;
use crate::exchange::{Counting, Question, RANGES, Survey};
use crate::learners::boosting::{choose, opened};

/// What is parted.
pub(super) struct Parted<'a, C> {
    /// These features, ...
    pub features: &'a [usize],
    /// ... of each, by its place among them, the cells that this says count.
    pub counts: C,
    /// Into so many bins at most.
    pub bins: usize,
}

/// The cuts of each of the features, ascending, by two sums of counts. A server learns of each how many of its cells that count lie in
/// each range of numbers (see [`Counting`]).
pub(super) fn cuts<C: Fn(usize, f64) -> bool + Sync + Send>(
    train: &ByClient,
    parted: &Parted<'_, C>,
    survey: &Survey<'_>,
) -> Result<Vec<Vec<f64>>, Error> {
    let Parted { features, counts, bins } = parted;
    let clients = (0..train.ranges.len()).collect::<Vec<_>>();
    let visit = |&client: &usize, look: &mut dyn FnMut(usize, f64)| {
        let (x, _) = train.client(client);
        let mut cells = vec![0.0; x.features()];
        for row in 0..x.len() {
            x.copy_row(row, &mut cells);
            let own = features.iter().map(|&feature| cells[feature]).enumerate();
            own.filter(|(at, cell)| counts(*at, *cell)).for_each(|(at, cell)| look(at, cell));
        }
    };
    let counting = Counting { clients: &clients, visit, columns: features.len(), bits: COUNT_BITS };
    let coarse = counting.coarse("bin_ranges", survey)?;
    let opened: Vec<Vec<usize>> = coarse.chunks_exact(RANGES).map(|counts| opened(counts, *bins)).collect();
    let places: Vec<(usize, usize)> =
        opened.iter().enumerate().flat_map(|(feature, ranges)| ranges.iter().map(move |&range| (feature, range))).collect();
    let broadcast: Vec<f64> = places.iter().flat_map(|&(feature, range)| [feature as f64, range as f64]).collect();
    let fine = counting.within(&places, &Question { name: "bin_ranges_of_ranges", broadcast: &broadcast }, survey)?;
    let mut fine = fine.as_slice();
    let of_feature = |(counts, opened): (&[i128], &Vec<usize>)| {
        let (own, rest) = fine.split_at(opened.len() * RANGES);
        fine = rest;
        choose(counts, opened, own, *bins)
    };
    Ok(coarse.chunks_exact(RANGES).zip(&opened).map(of_feature).collect())
}
