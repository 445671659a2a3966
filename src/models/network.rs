//! Layers of units: where their weights start, what they say of some rows, and how slopes of the loss go back through them (Rumelhart,
//! Hinton and Williams, "Learning Representations by Back-Propagating Errors", Nature 1986).
//!
//! Weights start at random, biases at 0: those to rectified units normal with variance 2 / inputs (He et al., "Delving Deep into
//! Rectifiers", ICCV 2015), those to tangent and linear units uniform up to sqrt(6 / (inputs + outputs)) (Glorot and Bengio,
//! "Understanding the Difficulty of Training Deep Feedforward Neural Networks", AISTATS 2010).
//!
//! Layout of the parameters: layer after layer, in each unit after unit, of each a weight for every input, then the bias.

use super::model::{Batch, Parameter};
use crate::diag::Problem;
use crate::numeric::dense::{self, Panel, ROWS, Weights, panels};
use crate::numeric::linalg::dot;
use crate::numeric::math::tanh;
use crate::numeric::rng::Stream;
use crate::numeric::rows::Rows;
use crate::numeric::sample::unit;
use crate::numeric::selection::{BLOCK, Block};
use crate::numeric::simd::vectorised;
use crate::numeric::ziggurat::Ziggurat;
use crate::settings::Table;

/// The most hidden layers that a scenario may name, and the most units of one.
const LAYERS_MAX: usize = 8;
pub(super) const UNITS_MAX: usize = 1024;

/// Reads `hidden`, the widths of layers.
pub(super) fn read_hidden(table: &mut Table, default: &[usize]) -> Vec<usize> {
    let hidden = table.counts("hidden", default, 1..=UNITS_MAX);
    if hidden.len() > LAYERS_MAX {
        let problem = Problem::new(format!("`hidden` has {} layers", hidden.len()));
        let problem = problem.at(table.place_of("hidden"), format!("{LAYERS_MAX} at most"));
        table.push(problem.help("have fewer layers, and wider ones"));
    }
    hidden
}

/// What a unit makes of its sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Activation {
    /// max(0, z).
    Relu,
    /// The hyperbolic tangent.
    Tanh,
    /// The sum itself.
    Linear,
}

impl Activation {
    /// Reads `activation`, that of hidden units.
    pub fn read(table: &mut Table) -> Self {
        table.word("activation", "relu", &[("relu", Self::Relu), ("tanh", Self::Tanh)])
    }

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
                    Self::Linear => {}
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
                    Self::Linear => {}
                }
            }
        }
    }
}

/// The shape of a network.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    /// How many inputs there are, and then how many units each layer has: (1 + layers,).
    pub widths: Vec<usize>,
    /// What each layer's units make of their sums, (layers,).
    pub activations: Vec<Activation>,
}

/// The parameters of a network whose inputs and units have these names, layer by layer, where training starts.
pub(super) fn parameters(names: &[Vec<String>], activations: &[Activation], stream: &mut Stream) -> Vec<Parameter> {
    let (normal, mut parameters) = (Ziggurat::default(), Vec::new());
    for (pair, activation) in names.windows(2).zip(activations) {
        let (inputs, outputs) = (&pair[0], &pair[1]);
        let (fan_in, fan_out) = (inputs.len().max(1) as f64, outputs.len() as f64);
        let (std, limit) = ((2.0 / fan_in).sqrt(), (6.0 / (fan_in + fan_out)).sqrt());
        for output in outputs {
            for input in inputs {
                let start = match activation {
                    Activation::Relu => std * normal.draw(stream),
                    Activation::Tanh | Activation::Linear => limit * (2.0 * unit(stream) - 1.0),
                };
                parameters.push(Parameter { name: format!("{output} <- {input}"), start });
            }
            parameters.push(Parameter { name: format!("{output} (bias)"), start: 0.0 });
        }
    }
    parameters
}

/// The names of a layer's units: `layer[1]` and so on.
pub(super) fn unit_names(layer: &str, width: usize) -> Vec<String> {
    (1..=width).map(|unit| format!("{layer}[{unit}]")).collect()
}

impl Shape {
    /// Each layer's inputs and outputs.
    pub fn layers(&self) -> impl Iterator<Item = (usize, usize)> {
        self.widths.windows(2).map(|pair| (pair[0], pair[1]))
    }

    /// How many parameters there are.
    pub fn len(&self) -> usize {
        self.layers().map(|(inputs, outputs)| (inputs + 1) * outputs).sum()
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
    activations: Vec<Activation>,
    weights: Vec<Weights>,
    /// What every layer says, the rows themselves first.
    values: Vec<Vec<Panel>>,
}

impl Worker {
    fn new(shape: &Shape, params: &[f64]) -> Self {
        Self {
            activations: shape.activations.clone(),
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
        for (layer, (weights, activation)) in self.weights.iter().zip(&self.activations).enumerate() {
            let (before, after) = self.values.split_at_mut(layer + 1);
            weights.multiply(&before[layer], rows, &mut after[0]);
            activation.apply(&mut after[0], rows);
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

/// Writes the gradient of the mean of losses and a ridge penalty of the weights. `slopes_of` turns what the network says of some of
/// the batch's rows, beside the rows themselves, (features, rows) in panels, into the slopes of their losses.
pub(super) fn gradient(
    shape: &Shape,
    params: &[f64],
    batch: &Batch<'_>,
    slopes_of: impl Fn(&[u32], &[Panel], &mut [Panel]),
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
                slopes_of(&all[done..done + rows], &worker.values[0], last);
                for layer in (0..sums.len()).rev() {
                    let (before, after) = slopes.split_at_mut(layer);
                    sums[layer].add_outer(&worker.values[layer], &after[0], rows);
                    if let Some(before) = before.last_mut() {
                        turned[layer - 1].multiply(&after[0], rows, before);
                        shape.activations[layer - 1].pull_back(&worker.values[layer], before, rows);
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
