//! A client's cells as numbers of bins, a byte each.

use prefetch_index::prefetch_index;

use super::cuts::Cuts;
use crate::numeric::order::single_order_key;
use crate::numeric::reduce;
use crate::numeric::rows::Rows;

/// Features that lie together: their sums fit into a core's nearest cache.
const TOGETHER: usize = 32;

/// Rows that are filled at a time.
const FILL_ROWS: usize = 4096;

/// Rows as bins, (rows, features), in blocks of a few features each: a row's are then in one or two cache lines.
#[derive(Clone, Debug)]
pub(super) struct Binned {
    rows: usize,
    blocks: Vec<Block>,
}

/// A few features' bins.
#[derive(Clone, Debug)]
pub(super) struct Block {
    /// The first of the features.
    pub first: usize,
    /// How many there are.
    pub width: usize,
    /// (rows, width).
    bins: Vec<u8>,
}

impl Block {
    /// A row's bins, (width,).
    #[inline(always)]
    pub fn row(&self, row: usize) -> &[u8] {
        &self.bins[row.wrapping_mul(self.width)..][..self.width]
    }

    /// The bins of all rows, (rows, width).
    #[inline(always)]
    pub fn all(&self) -> &[u8] {
        &self.bins
    }
}

/// A feature's cuts, and where to begin to look for a cell: by the upper half of its order-preserving bits, whose edges most cuts are.
struct Search<'a> {
    cuts: &'a [f64],
    /// How many cuts do not lie above the numbers of each range, (65536,).
    guesses: Vec<u8>,
}

impl<'a> Search<'a> {
    fn of(cuts: &'a [f64]) -> Self {
        let mut guesses = Vec::with_capacity(1 << 16);
        for (bin, cut) in cuts.iter().enumerate() {
            guesses.resize(half_key(*cut).max(guesses.len()), bin as u8);
        }
        guesses.resize(1 << 16, cuts.len() as u8);
        Self { cuts, guesses }
    }

    /// How many cuts the cell does not lie below.
    #[inline(always)]
    fn bin(&self, cell: f64) -> u8 {
        let mut bin = usize::from(self.guesses[half_key(cell)]);
        while bin > 0 && cell < self.cuts[bin - 1] {
            bin -= 1;
        }
        while bin < self.cuts.len() && self.cuts[bin] <= cell {
            bin += 1;
        }
        bin as u8
    }
}

/// The upper half of a number's order-preserving bits.
#[inline(always)]
fn half_key(number: f64) -> usize {
    (single_order_key(number) >> 16) as usize
}

impl Binned {
    /// The bins of rows. A missing cell is in the bin behind the feature's last.
    pub fn of(x: Rows<'_>, cuts: &Cuts) -> Self {
        let block = |first: usize| {
            let width = TOGETHER.min(cuts.features() - first);
            let searches: Vec<Search> = (first..first + width).map(|feature| Search::of(cuts.of(feature))).collect();
            let mut bins = vec![0; x.len() * width];
            reduce::fill_chunks(&mut bins, FILL_ROWS * width, |start, part| {
                let (mut row, rows) = (vec![0.0; x.features()], part.len() / width);
                let mut columns = vec![0.0; rows * width];
                for at in 0..rows {
                    x.copy_row(start / width + at, &mut row);
                    row[first..first + width].iter().enumerate().for_each(|(place, cell)| columns[place * rows + at] = *cell);
                }
                for (place, (column, search)) in columns.chunks_exact(rows).zip(&searches).enumerate() {
                    let missing = cuts.range(first + place).len() as u8;
                    for (bins, &cell) in part.chunks_exact_mut(width).zip(column) {
                        bins[place] = if cell.is_nan() { missing } else { search.bin(cell) };
                    }
                }
            });
            Block { first, width, bins }
        };
        Self { rows: x.len(), blocks: (0..cuts.features()).step_by(TOGETHER).map(block).collect() }
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The features, a few at a time.
    pub fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// A feature's bins.
    #[inline(always)]
    pub fn column(&self, feature: usize) -> Column<'_> {
        let block = &self.blocks[feature / TOGETHER];
        Column { bins: &block.bins, width: block.width, place: feature % TOGETHER }
    }
}

/// One feature's bins.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column<'a> {
    bins: &'a [u8],
    width: usize,
    place: usize,
}

impl Column<'_> {
    /// A row's.
    #[inline(always)]
    pub fn bin(&self, row: usize) -> u8 {
        self.bins[row.wrapping_mul(self.width).wrapping_add(self.place)]
    }

    /// Asks the memory for a row's, and does not wait for it.
    #[inline(always)]
    pub fn prefetch(&self, row: usize) {
        prefetch_index(self.bins, row.wrapping_mul(self.width).wrapping_add(self.place));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::order::from_single_order_key;
    use crate::numeric::rows::{Matrix, Storage};

    #[test]
    fn a_bin_is_how_many_cuts_a_cell_does_not_lie_below() {
        let hundredths: Vec<f64> = (0..253).map(|cut| f64::from(cut) / 100.0 - 1.0).collect();
        let ranges: Vec<f64> = (0..200).map(|cut| f64::from(from_single_order_key(0x7f00_0000 + (cut << 16)))).collect();
        for cuts in [&[][..], &[0.0], &[-1.5, 0.0, 1.0], &hundredths, &ranges] {
            let search = Search::of(cuts);
            let beside = cuts.iter().flat_map(|&cut| [cut, cut - 1e-12, cut + 1e-12, cut.next_down(), cut * 1.003]);
            for cell in beside.chain([-1e300, -0.0, 0.0, 1e-40, 1e300, f64::MAX]) {
                assert_eq!(usize::from(search.bin(cell)), cuts.partition_point(|cut| *cut <= cell), "{cell} among {}", cuts.len());
            }
        }
    }

    #[test]
    fn cells_of_many_features_keep_their_places_and_missing_ones_have_a_bin_of_their_own() {
        let features = 40;
        let cuts = Cuts::new((0..features).map(|feature| (0..feature % 5).map(|cut| cut as f64).collect()).collect());
        let cell =
            |row: usize, feature: usize| if (row + feature).is_multiple_of(7) { f64::NAN } else { ((row * feature) % 6) as f64 - 1.0 };
        let x = Matrix::build((50, features), Storage::Double, |row, out| {
            out.iter_mut().enumerate().for_each(|(feature, out)| *out = cell(row, feature));
        });
        let binned = Binned::of(x.rows(), &cuts);
        for (row, feature) in (0..50).flat_map(|row| (0..features).map(move |feature| (row, feature))) {
            let (cell, own) = (cell(row, feature), cuts.of(feature));
            let wanted = if cell.is_nan() { own.len() + 1 } else { own.partition_point(|cut| *cut <= cell) };
            assert_eq!(usize::from(binned.column(feature).bin(row)), wanted);
        }
    }
}
