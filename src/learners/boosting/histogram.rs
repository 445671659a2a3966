//! The sums of rows' first and second derivatives in every bin of every feature.

use prefetch_index::prefetch_index;

use super::bins::{Binned, Block};
use super::cuts::Cuts;
use crate::numeric::reduce;

/// A row's first and second derivatives, in steps of the grid.
pub(super) type Pair = [i32; 2];

/// Their sums.
pub(super) type PairSum = [i64; 2];

/// The sums of a part's rows: whole numbers below 2^53, which doubles add exactly, both of a pair in one instruction.
type Room = [f64; 2];

/// Which rows are added up.
#[derive(Clone, Copy, Debug)]
pub(super) enum Which<'a> {
    /// All.
    All,
    /// These, ascending.
    These(&'a [u32]),
}

/// Rows of a part that one thread adds up.
const PART: usize = 16_384;

/// How far ahead the memory is asked for rows.
const AHEAD: usize = 16;

/// The sums of the chosen rows' pairs, (rows,), by the features' bins, (bins,), as `cuts` lays them out.
pub(super) fn histogram(binned: &Binned, cuts: &Cuts, pairs: &[Pair], which: Which<'_>) -> Vec<PairSum> {
    let count = match which {
        Which::All => binned.rows(),
        Which::These(rows) => rows.len(),
    };
    let starts: Vec<usize> = (0..count).step_by(PART).collect();
    let of_part = |&start: &usize| {
        let part = start..count.min(start + PART);
        // Once for all blocks, each of which then goes through them in a row.
        let own: Vec<Pair> = match which {
            Which::All => Vec::new(),
            Which::These(rows) => gather(pairs, &rows[part.clone()]),
        };
        let mut sums: Vec<PairSum> = Vec::with_capacity(cuts.bins());
        for block in binned.blocks() {
            let slots = Slots::of(block, cuts);
            let mut all = vec![[0.0; 2]; slots.count];
            match which {
                Which::All => slots.add_in_a_row(block, pairs, part.clone(), &mut all),
                Which::These(rows) => slots.add(block, &own, &rows[part.clone()], &mut all),
            }
            slots.without_missing(&all, &mut sums);
        }
        sums
    };
    let mut parts = reduce::map_ahead(&starts, 16 * cuts.bins(), of_part);
    let mut sums = parts.next().unwrap_or_else(|| vec![[0; 2]; cuts.bins()]);
    for part in parts {
        sums.iter_mut().zip(part).for_each(|(sum, part)| *sum = [sum[0] + part[0], sum[1] + part[1]]);
    }
    sums
}

/// The pairs of these rows, in their order.
fn gather(pairs: &[Pair], rows: &[u32]) -> Vec<Pair> {
    let pair = |(at, &row): (usize, &u32)| {
        rows.get(at + AHEAD).into_iter().for_each(|&soon| prefetch_index(pairs, soon as usize));
        pairs[row as usize]
    };
    rows.iter().enumerate().map(pair).collect()
}

/// Where each feature's sums begin: one a bin, and one more for missing cells, so that none needs a branch.
struct Slots {
    starts: Vec<u32>,
    count: usize,
}

impl Slots {
    fn of(block: &Block, cuts: &Cuts) -> Self {
        let mut count = 0;
        let starts = (block.first..block.first + block.width).map(|feature| {
            let start = count;
            count += cuts.range(feature).len() + 1;
            start as u32
        });
        let starts = starts.collect();
        Self { starts, count }
    }

    #[inline(always)]
    fn add_row(&self, bins: &[u8], [g, h]: Pair, sums: &mut [Room]) {
        let (g, h) = (f64::from(g), f64::from(h));
        for (&start, &bin) in self.starts.iter().zip(bins) {
            let sum = &mut sums[(start as usize).wrapping_add(usize::from(bin))];
            *sum = [sum[0] + g, sum[1] + h];
        }
    }

    fn add_in_a_row(&self, block: &Block, pairs: &[Pair], rows: std::ops::Range<usize>, sums: &mut [Room]) {
        let bins = &block.all()[rows.start * block.width..rows.end * block.width];
        for (bins, pair) in bins.chunks_exact(block.width).zip(&pairs[rows]) {
            self.add_row(bins, *pair, sums);
        }
    }

    /// Adds rows of these numbers, whose pairs are `own`.
    fn add(&self, block: &Block, own: &[Pair], rows: &[u32], sums: &mut [Room]) {
        for (at, (&row, &pair)) in rows.iter().zip(own).enumerate() {
            if let Some(&soon) = rows.get(at + AHEAD) {
                prefetch_index(block.all(), (soon as usize).wrapping_mul(block.width));
            }
            self.add_row(block.row(row as usize), pair, sums);
        }
    }

    /// Appends the sums of bins, those of missing cells left out.
    fn without_missing(&self, all: &[Room], sums: &mut Vec<PairSum>) {
        let ends = self.starts.iter().skip(1).map(|&start| start as usize).chain([self.count]);
        for (&start, end) in self.starts.iter().zip(ends) {
            sums.extend(all[start as usize..end - 1].iter().map(|sum| [sum[0] as i64, sum[1] as i64]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::rows::{Matrix, Storage};

    #[test]
    fn sums_are_those_of_the_rows_in_each_bin() {
        let cuts = Cuts::new((0..35).map(|feature| (0..feature % 4).map(|cut| cut as f64).collect()).collect());
        let rows = 40_000;
        let cell = |row: usize, feature: usize| {
            if (row + feature).is_multiple_of(5) { f64::NAN } else { ((row * (feature + 1)) % 5) as f64 - 1.0 }
        };
        let x = Matrix::build((rows, 35), Storage::Double, |row, out| {
            out.iter_mut().enumerate().for_each(|(feature, out)| *out = cell(row, feature));
        });
        let binned = Binned::of(x.rows(), &cuts);
        let pairs: Vec<Pair> = (0..rows as u32).map(|row| [(row % 1000).cast_signed() - 300, (row % 77).cast_signed()]).collect();
        let some: Vec<u32> = (0..rows as u32).filter(|row| row % 3 != 1).collect();
        for (which, chosen) in [(Which::All, (0..rows as u32).collect()), (Which::These(&some), some.clone())] {
            let mut wanted = vec![[0_i64; 2]; cuts.bins()];
            for (row, feature) in chosen.iter().flat_map(|&row| (0..35).map(move |feature| (row as usize, feature))) {
                let cell = cell(row, feature);
                if !cell.is_nan() {
                    let bin = cuts.of(feature).partition_point(|cut| *cut <= cell);
                    let sum = &mut wanted[cuts.range(feature).start + bin];
                    *sum = [sum[0] + i64::from(pairs[row][0]), sum[1] + i64::from(pairs[row][1])];
                }
            }
            assert_eq!(histogram(&binned, &cuts, &pairs, which), wanted);
        }
    }
}
