//! Rows of features as training reads them: in any order, each from whole cache lines, in double or in single precision.
//!
//! Memory sets the speed of training, not arithmetic. Rows are padded with zeros to lines of eight and stand at their
//! boundaries; a few rows are read at a time, first for their products with the weights, then, still in the cache, for
//! their part of a sum, while the memory is asked for rows that come later. All arithmetic is in double precision, eight lanes
//! whatever the processor's registers hold.

use std::ops::Range;

use super::linalg::{LANES, halved, sum_of_halves};
use super::lines::{Doubles, Line, Room, Singles};
use super::memory::{check_address_space, check_room};
use super::prefetch::{Parts, prefetch, prefetch_in_turn};
use super::reduce;
use super::selection::{BLOCK, Block};
use crate::diag::Problem;

/// Calls a kernel for rows of so many lines. The widths of most tables are constants to the compiler, which makes a kernel of its
/// own of each.
macro_rules! for_width {
    ($kernel:ident, $width:expr, $($argument:expr),*) => {
        match $width {
            1 => $kernel(1, $($argument),*),
            2 => $kernel(2, $($argument),*),
            3 => $kernel(3, $($argument),*),
            4 => $kernel(4, $($argument),*),
            5 => $kernel(5, $($argument),*),
            6 => $kernel(6, $($argument),*),
            7 => $kernel(7, $($argument),*),
            8 => $kernel(8, $($argument),*),
            width => $kernel(width, $($argument),*),
        }
    };
}

/// The precision in which rows are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Storage {
    /// 8 bytes a number.
    Double,
    /// 4 bytes a number, rounded to the nearest once, when the matrix is made.
    Single,
}

/// A matrix, (rows, features), that owns its rows.
#[derive(Clone, Debug)]
pub struct Matrix {
    lines: Lines,
    rows: usize,
    features: usize,
}

#[derive(Clone, Debug)]
enum Lines {
    Double(Room<f64>),
    Single(Room<f32>),
}

/// How many rows are filled at a time.
const FILL_ROWS: usize = 4096;

impl Matrix {
    /// (rows, features), all zero.
    pub fn zeros(shape: (usize, usize), storage: Storage) -> Self {
        let (rows, features) = shape;
        let count = rows * width(features);
        let lines = match storage {
            Storage::Double => Lines::Double(Room::zeros(count)),
            Storage::Single => Lines::Single(Room::zeros(count)),
        };
        Self { lines, rows, features }
    }

    /// (rows, features), each row written by `fill`, in parallel.
    pub fn build(shape: (usize, usize), storage: Storage, fill: impl Fn(usize, &mut [f64]) + Sync) -> Self {
        let mut matrix = Self::zeros(shape, storage);
        matrix.fill(0..shape.0, fill);
        matrix
    }

    /// Has `fill` write some rows, in parallel.
    ///
    /// # Panics
    /// If there are not as many.
    pub fn fill(&mut self, rows: Range<usize>, fill: impl Fn(usize, &mut [f64]) + Sync) {
        match &mut self.lines {
            Lines::Double(room) => fill_lines(room.lines_mut(), self.features, rows, &fill),
            Lines::Single(room) => fill_lines(room.lines_mut(), self.features, rows, &fill),
        }
    }

    /// Wants memory to have room for such a matrix while `freed` bytes are given back.
    ///
    /// # Errors
    /// When it has not.
    pub fn check_room(shape: (usize, usize), storage: Storage, freed: usize) -> Result<(), Problem> {
        let (rows, features) = shape;
        let line = match storage {
            Storage::Double => size_of::<Doubles>(),
            Storage::Single => size_of::<Singles>(),
        };
        let bytes = rows.saturating_mul(width(features)).saturating_mul(line);
        let what = format!("{rows} rows of {features} features");
        let checked = check_room(bytes.saturating_sub(freed), &what).and_then(|()| check_address_space(bytes, &what));
        checked.map_err(|problem| {
            problem.help("drop columns, above all those of many categories, or keep single precision: data.storage = \"f32\"")
        })
    }

    /// All rows.
    pub fn rows(&self) -> Rows<'_> {
        let lines = match &self.lines {
            Lines::Double(room) => Borrowed::Double(room.lines()),
            Lines::Single(room) => Borrowed::Single(room.lines()),
        };
        Rows { lines, rows: self.rows, features: self.features }
    }

    /// Some rows in a row.
    ///
    /// # Panics
    /// If the matrix ends before.
    pub fn range(&self, rows: Range<usize>) -> Rows<'_> {
        self.rows().range(rows)
    }
}

fn fill_lines<L: Line>(lines: &mut [L], features: usize, rows: Range<usize>, fill: &(impl Fn(usize, &mut [f64]) + Sync)) {
    let width = width(features);
    reduce::fill_chunks(&mut lines[rows.start * width..rows.end * width], FILL_ROWS * width, |start, part| {
        let mut row = vec![0.0; width * LANES];
        for (at, out) in part.chunks_exact_mut(width).enumerate() {
            fill(rows.start + start / width + at, &mut row[..features]);
            for (line, numbers) in out.iter_mut().zip(row.as_chunks::<LANES>().0) {
                *line = L::narrow(*numbers);
            }
        }
    });
}

/// Lines a row; a row without features still has one, so that rows can be told apart.
fn width(features: usize) -> usize {
    features.div_ceil(LANES).max(1)
}

/// Rows of a matrix, (rows, features).
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a> {
    lines: Borrowed<'a>,
    rows: usize,
    features: usize,
}

#[derive(Clone, Copy, Debug)]
enum Borrowed<'a> {
    Double(&'a [Doubles]),
    Single(&'a [Singles]),
}

/// The cells of a row that is laid out in lines, without what fills the last one up.
#[inline(always)]
fn copy_line<L: Line>(lines: &[L], out: &mut [f64]) {
    for (part, line) in out.chunks_mut(LANES).zip(lines) {
        part.copy_from_slice(&line.wide()[..part.len()]);
    }
}

impl<'a> Rows<'a> {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// How many features each has.
    pub fn features(&self) -> usize {
        self.features
    }

    /// Some of them in a row.
    ///
    /// # Panics
    /// If there are not as many.
    pub fn range(&self, rows: Range<usize>) -> Rows<'a> {
        let width = width(self.features);
        let lines = rows.start * width..rows.end * width;
        let lines = match self.lines {
            Borrowed::Double(all) => Borrowed::Double(&all[lines]),
            Borrowed::Single(all) => Borrowed::Single(&all[lines]),
        };
        Rows { lines, rows: rows.len(), features: self.features }
    }

    /// One row, (features,).
    pub fn row(&self, row: usize) -> Vec<f64> {
        let numbers = |lines: &mut dyn Iterator<Item = [f64; LANES]>| lines.flatten().take(self.features).collect();
        let span = row * width(self.features)..(row + 1) * width(self.features);
        match self.lines {
            Borrowed::Double(lines) => numbers(&mut lines[span].iter().map(Line::wide)),
            Borrowed::Single(lines) => numbers(&mut lines[span].iter().map(Line::wide)),
        }
    }

    /// Writes one row to `out`, (features,).
    #[inline(always)]
    pub fn copy_row(&self, row: usize, out: &mut [f64]) {
        assert_eq!(out.len(), self.features, "a row has as many cells as there are features");
        let span = row * width(self.features)..(row + 1) * width(self.features);
        match self.lines {
            Borrowed::Double(lines) => copy_line(&lines[span], out),
            Borrowed::Single(lines) => copy_line(&lines[span], out),
        }
    }

    /// Asks the memory for a row, to be called for one row after the other when all are needed soon in some other order: in their
    /// own they come twice as fast. Only so many stay in the cache; the others are not asked for.
    #[inline(always)]
    pub fn prefetch_in_turn(&self, row: usize) {
        match self.lines {
            Borrowed::Double(lines) => prefetch_in_turn(lines, width(self.features), row),
            Borrowed::Single(lines) => prefetch_in_turn(lines, width(self.features), row),
        }
    }

    /// Shows each line of a block's rows, eight features of one row: its place in the block, the line's in the row, and its cells.
    #[inline(always)]
    pub fn each_line(&self, block: Block<'_>, see: impl FnMut(usize, usize, [f64; LANES])) {
        match self.lines {
            Borrowed::Double(lines) => each_line(width(self.features), lines, block, see),
            Borrowed::Single(lines) => each_line(width(self.features), lines, block, see),
        }
    }

    /// The products of a block's rows with `weights`, (features,). Each is summed in eight lanes, as
    /// [`linalg::dot`](super::linalg::dot) does.
    #[inline(always)]
    pub fn dots(&self, block: Block<'_>, weights: &Packed) -> [f64; BLOCK] {
        match self.lines {
            Borrowed::Double(lines) => for_width!(dots, weights.width, lines, block, weights.lines()),
            Borrowed::Single(lines) => for_width!(dots, weights.width, lines, block, weights.lines()),
        }
    }

    /// Adds a block's rows, each times its factor, to `sum`, (features,), one row after the other.
    #[inline(always)]
    pub fn add_scaled(&self, block: Block<'_>, factors: &[f64; BLOCK], sum: &mut Packed) {
        match self.lines {
            Borrowed::Double(lines) => for_width!(add_scaled, sum.width, lines, block, factors, sum.lines_mut()),
            Borrowed::Single(lines) => for_width!(add_scaled, sum.width, lines, block, factors, sum.lines_mut()),
        }
    }
}

/// Numbers, (features,), in lines as a row's: up to 64 of them without a heap.
#[derive(Clone, Debug)]
pub struct Packed {
    room: [[f64; LANES]; ROOM],
    more: Vec<[f64; LANES]>,
    width: usize,
}

const ROOM: usize = 8;

impl Packed {
    /// As many zeros.
    #[inline(always)]
    pub fn zeros(features: usize) -> Self {
        let width = width(features);
        let more = if width > ROOM { vec![[0.0; LANES]; width] } else { Vec::new() };
        Self { room: [[0.0; LANES]; ROOM], more, width }
    }

    /// These numbers.
    #[inline(always)]
    pub fn of(numbers: &[f64]) -> Self {
        let mut packed = Self::zeros(numbers.len());
        packed.lines_mut().as_flattened_mut()[..numbers.len()].copy_from_slice(numbers);
        packed
    }

    /// The numbers, and the zeros that fill their last line.
    #[inline(always)]
    pub fn as_slice(&self) -> &[f64] {
        self.lines().as_flattened()
    }

    #[inline(always)]
    fn lines(&self) -> &[[f64; LANES]] {
        if self.width > ROOM { &self.more } else { &self.room[..self.width] }
    }

    #[inline(always)]
    fn lines_mut(&mut self) -> &mut [[f64; LANES]] {
        if self.width > ROOM { &mut self.more } else { &mut self.room[..self.width] }
    }
}

/// The lines of one row.
#[inline(always)]
fn row_of<L>(lines: &[L], width: usize, row: u32) -> &[L] {
    &lines[row as usize * width..][..width]
}

#[inline(always)]
fn each_line<L: Line>(width: usize, lines: &[L], block: Block<'_>, mut see: impl FnMut(usize, usize, [f64; LANES])) {
    for (at, (row, soon)) in block.with_soon().enumerate() {
        if let Some(soon) = soon {
            prefetch(lines, width, soon, 0..width);
        }
        for (line, cells) in row_of(lines, width, row).iter().enumerate() {
            see(at, line, cells.wide());
        }
    }
}

/// Lines that are worked on together: as many sums as fit into registers.
const GROUP: usize = 4;

#[inline(always)]
fn dots<L: Line>(width: usize, lines: &[L], block: Block<'_>, weights: &[[f64; LANES]]) -> [f64; BLOCK] {
    let (weight_groups, weight_rest) = weights[..width].as_chunks::<GROUP>();
    let parts = Parts::of::<L>(width);
    let mut halves = [[0.0; LANES / 2]; BLOCK];
    for (half, (row, soon)) in halves.iter_mut().zip(block.with_soon()) {
        if let Some(soon) = soon {
            prefetch(lines, width, soon, parts.while_multiplying.clone());
        }
        let (groups, rest) = row_of(lines, width, row).as_chunks::<GROUP>();
        let mut sums = [0.0; LANES];
        for (group, weights) in groups.iter().zip(weight_groups) {
            for at in 0..GROUP {
                add_products(&mut sums, &group[at].wide(), &weights[at]);
            }
        }
        for (line, weights) in rest.iter().zip(weight_rest) {
            add_products(&mut sums, &line.wide(), weights);
        }
        *half = halved(sums);
    }
    for &soon in block.soon() {
        prefetch(lines, width, soon, parts.between.clone());
    }
    // Of all rows at last: within the loop it would decide how the compiler lays out the lanes, which is for the products to do.
    let mut products = [0.0; BLOCK];
    for (product, half) in products.iter_mut().zip(halves) {
        *product = sum_of_halves(half);
    }
    products
}

#[inline(always)]
fn add_products(sums: &mut [f64; LANES], a: &[f64; LANES], b: &[f64; LANES]) {
    for lane in 0..LANES {
        sums[lane] += a[lane] * b[lane];
    }
}

#[inline(always)]
fn add_scaled<L: Line>(width: usize, lines: &[L], block: Block<'_>, factors: &[f64; BLOCK], sum: &mut [[f64; LANES]]) {
    let (groups, rest) = sum[..width].as_chunks_mut::<GROUP>();
    let grouped = groups.len() * GROUP;
    for (at, sums) in groups.iter_mut().enumerate() {
        add_scaled_at(lines, width, at * GROUP, (block, factors), sums);
    }
    for (at, sums) in rest.iter_mut().enumerate() {
        add_scaled_at(lines, width, grouped + at, (block, factors), std::array::from_mut(sums));
    }
}

/// The part of the lines from `at` on of every row.
#[inline(always)]
fn add_scaled_at<L: Line, const N: usize>(
    lines: &[L],
    width: usize,
    at: usize,
    (block, factors): (Block<'_>, &[f64; BLOCK]),
    sum: &mut [[f64; LANES]; N],
) {
    let part = Parts::of::<L>(width).while_adding;
    let mut sums = *sum;
    for ((row, soon), &factor) in block.with_soon().zip(factors) {
        if at == 0
            && let Some(soon) = soon
        {
            prefetch(lines, width, soon, part.clone());
        }
        let row = row_of(lines, width, row)[at..].first_chunk::<N>().expect("a row has as many lines as the sum");
        for (sums, line) in sums.iter_mut().zip(row) {
            add_products(sums, &line.wide(), &[factor; LANES]);
        }
    }
    *sum = sums;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::linalg;
    use crate::numeric::selection::Selection;

    fn cell(row: usize, feature: usize) -> f64 {
        ((row * 7 + feature * 3) % 11) as f64 - 5.0 + 0.1 * feature as f64
    }

    fn matrix(rows: usize, features: usize, storage: Storage) -> Matrix {
        Matrix::build((rows, features), storage, |row, out| out.iter_mut().enumerate().for_each(|(at, slot)| *slot = cell(row, at)))
    }

    /// Both kernels against the plain loops of linalg, bit for bit, at every number of features around a line's.
    #[test]
    fn products_and_sums_are_those_of_plain_loops() {
        for features in [0, 1, 7, 8, 9, 16, 30, 33, 41, 50, 64, 70] {
            for storage in [Storage::Double, Storage::Single] {
                let matrix = matrix(20, features, storage);
                let weights: Vec<f64> = (0..features).map(|at| 1.0 / (at as f64 + 3.0)).collect();
                // Enough for a few blocks, so that rows are asked for ahead of others.
                let chosen: Vec<u32> = (0..45).map(|at| at * 7 % 20).collect();
                let factors: [f64; BLOCK] = std::array::from_fn(|at| at as f64 * 0.3 - 0.7);
                let (packed, mut sum, mut wanted) = (Packed::of(&weights), Packed::of(&vec![0.25; features]), vec![0.25; features]);
                for block in Selection::all(&chosen).blocks() {
                    let products = matrix.rows().dots(block, &packed);
                    matrix.rows().add_scaled(block, &factors, &mut sum);
                    for (at, &row) in block.rows().iter().enumerate() {
                        let row = matrix.rows().row(row as usize);
                        assert_eq!(products[at], linalg::dot(&row, &weights), "{features} {storage:?}");
                        linalg::add_scaled(&mut wanted, factors[at], &row);
                    }
                }
                assert_eq!(sum.as_slice()[..features], wanted, "{features} {storage:?}");
            }
        }
    }

    #[test]
    fn a_range_of_rows_begins_where_it_says() {
        let matrix = matrix(9000, 5, Storage::Double);
        let rows = matrix.range(4000..8500).range(97..100);
        assert_eq!((rows.len(), rows.features(), rows.is_empty()), (3, 5, false));
        assert_eq!(rows.row(2), (0..5).map(|feature| cell(4099, feature)).collect::<Vec<_>>());
    }

    #[test]
    fn single_precision_rounds_each_number_once() {
        let single = matrix(4, 3, Storage::Single);
        assert_eq!(single.rows().row(2), (0..3).map(|feature| f64::from(cell(2, feature) as f32)).collect::<Vec<_>>());
    }
}
