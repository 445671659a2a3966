//! A multi-layer perceptron: layers of units, each of which adds what it is told, weighted, and bends the sum; trained by
//! back-propagation (Rumelhart, Hinton and Williams, "Learning Representations by Back-Propagating Errors", Nature 1986). Of two classes
//! it says the log-odds, with cross-entropy, of several softmax's linear predictors, with cross-entropy, and a number itself, with half
//! the squared residual. Ridge penalty of the weights, biases aside. Starts and layout of the parameters: as network.rs has them.

use super::network::{self, Activation, Shape};
use super::softmax::normalise;
use super::{Batch, Columns, Counts, Differentiable, Model, Parameter, RowWeights};
use crate::diag::Problem;
use crate::numeric::dense::{LANES, Panel, ROWS};
use crate::numeric::math::{ln, sigmoid, softplus};
use crate::numeric::rng::Stream;
use crate::numeric::rows::Rows;
use crate::numeric::selection::{BLOCK, Block};
use crate::registry::Entry;
use crate::settings::{NOT_NEGATIVE, Table};
use crate::tasks::{Labels, Task};

/// A multi-layer perceptron.
#[derive(Clone, Debug)]
pub struct Mlp {
    task: Task,
    hidden: Vec<usize>,
    activation: Activation,
    l2: f64,
}

impl Mlp {
    pub(super) const ENTRY: Entry = Entry {
        kind: "mlp",
        summary: "a multi-layer perceptron of two classes, several, or numbers, with a ridge penalty",
        paper: "Rumelhart, Hinton and Williams, Nature 1986",
        example: "task = \"binary\"\nhidden = [16, 8]\nactivation = \"tanh\"\nl2 = 0.001",
        argument: None,
    };

    pub(super) fn read(table: &mut Table) -> Self {
        let tasks = [Task::Binary, Task::Multiclass, Task::Regression].map(|task| (task.word(), task));
        let task = table.word("task", "binary", &tasks);
        let hidden = network::read_hidden(table, &[64, 32]);
        if hidden.is_empty() {
            let linear = match task {
                Task::Multiclass => "softmax",
                Task::Regression => "linear",
                Task::Binary | Task::Clusters | Task::Reconstruction => "logistic",
            };
            let problem = Problem::new("a multi-layer perceptron has a hidden layer").at(table.place_of("hidden"), "no layer is named");
            table.push(problem.help(format!("without one it is kind = \"{linear}\"; or name a width, such as hidden = [16]")));
        }
        Self { task, hidden, activation: Activation::read(table), l2: table.number("l2", 0.0, NOT_NEGATIVE) }
    }

    /// Its shape over so many features.
    fn shape(&self, features: usize, outputs: usize) -> Shape {
        let widths = [features].into_iter().chain(self.hidden.iter().copied()).chain([outputs]).collect();
        Shape { widths, activations: self.activations() }
    }

    /// Those of hidden layers, and the outputs' at the end.
    fn activations(&self) -> Vec<Activation> {
        self.hidden.iter().map(|_| self.activation).chain([Activation::Linear]).collect()
    }

    /// Its shape where it has these parameters: as many outputs as they suffice for.
    fn shape_of(&self, params: &[f64], features: usize) -> Shape {
        let hidden = self.shape(features, 0).len();
        let last = self.hidden.last().expect("there is a hidden layer");
        self.shape(features, (params.len() - hidden) / (last + 1))
    }
}

/// The names of a layer's units: the features', `layer1[1]` and so on, and those of the outputs.
fn unit_names(mlp: &Mlp, columns: &Columns<'_>) -> Vec<Vec<String>> {
    let hidden = |(at, &width): (usize, &usize)| network::unit_names(&format!("layer{}", at + 1), width);
    let outputs = match mlp.task {
        Task::Multiclass => columns.classes.iter().map(|class| format!("output[{class}]")).collect(),
        Task::Binary | Task::Regression | Task::Clusters | Task::Reconstruction => vec!["output".to_owned()],
    };
    let features = [columns.features.to_vec()].into_iter();
    features.chain(mlp.hidden.iter().enumerate().map(hidden)).chain([outputs]).collect()
}

impl Model for Mlp {
    fn task(&self) -> Task {
        self.task
    }

    fn parameters(&self, columns: &Columns<'_>, stream: &mut Stream) -> Vec<Parameter> {
        network::parameters(&unit_names(self, columns), &self.activations(), stream)
    }

    fn outputs(&self, counts: Counts) -> usize {
        if self.task == Task::Multiclass { counts.classes } else { 1 }
    }

    fn predict(&self, params: &[f64], x: Rows<'_>, scores: &mut [f64]) {
        let shape = self.shape_of(params, x.features());
        let outputs = shape.widths.last().copied().unwrap_or(1);
        let all: Vec<u32> = (0..x.len() as u32).collect();
        network::forward(
            &shape,
            params,
            &x,
            all.chunks(BLOCK).map(Block::alone),
            #[inline(always)]
            |rows, said| {
                let scores = &mut scores[rows.start * outputs..rows.end * outputs];
                match self.task {
                    Task::Multiclass => each_class(said, outputs, rows.len(), |from, all, _, _| {
                        for (at, scores) in scores[from * outputs..].chunks_exact_mut(outputs).take(BLOCK).enumerate() {
                            scores.iter_mut().zip(all.iter()).for_each(|(score, class)| *score = class[at]);
                        }
                    }),
                    Task::Binary => scores.iter_mut().zip(&said[0].0).for_each(|(score, said)| *score = sigmoid(said[0])),
                    Task::Regression | Task::Clusters | Task::Reconstruction => {
                        scores.iter_mut().zip(&said[0].0).for_each(|(score, said)| *score = said[0]);
                    }
                }
            },
        );
    }

    fn as_differentiable(&self) -> Option<&dyn Differentiable> {
        Some(self)
    }
}

/// Has `see` look at rows' probabilities of all classes, (classes, rows), a block at a time: the first row, the probabilities, and
/// what [`normalise`] returns.
#[inline(always)]
fn each_class(said: &[Panel], classes: usize, rows: usize, mut see: impl FnMut(usize, &mut [[f64; BLOCK]], &[f64; BLOCK], &[f64; BLOCK])) {
    let mut all = vec![[0.0; BLOCK]; classes];
    for from in (0..rows).step_by(BLOCK) {
        let (greatest, sums) = probabilities(said, from, &mut all);
        see(from, &mut all, &greatest, &sums);
    }
}

/// Writes the probabilities of all classes, (classes, rows), of the block of rows that begins at `from`; what [`normalise`] returns.
#[inline(always)]
fn probabilities(said: &[Panel], from: usize, all: &mut [[f64; BLOCK]]) -> ([f64; BLOCK], [f64; BLOCK]) {
    for (class, slots) in all.iter_mut().enumerate() {
        let (panel, lane) = (&said[class / LANES], class % LANES);
        slots.iter_mut().zip(&panel.0[from..]).for_each(|(slot, said)| *slot = said[lane]);
    }
    normalise(all)
}

/// Turns what a network says of rows into the slopes of their losses.
#[inline(always)]
fn slopes(said: &mut [Panel], rows: &[u32], labels: Labels<'_>, weights: RowWeights<'_>, classes: usize) {
    let mut slopes = [0.0; ROWS];
    match labels {
        Labels::Binary(labels) => {
            let of_two = weights.of_two();
            slopes.iter_mut().zip(&said[0].0).for_each(|(slope, said)| *slope = said[0]);
            for slope in &mut slopes {
                *slope = sigmoid(*slope);
            }
            for (slope, &row) in slopes.iter_mut().zip(rows) {
                let label = labels[row as usize];
                *slope = of_two[usize::from(label)] * (*slope - f64::from(label));
            }
        }
        Labels::Values(labels) => {
            for ((slope, said), &row) in slopes.iter_mut().zip(&said[0].0).zip(rows) {
                *slope = said[0] - labels[row as usize];
            }
        }
        Labels::Classes(labels) => return class_slopes(said, rows, labels, weights, classes),
        Labels::Absent(_) => unreachable!("a model that learns from labels is given some"),
    }
    said[0].0.iter_mut().zip(&slopes).for_each(|(said, slope)| said[0] = *slope);
}

/// The same of several classes.
#[inline(always)]
fn class_slopes(said: &mut [Panel], rows: &[u32], labels: &[u8], weights: RowWeights<'_>, classes: usize) {
    let mut all = vec![[0.0; BLOCK]; classes];
    for (block, rows) in rows.chunks(BLOCK).enumerate() {
        probabilities(said, block * BLOCK, &mut all);
        for (at, &row) in rows.iter().enumerate() {
            let label = usize::from(labels[row as usize]);
            let weight = weights.of(label);
            all[label][at] -= 1.0;
            for (class, slopes) in all.iter().enumerate() {
                said[class / LANES].0[block * BLOCK + at][class % LANES] = weight * slopes[at];
            }
        }
    }
}

/// The sum of rows' weights times losses.
fn losses(said: &[Panel], rows: &[u32], labels: Labels<'_>, weights: RowWeights<'_>, classes: usize) -> f64 {
    let mut sum = 0.0;
    match labels {
        Labels::Binary(labels) => {
            for (said, &row) in said[0].0.iter().zip(rows) {
                let label = labels[row as usize];
                sum += weights.of(usize::from(label)) * (softplus(said[0]) - f64::from(label) * said[0]);
            }
        }
        Labels::Values(labels) => {
            for (said, &row) in said[0].0.iter().zip(rows) {
                let residual = said[0] - labels[row as usize];
                sum += 0.5 * residual * residual;
            }
        }
        Labels::Classes(labels) => each_class(said, classes, rows.len(), |from, _, greatest, sums| {
            for (at, &row) in rows[from..].iter().take(BLOCK).enumerate() {
                let label = usize::from(labels[row as usize]);
                let of_label = said[label / LANES].0[from + at][label % LANES];
                sum += weights.of(label) * (greatest[at] + ln(sums[at]) - of_label);
            }
        }),
        Labels::Absent(_) => unreachable!("a model that learns from labels is given some"),
    }
    sum
}

impl Differentiable for Mlp {
    fn loss(&self, params: &[f64], batch: &Batch<'_>) -> f64 {
        let shape = self.shape_of(params, batch.x.features());
        let (classes, all) = (shape.widths.last().copied().unwrap_or(1), batch.selection.rows());
        let mut sum = 0.0;
        network::forward(&shape, params, &batch.x, batch.selection.blocks(), |rows, said| {
            sum += losses(said, &all[rows], batch.y, batch.weights, classes);
        });
        sum / all.len() as f64 + 0.5 * self.l2 * shape.squares(params)
    }

    fn gradient(&self, params: &[f64], batch: &Batch<'_>, gradient: &mut [f64]) {
        let shape = self.shape_of(params, batch.x.features());
        let classes = shape.widths.last().copied().unwrap_or(1);
        network::gradient(
            &shape,
            params,
            batch,
            #[inline(always)]
            |rows: &[u32], _: &[Panel], said: &mut [Panel]| slopes(said, rows, batch.y, batch.weights, classes),
            (gradient, self.l2),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::rows::{Matrix, Storage};
    use crate::numeric::selection::Selection;
    use crate::tasks::LabelColumn;

    const FEATURES: usize = 5;
    const COUNTS: Counts = Counts { features: FEATURES, classes: 3 };

    fn mlp(task: Task, activation: Activation) -> Mlp {
        Mlp { task, hidden: vec![9, 4], activation, l2: 0.1 }
    }

    /// A number of [-1, 1] that follows no line.
    fn number(at: usize) -> f64 {
        ((at * 7919 + 13) % 1009) as f64 / 504.0 - 1.0
    }

    fn matrix(rows: usize) -> Matrix {
        Matrix::build((rows, FEATURES), Storage::Double, |row, out| {
            out.iter_mut().enumerate().for_each(|(at, cell)| *cell = number(row * 31 + at * 7));
        })
    }

    fn labels(task: Task, rows: usize) -> LabelColumn {
        match task {
            Task::Multiclass => LabelColumn::Classes((0..rows).map(|row| (row % 3) as u8).collect()),
            Task::Regression => LabelColumn::Values((0..rows).map(|row| number(row * 3)).collect()),
            Task::Binary | Task::Clusters | Task::Reconstruction => LabelColumn::Binary((0..rows).map(|row| row % 3 == 0).collect()),
        }
    }

    fn params(mlp: &Mlp) -> Vec<f64> {
        let outputs = mlp.outputs(COUNTS);
        (0..mlp.shape(FEATURES, outputs).len()).map(|at| 0.7 * number(at * 3 + 1)).collect()
    }

    fn all() -> impl Iterator<Item = Mlp> {
        let tasks = [Task::Binary, Task::Multiclass, Task::Regression];
        tasks.into_iter().flat_map(|task| [Activation::Relu, Activation::Tanh].map(|activation| mlp(task, activation)))
    }

    fn gradient(mlp: &Mlp, params: &[f64], batch: &Batch<'_>) -> Vec<f64> {
        let mut gradient = vec![f64::NAN; params.len()];
        mlp.gradient(params, batch, &mut gradient);
        gradient
    }

    #[test]
    fn the_gradient_is_what_differences_of_the_loss_come_to() {
        let (x, order) = (matrix(40), (0..37).map(|at| at * 7 % 40).collect::<Vec<u32>>());
        for mlp in all() {
            let y = labels(mlp.task, 40);
            let batch = Batch { x: x.rows(), y: y.all(), weights: RowWeights::new(&[0.5, 2.0, 3.0]), selection: Selection::all(&order) };
            let batch = if mlp.task == Task::Regression { Batch { weights: RowWeights::ALIKE, ..batch } } else { batch };
            let params = params(&mlp);
            let found = gradient(&mlp, &params, &batch);
            for (at, slope) in found.iter().enumerate() {
                let step = 1e-6;
                let loss = |step: f64| {
                    let mut params = params.clone();
                    params[at] += step;
                    mlp.loss(&params, &batch)
                };
                let wanted = (loss(step) - loss(-step)) / (2.0 * step);
                assert!((slope - wanted).abs() < 1e-8, "{mlp:?} at {at}: {slope} for {wanted}");
            }
        }
    }

    /// By hand: weights 2 and 3 of one input and unit and biases 1 and -1 say 3 relu(2 x + 1) - 1; of x = 1 that is 8, of x = -1 it is -1.
    #[test]
    fn a_network_of_one_unit_is_what_one_works_out_by_hand() {
        let x = Matrix::build((2, 1), Storage::Double, |row, out| out[0] = 1.0 - 2.0 * row as f64);
        let mlp = Mlp { task: Task::Regression, hidden: vec![1], activation: Activation::Relu, l2: 0.0 };
        let (params, mut said) = ([2.0, 1.0, 3.0, -1.0], [0.0; 2]);
        mlp.predict(&params, x.rows(), &mut said);
        assert_eq!(said, [8.0, -1.0]);
        let batch = Batch { x: x.rows(), y: Labels::Values(&[6.0, 0.0]), weights: RowWeights::ALIKE, selection: Selection::all(&[0, 1]) };
        // Residuals 2 and -1; the second row's unit says nothing and learns nothing.
        assert_eq!(mlp.loss(&params, &batch), (2.0 + 0.5) / 2.0);
        assert_eq!(gradient(&mlp, &params, &batch), [3.0, 3.0, 3.0, 0.5]);
    }

    /// tanh z is z but for z^3 / 3.
    #[test]
    fn with_tiny_weights_tangent_units_are_linear() {
        let (x, mlp) = (matrix(20), Mlp { l2: 0.0, ..mlp(Task::Regression, Activation::Tanh) });
        let params: Vec<f64> = params(&mlp).iter().map(|param| 1e-4 * param).collect();
        let mut said = vec![0.0; 20];
        mlp.predict(&params, x.rows(), &mut said);
        for (row, said) in said.iter().enumerate() {
            let (mut values, mut rest) = (x.rows().row(row), params.as_slice());
            for (inputs, outputs) in mlp.shape(FEATURES, 1).layers() {
                let (part, after) = rest.split_at((inputs + 1) * outputs);
                rest = after;
                let unit = |unit: &[f64]| unit[inputs] + values.iter().zip(unit).map(|(value, weight)| value * weight).sum::<f64>();
                values = part.chunks(inputs + 1).map(unit).collect();
            }
            assert!((said - values[0]).abs() < 1e-14, "{said} for {}", values[0]);
        }
    }

    #[test]
    fn bits_do_not_depend_on_where_rows_lie_and_their_order_hardly_matters() {
        let (here, there) = (
            matrix(100),
            Matrix::build((150, FEATURES), Storage::Double, |row, out| {
                out.iter_mut().enumerate().for_each(|(at, cell)| *cell = number((row + 1000 - 50) % 1000 * 31 + at * 7));
            }),
        );
        for mlp in all() {
            let (params, y) = (params(&mlp), labels(mlp.task, 100));
            let outputs = mlp.outputs(COUNTS);
            let (mut said, mut shifted) = (vec![0.0; 100 * outputs], vec![0.0; 150 * outputs]);
            mlp.predict(&params, here.rows(), &mut said);
            mlp.predict(&params, there.rows(), &mut shifted);
            assert_eq!(said, shifted[50 * outputs..], "{mlp:?}");
            for size in [1, 4, 17, 32, 33, 70] {
                let rows: Vec<u32> = (0..size).map(|at| at * 11 % 100).collect();
                let moved: Vec<u32> = rows.iter().map(|row| row + 50).collect();
                let y_moved = y.all().of_rows(&(0..150).map(|row| (row + 50) % 100).collect::<Vec<u32>>());
                let batch = |x, y, order| Batch { x, y, weights: RowWeights::ALIKE, selection: Selection::all(order) };
                let found = gradient(&mlp, &params, &batch(here.rows(), y.all(), &rows));
                assert_eq!(found, gradient(&mlp, &params, &batch(there.rows(), y_moved.all(), &moved)), "{mlp:?} {size}");
                let turned: Vec<u32> = rows.iter().rev().copied().collect();
                let other = gradient(&mlp, &params, &batch(here.rows(), y.all(), &turned));
                found.iter().zip(&other).for_each(|(a, b)| assert!((a - b).abs() < 1e-12 * (1.0 + a.abs()), "{mlp:?} {size}: {a} {b}"));
            }
        }
    }
}
