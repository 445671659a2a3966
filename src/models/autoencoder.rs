//! An autoencoder: a network that learns to say its own input again through a layer of few units, the row's code, so that it has to
//! find out how rows hang together; a row that it says badly is unlike those that it learned from (Rumelhart, Hinton and Williams,
//! "Learning Internal Representations by Error Propagation", Parallel Distributed Processing, 1986; Kramer, "Nonlinear Principal
//! Component Analysis Using Autoassociative Neural Networks", AIChE Journal 1991; Hinton and Salakhutdinov, "Reducing the
//! Dimensionality of Data with Neural Networks", Science 2006).
//!
//! From the features through the hidden layers to the code, and through the same layers in reverse back to the features. The code and
//! the outputs are linear. Without hidden layers it finds the plane of the principal components (Baldi and Hornik, "Neural Networks and
//! Principal Component Analysis: Learning from Examples Without Local Minima", Neural Networks 1989).
//!
//! The loss of a row is half the squared residual, as the linear model has it, here in the mean over the features: Rumelhart, Hinton
//! and Williams add them up, and then the wider the table, the smaller a learning rate it wants. Ridge penalty of the weights, biases
//! aside. Starts and layout of the parameters: as network.rs has them.

use super::network::{self, Activation, Shape, UNITS_MAX};
use super::{Batch, Columns, Counts, Differentiable, Encoder, Model, Parameter};
use crate::metrics::reconstruction::row_error;
use crate::numeric::dense::{LANES, Panel};
use crate::numeric::rng::Stream;
use crate::numeric::rows::Rows;
use crate::numeric::selection::{BLOCK, Block};
use crate::registry::Entry;
use crate::settings::{NOT_NEGATIVE, Table};
use crate::tasks::Task;

/// An autoencoder.
#[derive(Clone, Debug)]
pub struct Autoencoder {
    /// Of the encoder, from the features on.
    hidden: Vec<usize>,
    code: usize,
    activation: Activation,
    l2: f64,
}

impl Autoencoder {
    pub(super) const ENTRY: Entry = Entry {
        kind: "autoencoder",
        summary: "a network that says rows again through a code of few numbers, without labels",
        paper: "Hinton and Salakhutdinov, Science 2006",
        example: "hidden = [8]\ncode = 3\nactivation = \"tanh\"\nl2 = 0.001",
        argument: Some("code"),
    };

    pub(super) fn read(table: &mut Table) -> Self {
        Self {
            hidden: network::read_hidden(table, &[32]),
            code: table.count("code", 4, 1..=UNITS_MAX),
            activation: Activation::read(table),
            l2: table.number("l2", 0.0, NOT_NEGATIVE),
        }
    }

    /// The shape over so many features.
    fn shape(&self, features: usize) -> Shape {
        let there = [features].into_iter().chain(self.hidden.iter().copied());
        let widths = there.clone().chain([self.code]).chain(there.rev()).collect();
        Shape { widths, activations: self.activations() }
    }

    /// That of the layers up to the code: the first ones, and so are their parameters.
    fn encoder(&self, features: usize) -> Shape {
        let Shape { mut widths, mut activations } = self.shape(features);
        widths.truncate(self.hidden.len() + 2);
        activations.truncate(self.hidden.len() + 1);
        Shape { widths, activations }
    }

    fn activations(&self) -> Vec<Activation> {
        let half = || self.hidden.iter().map(|_| self.activation).chain([Activation::Linear]);
        half().chain(half()).collect()
    }

    /// The names of the features and of each layer's units.
    fn unit_names(&self, features: &[String]) -> Vec<Vec<String>> {
        let encoder = (1..).zip(&self.hidden).map(|(at, &width)| network::unit_names(&format!("encoder{at}"), width));
        let decoder = (1..).zip(self.hidden.iter().rev()).map(|(at, &width)| network::unit_names(&format!("decoder{at}"), width));
        let outputs = features.iter().map(|name| format!("output[{name}]")).collect();
        let there = [features.to_vec()].into_iter().chain(encoder).chain([network::unit_names("code", self.code)]);
        there.chain(decoder).chain([outputs]).collect()
    }
}

/// Writes what the last layer says of each row, (rows, units), into `out`.
fn say(shape: &Shape, params: &[f64], x: Rows<'_>, out: &mut [f64]) {
    let width = shape.widths.last().copied().unwrap_or(1);
    let all: Vec<u32> = (0..x.len() as u32).collect();
    network::forward(
        shape,
        params,
        &x,
        all.chunks(BLOCK).map(Block::alone),
        #[inline(always)]
        |rows, said| {
            for (at, out) in out[rows.start * width..rows.end * width].chunks_exact_mut(width).enumerate() {
                out.chunks_mut(LANES).zip(said).for_each(|(out, panel)| out.copy_from_slice(&panel.0[at][..out.len()]));
            }
        },
    );
}

impl Model for Autoencoder {
    fn task(&self) -> Task {
        Task::Reconstruction
    }

    fn parameters(&self, columns: &Columns<'_>, stream: &mut Stream) -> Vec<Parameter> {
        network::parameters(&self.unit_names(columns.features), &self.activations(), stream)
    }

    fn outputs(&self, counts: Counts) -> usize {
        counts.features
    }

    fn predict(&self, params: &[f64], x: Rows<'_>, scores: &mut [f64]) {
        say(&self.shape(x.features()), params, x, scores);
    }

    fn as_differentiable(&self) -> Option<&dyn Differentiable> {
        Some(self)
    }

    fn as_encoder(&self) -> Option<&dyn Encoder> {
        Some(self)
    }
}

impl Encoder for Autoencoder {
    fn code(&self) -> usize {
        self.code
    }

    fn encode(&self, params: &[f64], x: Rows<'_>, codes: &mut [f64]) {
        let encoder = self.encoder(x.features());
        say(&encoder, &params[..encoder.len()], x, codes);
    }
}

impl Differentiable for Autoencoder {
    fn loss(&self, params: &[f64], batch: &Batch<'_>) -> f64 {
        let (shape, features, all) = (self.shape(batch.x.features()), batch.x.features(), batch.selection.rows());
        let (mut sum, mut cells, mut again) = (0.0, vec![0.0; features], vec![0.0; features]);
        network::forward(&shape, params, &batch.x, batch.selection.blocks(), |rows, said| {
            for (at, &row) in all[rows].iter().enumerate() {
                batch.x.copy_row(row as usize, &mut cells);
                again.iter_mut().enumerate().for_each(|(feature, cell)| *cell = said[feature / LANES].0[at][feature % LANES]);
                sum += row_error(&cells, &again);
            }
        });
        0.5 * sum / all.len() as f64 + 0.5 * self.l2 * shape.squares(params)
    }

    fn gradient(&self, params: &[f64], batch: &Batch<'_>, gradient: &mut [f64]) {
        let shape = self.shape(batch.x.features());
        let share = 1.0 / batch.x.features() as f64;
        network::gradient(
            &shape,
            params,
            batch,
            #[inline(always)]
            |rows: &[u32], inputs: &[Panel], said: &mut [Panel]| {
                for (said, inputs) in said.iter_mut().zip(inputs) {
                    for (said, inputs) in said.0.iter_mut().zip(&inputs.0).take(rows.len()) {
                        said.iter_mut().zip(inputs).for_each(|(said, input)| *said = share * (*said - input));
                    }
                }
            },
            (gradient, self.l2),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::RowWeights;
    use crate::numeric::rows::{Matrix, Storage};
    use crate::numeric::selection::Selection;
    use crate::tasks::Labels;

    /// By hand: a code of one unit, 2 a - b + 1, from which a is said again as half of it and b as -1 times it, plus 3. Of (1, 2) the
    /// code is 1: said are 0.5 and 2; of (0, 0) it is 1 as well.
    #[test]
    fn a_linear_code_of_one_number_is_what_one_works_out_by_hand() {
        let x = Matrix::build((2, 2), Storage::Double, |row, out| out.copy_from_slice(&[[1.0, 2.0], [0.0, 0.0]][row]));
        let model = Autoencoder { hidden: Vec::new(), code: 1, activation: Activation::Relu, l2: 0.0 };
        let params = [2.0, -1.0, 1.0, 0.5, 0.0, -1.0, 3.0];
        let (mut said, mut codes) = ([0.0; 4], [0.0; 2]);
        model.predict(&params, x.rows(), &mut said);
        model.encode(&params, x.rows(), &mut codes);
        assert_eq!((said, codes), ([0.5, 2.0, 0.5, 2.0], [1.0, 1.0]));
        let batch = Batch { x: x.rows(), y: Labels::Absent(2), weights: RowWeights::ALIKE, selection: Selection::all(&[0, 1]) };
        // Residuals -0.5 and 0, then 0.5 and 2, of which each row's loss is a quarter of the sum of squares.
        assert_eq!(model.loss(&params, &batch), (0.0625 + 1.0625) / 2.0);
        let mut gradient = [f64::NAN; 7];
        model.gradient(&params, &batch, &mut gradient);
        // Slopes of outputs are halves of residuals, and the code's 0.5 s - t: -0.125 of the first row, -0.875 of the second.
        assert_eq!(gradient, [-0.0625, -0.125, -0.5, 0.0, 0.0, 0.5, 0.5]);
    }

    #[test]
    fn hidden_layers_are_mirrored_and_names_tell_which_half_they_are_of() {
        let model = Autoencoder { hidden: vec![5, 3], code: 2, activation: Activation::Tanh, l2: 0.0 };
        let shape = model.shape(7);
        assert_eq!(shape.widths, [7, 5, 3, 2, 3, 5, 7]);
        let (bent, linear) = (Activation::Tanh, Activation::Linear);
        assert_eq!(shape.activations, [bent, bent, linear, bent, bent, linear]);
        assert_eq!((model.encoder(7).widths, model.encoder(7).activations), (vec![7, 5, 3, 2], vec![bent, bent, linear]));
        let names = model.unit_names(&["a", "b"].map(str::to_owned));
        let first: Vec<&str> = names.iter().map(|layer| layer[0].as_str()).collect();
        assert_eq!(first, ["a", "encoder1[1]", "encoder2[1]", "code[1]", "decoder1[1]", "decoder2[1]", "output[a]"]);
    }
}
