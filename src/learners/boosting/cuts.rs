//! Where a feature's cells may be parted: chosen by counts alone, so that a cut is the edge of a range of numbers and never anyone's
//! value.
//!
//! In order-preserving bits the first byte of a single-precision number parts all numbers into 256 ranges, and the second each of
//! these into 256. One sum counts cells by their first byte; a second one counts by their second byte those of the ranges that hold more
//! than half a bin of cells. Cuts are the edges nearest to every B-th part of the cells. Light ranges are never opened, so that counts
//! of few cells stay coarse; frequent values, as 0 often is, are in ranges of their own. (As in the recursive queries of federated
//! binning, but for never looking at a value.)
//!
//! Two other ways stand beside it to be compared with: bins of equal width between a feature's extremes, as FedTree's server proposes
//! them (Li et al., MLSys 2023), and the mean of the clients' own quantiles.

use crate::exchange::RANGES;
use crate::models::boosting::ABOVE_ALL;
use crate::numeric::order::from_single_order_key;

/// Each feature's cuts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cuts {
    /// Ascending, by feature. A cell below the first is in bin 0; bins count the cuts that a cell does not lie below.
    features: Vec<Vec<f64>>,
    /// Where each feature's bins begin among all, and how many there are in all: (features + 1,).
    starts: Vec<usize>,
}

impl Cuts {
    /// These, ascending, by feature.
    pub fn new(features: Vec<Vec<f64>>) -> Self {
        let mut starts = vec![0];
        starts.extend(features.iter().scan(0, |start, cuts| {
            *start += cuts.len() + 1;
            Some(*start)
        }));
        Self { features, starts }
    }

    /// How many features there are.
    pub fn features(&self) -> usize {
        self.features.len()
    }

    /// How many bins all features have together.
    pub fn bins(&self) -> usize {
        self.starts.last().copied().unwrap_or(0)
    }

    /// A feature's cuts, ascending.
    pub fn of(&self, feature: usize) -> &[f64] {
        &self.features[feature]
    }

    /// Where a feature's bins lie among all features' bins.
    pub fn range(&self, feature: usize) -> std::ops::Range<usize> {
        self.starts[feature]..self.starts[feature + 1]
    }

    /// The cut between this bin and the next.
    pub fn cut(&self, feature: usize, bin: usize) -> f64 {
        self.features[feature].get(bin).copied().unwrap_or(ABOVE_ALL)
    }

    /// The bin above which this cut parts: the inverse of [`Cuts::cut`]. Of a cut that is none of these, that of the next below it.
    pub fn bin_of(&self, feature: usize, cut: f64) -> usize {
        self.features[feature].partition_point(|&own| own < cut)
    }
}

/// The ranges of one feature that are opened: those with more than half a bin of its cells. `counts` are by range, (256,).
pub fn opened(counts: &[i128], bins: usize) -> Vec<usize> {
    let cells: i128 = counts.iter().sum();
    (0..RANGES).filter(|&range| 2 * bins as i128 * counts[range] > cells).collect()
}

/// One feature's cuts into so many bins at most, from the cells in each range, (256,), and in each range of those that were opened,
/// (opened, 256).
pub fn choose(counts: &[i128], opened: &[usize], within: &[i128], bins: usize) -> Vec<f64> {
    let mut parts: Vec<(u32, i128)> = Vec::new();
    let mut closer = opened.iter().zip(within.chunks_exact(RANGES)).peekable();
    for (range, &count) in counts.iter().enumerate() {
        let first = (range as u32) << 24;
        match closer.next_if(|(opened, _)| **opened == range) {
            Some((_, within)) => parts.extend((0..).zip(within).map(|(part, &count): (u32, _)| (first | part << 16, count))),
            None => parts.push((first, count)),
        }
    }
    parts.retain(|(_, count)| *count > 0);
    let cells: i128 = parts.iter().map(|(_, count)| count).sum();
    let up_to: Vec<i128> = parts
        .iter()
        .scan(0, |sum, (_, count)| {
            *sum += count;
            Some(*sum)
        })
        .collect();
    let nearest = |wanted: i128| (0..parts.len()).min_by_key(|&at| (up_to[at] * bins as i128 - wanted).abs()).unwrap_or(0);
    let mut edges: Vec<u32> = (1..bins as i128).filter_map(|bin| parts.get(nearest(bin * cells) + 1).map(|(first, _)| *first)).collect();
    edges.dedup();
    edges.into_iter().map(|edge| f64::from(from_single_order_key(edge))).collect()
}

/// One feature's cuts into so many bins of one width between its least and its greatest cell.
pub fn equal_width((least, greatest): (f64, f64), bins: usize) -> Vec<f64> {
    let share = |bin: usize| bin as f64 / bins as f64;
    // Not by their difference, which may be beyond all doubles.
    ascending(least, (1..bins).map(|bin| least * (1.0 - share(bin)) + greatest * share(bin)))
}

/// A client's own quantiles of one feature, of which it has at least one cell: the cells of every B-th part of the ranks, (bins - 1,).
pub fn own_quantiles(mut cells: Vec<f64>, bins: usize) -> Vec<f64> {
    cells.sort_unstable_by(f64::total_cmp);
    // The least cell that at least such a share of them does not exceed.
    (1..bins).map(|bin| cells[(bin * cells.len()).div_ceil(bins) - 1]).collect()
}

/// One feature's cuts at these means of the clients' quantiles, ascending.
pub fn at_means(means: &[f64]) -> Vec<f64> {
    ascending(f64::NEG_INFINITY, means.iter().copied())
}

/// Those of some numbers that are greater than all before them, and than `least`.
fn ascending(mut least: f64, numbers: impl Iterator<Item = f64>) -> Vec<f64> {
    let is_next = |number: &f64| {
        let is_next = *number > least;
        least = least.max(*number);
        is_next
    };
    numbers.filter(is_next).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::order::single_order_key;

    fn cuts_of(cells: &[f64], bins: usize) -> Vec<f64> {
        let mut counts = vec![0; RANGES];
        cells.iter().for_each(|&cell| counts[(single_order_key(cell) >> 24) as usize] += 1);
        let opened = opened(&counts, bins);
        let mut within = vec![0; opened.len() * RANGES];
        for &cell in cells {
            let key = single_order_key(cell);
            if let Some(at) = opened.iter().position(|&range| range == (key >> 24) as usize) {
                within[at * RANGES + (key >> 16 & 0xff) as usize] += 1;
            }
        }
        choose(&counts, &opened, &within, bins)
    }

    #[test]
    fn cuts_part_the_cells_into_bins_of_about_as_many() {
        let cells: Vec<f64> = (0..10_000).map(|cell| f64::from(cell) / 100.0 - 30.0).collect();
        for bins in [2, 4, 16, 64] {
            let cuts = cuts_of(&cells, bins);
            assert_eq!(cuts.len(), bins - 1);
            let mut before = 0;
            for (at, cut) in cuts.iter().enumerate() {
                let below = cells.iter().filter(|cell| *cell < cut).count();
                // Ranges of half a bin are not opened; those that are open are 1/128 of their numbers' size, of 70 at most 55 cells.
                let error = 10_000 / (2 * bins) + 55;
                assert!(below.abs_diff((at + 1) * 10_000 / bins) <= error && below > before, "{bins} bins, cut {at}: {below}");
                before = below;
            }
        }
    }

    #[test]
    fn a_frequent_value_is_alone_in_its_bin_and_few_values_give_few_bins() {
        let cells: Vec<f64> = (0..1000).map(|cell| if cell % 10 < 8 { 0.0 } else { f64::from(cell) + 1.0 }).collect();
        let cuts = cuts_of(&cells, 16);
        let below = |cut: f64| cells.iter().filter(|cell| **cell < cut).count();
        assert_eq!(below(cuts[0]), 800);
        assert_eq!(cuts_of(&[1.0, 1.0, 2.0, 3.0, 3.0], 8), [2.0, 3.0]);
        assert!(cuts_of(&[5.0; 9], 8).is_empty() && cuts_of(&[], 8).is_empty());
    }

    /// By hand: from -2 to 6 in four steps of 2; of constant features and of numbers beyond each other's reach too.
    #[test]
    fn bins_of_one_width_lie_evenly_between_the_extremes() {
        assert_eq!(equal_width((-2.0, 6.0), 4), [0.0, 2.0, 4.0]);
        assert!(equal_width((5.0, 5.0), 8).is_empty());
        assert_eq!(equal_width((f64::MIN, f64::MAX), 2), [0.0]);
        let narrow = equal_width((1.0, 1.0_f64.next_up()), 8);
        assert_eq!(narrow, [1.0_f64.next_up()]);
    }

    /// Of 1 to 8 a quarter is not above 2, a half not above 4; of three cells a quarter of the ranks is the first.
    #[test]
    fn own_quantiles_are_cells_of_their_ranks() {
        let cells = [8.0, 3.0, 5.0, 1.0, 7.0, 2.0, 6.0, 4.0];
        assert_eq!(own_quantiles(cells.to_vec(), 4), [2.0, 4.0, 6.0]);
        assert_eq!(own_quantiles(vec![9.0, -1.0, 4.0], 4), [-1.0, 4.0, 9.0]);
        assert_eq!(own_quantiles(vec![7.0], 3), [7.0, 7.0]);
        assert_eq!(at_means(&[1.0, 1.0, 2.0, 2.0, 5.0]), [1.0, 2.0, 5.0]);
    }

    #[test]
    fn negative_numbers_are_parted_in_their_order() {
        let cuts = cuts_of(&[-4.0, -2.0, -1.0, 0.0, 1.0, 2.0, 4.0, 8.0], 8);
        assert!(cuts.is_sorted_by(|a, b| a < b), "{cuts:?}");
        let bins = [-4.0, -2.0, -1.0, 0.0, 1.0, 2.0, 4.0, 8.0].map(|cell| cuts.partition_point(|cut| *cut <= cell));
        assert_eq!(bins, [0, 1, 2, 3, 4, 5, 6, 7]);
    }

    #[test]
    fn bins_and_cuts_lead_back_to_each_other() {
        let cuts = Cuts::new(vec![vec![1.0, 2.0], Vec::new(), vec![0.5]]);
        assert_eq!((cuts.bins(), cuts.range(0), cuts.range(1), cuts.range(2)), (6, 0..3, 3..4, 4..6));
        assert_eq!([0, 1, 2].map(|bin| cuts.bin_of(0, cuts.cut(0, bin))), [0, 1, 2]);
        assert_eq!((cuts.cut(1, 0), cuts.bin_of(1, ABOVE_ALL)), (ABOVE_ALL, 0));
    }
}
