//! Layers of units: what they say of some rows, and how slopes of the loss go back through them (Rumelhart, Hinton and Williams,
//! "Learning Representations by Back-Propagating Errors", Nature 1986).
//!
//! Layout of the parameters: layer after layer, in each unit after unit, of each a weight for every input, then the bias.

use super::model::Batch;
use crate::numeric::dense::{self, Panel, ROWS, Weights, panels};
use crate::numeric::linalg::dot;
use crate::numeric::math::tanh;
use crate::numeric::rows::Rows;
use crate::numeric::selection::{BLOCK, Block};
use crate::numeric::simd::vectorised;

/// What a hidden unit makes of its sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Activation {
    /// max(0, z).
    Relu,
    /// The hyperbolic tangent.
    Tanh,
}

impl Activation {
    #[inline(always)]
    fn apply(self, panels: &mut [Panel], rows: usize) {
        for panel in panels {
            for line in &mut panel.0[..rows] {
                match self {
                    Self::Relu => {
                        for z in line {
                            *z = if *z < 0.0 { 0.0 } else { *z };
                        }
                    }
                    Self::Tanh => {
                        for z in line {
                            *z = tanh(*z);
                        }
                    }
                }
            }
        }
    }

    /// Multiplies slopes by the derivative, found from what the units said.
    #[inline(always)]
    fn pull_back(self, said: &[Panel], slopes: &mut [Panel], rows: usize) {
        for panel in 0..slopes.len() {
            let (said, slopes) = (&said[panel].0[..rows], &mut slopes[panel].0[..rows]);
            for row in 0..rows {
                let (said, slopes) = (&said[row], &mut slopes[row]);
                match self {
                    Self::Relu => {
                        for lane in 0..said.len() {
                            // A product, as a choice between two numbers in memory becomes a branch, which is mostly guessed wrong.
                            slopes[lane] *= if said[lane] > 0.0 { 1.0 } else { 0.0 };
                        }
                    }
                    Self::Tanh => {
                        for lane in 0..said.len() {
                            slopes[lane] *= 1.0 - said[lane] * said[lane];
                        }
                    }
                }
            }
        }
    }
}

/// The shape of a network.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    /// Inputs, hidden units, outputs.
    pub widths: Vec<usize>,
    /// What hidden units make of their sums.
    pub activation: Activation,
}

impl Shape {
    /// Each layer's inputs and outputs.
    pub fn layers(&self) -> impl Iterator<Item = (usize, usize)> {
        self.widths.windows(2).map(|pair| (pair[0], pair[1]))
    }

    /// Each layer's part of a flat vector, and how many inputs it has.
    fn parts<'a>(&self, flat: &'a [f64]) -> impl Iterator<Item = (usize, &'a [f64])> {
        let mut rest = flat;
        self.layers().map(move |(inputs, outputs)| {
            let (part, after) = rest.split_at((inputs + 1) * outputs);
            rest = after;
            (inputs, part)
        })
    }

    /// The sum of the squares of all weights, biases aside.
    pub fn squares(&self, params: &[f64]) -> f64 {
        let unit = |unit: &[f64]| dot(&unit[..unit.len() - 1], &unit[..unit.len() - 1]);
        self.parts(params).flat_map(|(inputs, part)| part.chunks_exact(inputs + 1)).map(unit).sum()
    }
}

/// A network at work on some rows at a time.
struct Worker {
    activation: Activation,
    weights: Vec<Weights>,
    /// What every layer says, the rows themselves first.
    values: Vec<Vec<Panel>>,
}

impl Worker {
    fn new(shape: &Shape, params: &[f64]) -> Self {
        Self {
            activation: shape.activation,
            weights: shape.parts(params).map(|(inputs, part)| Weights::of(part, inputs)).collect(),
            values: shape.widths.iter().map(|&width| panels(width)).collect(),
        }
    }

    /// Reads up to [`ROWS`] rows and has the layers speak of them. Returns how many there were.
    #[inline(always)]
    fn forward<'b>(&mut self, x: &Rows<'_>, blocks: &mut impl Iterator<Item = Block<'b>>) -> usize {
        let mut rows = 0;
        for block in blocks.take(ROWS / BLOCK) {
            dense::gather(x, block, rows, &mut self.values[0]);
            rows += block.rows().len();
        }
        let last = self.weights.len() - 1;
        for (layer, weights) in self.weights.iter().enumerate() {
            let (before, after) = self.values.split_at_mut(layer + 1);
            weights.multiply(&before[layer], rows, &mut after[0]);
            if layer < last {
                self.activation.apply(&mut after[0], rows);
            }
        }
        rows
    }

    /// What the last layer said.
    #[inline(always)]
    fn outputs(&self) -> &[Panel] {
        self.values.last().expect("a network has outputs")
    }
}

/// Has `see` look at what the network says of rows, (outputs, rows) in panels, some at a time: which rows these are in the selection.
pub(super) fn forward<'b>(
    shape: &Shape,
    params: &[f64],
    x: &Rows<'_>,
    mut blocks: impl Iterator<Item = Block<'b>>,
    mut see: impl FnMut(std::ops::Range<usize>, &[Panel]),
) {
    vectorised(
        #[inline(always)]
        || {
            let (mut worker, mut done) = (Worker::new(shape, params), 0);
            loop {
                let rows = worker.forward(x, &mut blocks);
                if rows == 0 {
                    return;
                }
                see(done..done + rows, worker.outputs());
                done += rows;
            }
        },
    );
}

/// Writes the gradient of the mean of losses and a ridge penalty of the weights. `slopes` turns what the network says of some of the
/// batch's rows into the slopes of their losses.
pub(super) fn gradient(
    shape: &Shape,
    params: &[f64],
    batch: &Batch<'_>,
    slopes_of: impl Fn(&[u32], &mut [Panel]),
    (gradient, l2): (&mut [f64], f64),
) {
    vectorised(
        #[inline(always)]
        || {
            let mut worker = Worker::new(shape, params);
            let turned: Vec<Weights> = worker.weights[1..].iter().map(Weights::turned).collect();
            let mut sums: Vec<Weights> = shape.layers().map(|(inputs, outputs)| Weights::zeros(inputs, outputs)).collect();
            let mut slopes: Vec<Vec<Panel>> = shape.widths[1..].iter().map(|&width| panels(width)).collect();
            let (all, mut blocks, mut done) = (batch.selection.rows(), batch.selection.blocks(), 0);
            while done < all.len() {
                let rows = worker.forward(&batch.x, &mut blocks);
                let last = slopes.last_mut().expect("a network has outputs");
                last.copy_from_slice(worker.outputs());
                slopes_of(&all[done..done + rows], last);
                for layer in (0..sums.len()).rev() {
                    let (before, after) = slopes.split_at_mut(layer);
                    sums[layer].add_outer(&worker.values[layer], &after[0], rows);
                    if let Some(before) = before.last_mut() {
                        turned[layer - 1].multiply(&after[0], rows, before);
                        shape.activation.pull_back(&worker.values[layer], before, rows);
                    }
                }
                done += rows;
            }
            let (count, mut rest) = (all.len() as f64, gradient);
            for ((inputs, part), sums) in shape.parts(params).zip(&sums) {
                let (slots, after) = rest.split_at_mut(part.len());
                sums.unpack(part, slots, inputs, |sum, weight| sum / count + l2 * weight);
                rest = after;
            }
        },
    );
}
