//! Products of matrices, some rows at a time, whose sums have one fixed order: an element's terms are added one after the other, and
//! eight elements side by side, so that SSE2, AVX2 and AVX-512 give the same bits. No fused multiply-add.
//!
//! A matrix of rows lies in panels of eight columns, and one of weights in tiles of eight by eight, both filled up with zeros, so that
//! all that the inner loops read lies in its order, and no sum goes across the lanes of a register. Four rows and eight columns are
//! worked on together: as many sums as sixteen registers of AVX2 hold (Goto and van de Geijn, "Anatomy of High-Performance Matrix
//! Multiplication", ACM TOMS 2008).

pub use super::linalg::LANES;
use super::rows::Rows;
use super::selection::{BLOCK, Block};

/// How many rows a panel has room for: some blocks of a selection.
pub const ROWS: usize = 2 * BLOCK;

/// Rows that are worked on together.
const TOGETHER: usize = 4;

/// Eight columns of some rows, each row in a cache line.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(align(64))]
pub struct Panel(pub [[f64; LANES]; ROWS]);

/// Weights of eight inputs, each in a cache line, to eight outputs.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(align(64))]
struct Tile([[f64; LANES]; LANES]);

/// So many columns of some rows, all zero.
pub fn panels(columns: usize) -> Vec<Panel> {
    vec![Panel([[0.0; LANES]; ROWS]); lines(columns)]
}

/// How many lines so many numbers take; a row without any still has one.
fn lines(numbers: usize) -> usize {
    numbers.div_ceil(LANES).max(1)
}

/// Writes a block's rows, which are not the panels' first where `at` is not 0, and asks the memory for those that come soon.
#[inline(always)]
pub fn gather(x: &Rows<'_>, block: Block<'_>, at: usize, panels: &mut [Panel]) {
    x.each_line(
        block,
        #[inline(always)]
        |row, line, cells| panels[line].0[at + row] = cells,
    );
}

/// A layer's weights, (inputs, outputs), and its biases, (outputs,); or the sums of their gradients.
#[derive(Clone, Debug)]
pub struct Weights {
    /// Those to the first eight outputs, of all inputs; then those to the next eight.
    tiles: Vec<Tile>,
    biases: Vec<[f64; LANES]>,
}

impl Weights {
    /// All zero.
    pub fn zeros(inputs: usize, outputs: usize) -> Self {
        let (inputs, outputs) = (lines(inputs), lines(outputs));
        Self { tiles: vec![Tile([[0.0; LANES]; LANES]); inputs * outputs], biases: vec![[0.0; LANES]; outputs] }
    }

    /// Of a flat vector that has a weight for each input, then the bias, of one output after the other.
    pub fn of(flat: &[f64], inputs: usize) -> Self {
        let mut weights = Self::zeros(inputs, flat.len() / (inputs + 1));
        let input_lines = weights.tiles.len() / weights.biases.len();
        for (output, unit) in flat.chunks_exact(inputs + 1).enumerate() {
            let (column, lane) = (output / LANES, output % LANES);
            let tiles = &mut weights.tiles[column * input_lines..][..input_lines];
            for (tile, part) in tiles.iter_mut().zip(unit[..inputs].chunks(LANES)) {
                tile.0.iter_mut().zip(part).for_each(|(line, weight)| line[lane] = *weight);
            }
            weights.biases[column][lane] = unit[inputs];
        }
        weights
    }

    /// Writes `finish(here, there)` of each number here and of its counterpart in a flat vector as [`Weights::of`] takes it to a slot
    /// of such a vector; the bias's counterpart is 0.
    pub fn unpack(&self, flat: &[f64], slots: &mut [f64], inputs: usize, finish: impl Fn(f64, f64) -> f64) {
        let input_lines = self.tiles.len() / self.biases.len();
        for (output, (unit, slots)) in flat.chunks_exact(inputs + 1).zip(slots.chunks_exact_mut(inputs + 1)).enumerate() {
            let (column, lane) = (output / LANES, output % LANES);
            let tiles = &self.tiles[column * input_lines..][..input_lines];
            for (tile, (unit, slots)) in tiles.iter().zip(unit[..inputs].chunks(LANES).zip(slots[..inputs].chunks_mut(LANES))) {
                for ((line, weight), slot) in tile.0.iter().zip(unit).zip(slots) {
                    *slot = finish(line[lane], *weight);
                }
            }
            slots[inputs] = finish(self.biases[column][lane], 0.0);
        }
    }

    /// The weights from outputs to inputs, with biases of 0: what slopes go back by.
    pub fn turned(&self) -> Self {
        let outputs = self.biases.len();
        let inputs = self.tiles.len() / outputs;
        let turn = |at: usize| {
            let (input, output) = (at / outputs, at % outputs);
            let tile = &self.tiles[output * inputs + input].0;
            Tile(std::array::from_fn(|row| std::array::from_fn(|column| tile[column][row])))
        };
        Self { tiles: (0..inputs * outputs).map(turn).collect(), biases: vec![[0.0; LANES]; inputs] }
    }

    /// Writes the first `rows` rows' products with the weights, biases added. The sum starts with the bias.
    #[inline(always)]
    pub fn multiply(&self, inputs: &[Panel], rows: usize, outputs: &mut [Panel]) {
        let count = inputs.len();
        assert!(
            self.tiles.len() == count * self.biases.len() && outputs.len() == self.biases.len(),
            "a layer's panels are as wide as it is"
        );
        for (output, out) in outputs.iter_mut().enumerate() {
            let tiles = &self.tiles[output * count..][..count];
            let together = &mut out.0.as_chunks_mut::<TOGETHER>().0[..rows.div_ceil(TOGETHER)];
            for (at, out) in together.iter_mut().enumerate() {
                let mut sums = [self.biases[output]; TOGETHER];
                for input in 0..count {
                    add_products(&mut sums, &inputs[input].0.as_chunks::<TOGETHER>().0[at], &tiles[input]);
                }
                *out = sums;
            }
        }
    }

    /// Adds each of the first `rows` rows' inputs times slopes of outputs to the weights, and the slopes to the biases, one row after
    /// the other.
    #[inline(always)]
    pub fn add_outer(&mut self, inputs: &[Panel], slopes: &[Panel], rows: usize) {
        let count = inputs.len();
        assert!(
            self.tiles.len() == count * self.biases.len() && slopes.len() == self.biases.len(),
            "a layer's panels are as wide as it is"
        );
        for output in 0..slopes.len() {
            let tiles = &mut self.tiles[output * count..][..count];
            for input in 0..count {
                let [low, high] = tiles[input].0.as_chunks_mut::<TOGETHER>().0 else { unreachable!("eight lines are twice four") };
                add_outer::<0>(low, &inputs[input], &slopes[output], rows);
                add_outer::<TOGETHER>(high, &inputs[input], &slopes[output], rows);
            }
            let mut sums = self.biases[output];
            for slopes in &slopes[output].0[..rows] {
                add_scaled(&mut sums, 1.0, slopes);
            }
            self.biases[output] = sums;
        }
    }
}

/// Adds eight inputs' part of some rows' products.
#[inline(always)]
fn add_products(sums: &mut [[f64; LANES]; TOGETHER], rows: &[[f64; LANES]; TOGETHER], tile: &Tile) {
    for (input, line) in tile.0.iter().enumerate() {
        for row in 0..TOGETHER {
            add_scaled(&mut sums[row], rows[row][input], line);
        }
    }
}

/// Adds a line times a factor. Index by index, which the compiler unrolls and makes wide instructions of, as it does not of iterators.
#[inline(always)]
fn add_scaled(sums: &mut [f64; LANES], factor: f64, line: &[f64; LANES]) {
    for lane in 0..LANES {
        sums[lane] += factor * line[lane];
    }
}

/// Adds to the weights of four inputs, of which the first is the panel's column `FROM`.
#[inline(always)]
fn add_outer<const FROM: usize>(weights: &mut [[f64; LANES]; TOGETHER], input: &Panel, slopes: &Panel, rows: usize) {
    let mut sums = *weights;
    let (input, slopes) = (&input.0[..rows], &slopes.0[..rows]);
    for row in 0..rows {
        for at in 0..TOGETHER {
            add_scaled(&mut sums[at], input[row][FROM + at], &slopes[row]);
        }
    }
    *weights = sums;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::simd::vectorised;

    /// Small whole numbers, so that all sums are exact.
    fn number(at: usize) -> f64 {
        (at * 7 % 11) as f64 - 5.0
    }

    /// Against the plain triple loop, at sizes around a line's and a panel's, with and without wide instructions.
    #[test]
    fn products_are_those_of_the_plain_loops() {
        for (inputs, outputs, rows) in [(1, 1, 1), (7, 9, 3), (8, 8, 4), (30, 17, 31), (33, 1, 32), (9, 25, 5)] {
            let flat: Vec<f64> = (0..(inputs + 1) * outputs).map(number).collect();
            let x = |row: usize, column: usize| number(row * 13 + column);
            let slope = |row: usize, column: usize| number(row * 5 + column * 3 + 1);
            let (mut values, mut slopes, mut out, mut back) = (panels(inputs), panels(outputs), panels(outputs), panels(inputs));
            for row in 0..rows {
                (0..inputs).for_each(|at| values[at / LANES].0[row][at % LANES] = x(row, at));
                (0..outputs).for_each(|at| slopes[at / LANES].0[row][at % LANES] = slope(row, at));
            }
            let (weights, mut sums) = (Weights::of(&flat, inputs), Weights::zeros(inputs, outputs));
            let turned = weights.turned();
            vectorised(
                #[inline(always)]
                || {
                    weights.multiply(&values, rows, &mut out);
                    turned.multiply(&slopes, rows, &mut back);
                    sums.add_outer(&values, &slopes, rows);
                },
            );
            let weight = |input: usize, output: usize| flat[output * (inputs + 1) + input];
            for row in 0..rows {
                for output in 0..outputs {
                    let wanted = weight(inputs, output) + (0..inputs).map(|input| x(row, input) * weight(input, output)).sum::<f64>();
                    assert_eq!(out[output / LANES].0[row][output % LANES], wanted, "{inputs} {outputs} {rows}");
                }
                for input in 0..inputs {
                    let wanted = (0..outputs).map(|output| slope(row, output) * weight(input, output)).sum::<f64>();
                    assert_eq!(back[input / LANES].0[row][input % LANES], wanted, "{inputs} {outputs} {rows}");
                }
            }
            let mut gradient = vec![0.0; flat.len()];
            sums.unpack(&flat, &mut gradient, inputs, |sum, weight| sum + 100.0 * weight);
            for output in 0..outputs {
                for input in 0..inputs {
                    let wanted = (0..rows).map(|row| x(row, input) * slope(row, output)).sum::<f64>() + 100.0 * weight(input, output);
                    assert_eq!(gradient[output * (inputs + 1) + input], wanted, "{inputs} {outputs} {rows}");
                }
                let wanted = (0..rows).map(|row| slope(row, output)).sum::<f64>();
                assert_eq!(gradient[output * (inputs + 1) + inputs], wanted);
            }
        }
    }
}
