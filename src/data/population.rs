//! A population of clients, each generated when it is asked for: time and memory depend on who takes part, not on how many
//! there are.
//!
//! The process is Synthetic(alpha, beta) of Li, Sahu, Zaheer, Sanjabi, Talwalkar and Smith ("Federated Optimization in
//! Heterogeneous Networks", MLSys 2020, <https://arxiv.org/abs/1812.06127>, section 5.1), for two classes. N(m, s) has mean m
//! and variance s, d is the number of features. Client k draws, in this order,
//! - its number of rows, where they differ: `rows` exp(`rows_sigma` z), z from N(0, 1), rounded, 1 at least and `rows_max` at
//!   most;
//! - u_k from N(0, alpha) and B_k from N(0, beta): how far its model and its rows lie from the others';
//! - its weights w_k and its intercept b_k, each from N(u_k, 1), and the mean of its rows v_k, each of d from N(B_k, 1);
//! - row after row: feature j from N(v_kj, j^-1.2), and the label, which is 1 if w_k x + b_k > 0: the likelier class.
//!
//! Two things are not in the paper. Its model has a vector of weights for each class, all with the same mean u_k, which
//! therefore cancels: alpha changes no label there. With one vector for two classes it does. And there, clients' weights have
//! nothing in common, so that no model holds for a client that it has not seen. `similarity` is the correlation of two
//! clients' weights at the same place, and of their means, about u_k and B_k: w_kj = u_k + sqrt(similarity) W_j +
//! sqrt(1 - similarity) z, with one W for all. Each is still N(u_k, 1). At 0, the default, this is the paper's process; at 1,
//! with alpha = beta = 0, its Synthetic IID.
//!
//! Test rows come from clients that never train, one from each.

use super::federation::{Clients, Federation};
use super::prepare::Examples;
use super::preprocess::Transform;
use crate::diag::Problem;
use crate::numeric::digest::Hash;
use crate::numeric::math::{exp, ln};
use crate::numeric::reduce;
use crate::numeric::rng::{Purpose, Stream, Streams};
use crate::numeric::rows::{Matrix, Storage};
use crate::numeric::ziggurat::Ziggurat;
use crate::settings::{Limit, NOT_NEGATIVE, Table, UNIT_INTERVAL};

/// What `[data] kind = "synthetic"` says.
#[derive(Clone, Copy, Debug)]
pub struct Process {
    features: usize,
    /// A client's rows; where they differ, the median.
    rows: usize,
    /// The standard deviation of the logarithm of a client's rows.
    rows_sigma: f64,
    rows_max: usize,
    alpha: f64,
    beta: f64,
    similarity: f64,
    test_rows: usize,
}

/// A [`Process`] with its seed and so many clients.
#[derive(Debug)]
pub struct Population {
    process: Process,
    clients: usize,
    streams: Streams,
    ziggurat: Ziggurat,
    /// What clients' weights, intercept and means share, in this order, times the square root of their similarity:
    /// (2 features + 1,).
    common: Vec<f64>,
    /// The features' standard deviations about a client's means, (features,).
    stds: Vec<f64>,
}

/// The most features that rows may have, and the most rows of a client.
const FEATURES_MAX: usize = 10_000;
const ROWS_MAX: usize = 10_000_000;

/// The most numbers that one client's rows, or the test rows, may be: 4 GB.
const NUMBERS_MAX: usize = 500_000_000;

/// The largest `rows_sigma`: one client in six then has a thousand times the median's rows, if `rows_max` lets it.
const SIGMA_MAX: f64 = 7.0;

/// The rounds of [`Purpose::Population`].
const TRAINING: usize = 0;
const TEST: usize = 1;
const COMMON: usize = 2;

impl Process {
    /// Reads the keys of `[data]` that belong to generated clients.
    pub fn read(table: &mut Table) -> Self {
        let features = table.count("features", 10, 1..=FEATURES_MAX);
        let rows = table.count("rows", 50, 1..=ROWS_MAX);
        let sigma = Limit::new("a number from 0 to 7", |sigma| (0.0..=SIGMA_MAX).contains(&sigma));
        let rows_sigma = table.number("rows_sigma", 0.0, sigma);
        let rows_max = if rows_sigma > 0.0 {
            table.count("rows_max", (100 * rows).min(ROWS_MAX), rows..=ROWS_MAX)
        } else {
            table.refuse_if_given("rows_max", "all clients have `rows` rows, as rows_sigma is 0");
            rows
        };
        let alpha = table.number("alpha", 0.0, NOT_NEGATIVE);
        let beta = table.number("beta", 0.0, NOT_NEGATIVE);
        let similarity = table.number("similarity", 0.0, UNIT_INTERVAL);
        let test_rows = table.count("test_rows", 10_000, 1..=ROWS_MAX);
        for (key, rows) in [(if rows_sigma > 0.0 { "rows_max" } else { "rows" }, rows_max), ("test_rows", test_rows)] {
            if rows * features > NUMBERS_MAX {
                let message = format!("{rows} rows of {features} features are more than {NUMBERS_MAX} numbers");
                let problem = Problem::about(format!("data.{key}"), message);
                table.push(problem.help(format!("lower {key} to {}, or take fewer features", NUMBERS_MAX / features)));
            }
        }
        Self { features, rows, rows_sigma, rows_max, alpha, beta, similarity, test_rows }
    }

    /// A federation of so many clients of this process, features `x1`, `x2`, ... in the unit they have.
    pub(super) fn federation(&self, clients: usize, streams: &Streams) -> Federation {
        let transform = Transform::unchanged((1..=self.features).map(|feature| format!("x{feature}")));
        let population = Population::new(*self, clients, streams);
        let (test, sha256) = (population.test(), self.sha256(clients, streams.seeds().data));
        Federation { transform, clients: Clients::Generated(population), test, sha256 }
    }

    /// SHA-256 over all that the rows depend on.
    fn sha256(&self, clients: usize, seed: u64) -> Hash {
        let Self { features, rows, rows_sigma, rows_max, alpha, beta, similarity, test_rows } = self;
        let counts = [*features, *rows, *rows_max, *test_rows, clients].map(|count| count as u64);
        let numbers = [*rows_sigma, *alpha, *beta, *similarity].map(f64::to_bits);
        let words = counts.into_iter().chain(numbers).chain([seed]);
        Hash::of(&[b"fedsim/population/v1".to_vec(), words.flat_map(u64::to_le_bytes).collect()].concat())
    }
}

impl Population {
    /// So many clients of the process, from the streams' seed.
    fn new(process: Process, clients: usize, streams: &Streams) -> Self {
        let ziggurat = Ziggurat::default();
        let mut common = vec![0.0; 2 * process.features + 1];
        ziggurat.fill(&mut common, &mut streams.stream(Purpose::Population, COMMON, 0));
        common.iter_mut().for_each(|number| *number *= process.similarity.sqrt());
        // The square root of j^-1.2.
        let stds = (1..=process.features).map(|feature| exp(-0.6 * ln(feature as f64))).collect();
        Self { process, clients, streams: streams.clone(), ziggurat, common, stds }
    }

    /// How many clients train.
    pub fn clients(&self) -> usize {
        self.clients
    }

    /// A client's rows, the same each time.
    pub fn client(&self, client: usize) -> Examples {
        let mut stream = self.streams.stream(Purpose::Population, TRAINING, client);
        let rows = self.draw_rows(&mut stream);
        let mut x = vec![0.0; rows * self.process.features];
        let y = self.draw(&mut x, &mut stream);
        examples(&x, y)
    }

    /// How many rows a client has.
    pub fn examples(&self, client: usize) -> usize {
        if self.process.rows_sigma == 0.0 {
            return self.process.rows;
        }
        self.draw_rows(&mut self.streams.stream(Purpose::Population, TRAINING, client))
    }

    /// No client has more rows.
    pub fn examples_max(&self) -> usize {
        self.process.rows_max
    }

    /// How many rows all clients have; `None` if they must be asked one by one.
    pub fn train_rows(&self) -> Option<usize> {
        (self.process.rows_sigma == 0.0).then_some(self.clients * self.process.rows)
    }

    /// The test rows, each of a client of its own.
    pub fn test(&self) -> Examples {
        let clients: Vec<usize> = (0..self.process.test_rows).collect();
        let row = |&client: &usize| {
            let mut stream = self.streams.stream(Purpose::Population, TEST, client);
            self.draw_rows(&mut stream);
            let mut x = vec![0.0; self.process.features];
            let y = self.draw(&mut x, &mut stream);
            (x, y[0])
        };
        let (x, y): (Vec<Vec<f64>>, Vec<f64>) = reduce::map(&clients, row).into_iter().unzip();
        examples(&x.concat(), y)
    }

    fn draw_rows(&self, stream: &mut Stream) -> usize {
        let Process { rows, rows_sigma, rows_max, .. } = self.process;
        if rows_sigma == 0.0 {
            return rows;
        }
        let drawn = rows as f64 * exp(rows_sigma * self.ziggurat.draw(stream));
        (drawn.round() as usize).clamp(1, rows_max)
    }

    /// Draws a client, then fills `x`, (rows, features) one after the other, with its rows; their labels, (rows,).
    fn draw(&self, x: &mut [f64], stream: &mut Stream) -> Vec<f64> {
        let Process { features, alpha, beta, similarity, .. } = self.process;
        let (model_shift, row_shift) = (alpha.sqrt() * self.ziggurat.draw(stream), beta.sqrt() * self.ziggurat.draw(stream));
        let mut own = vec![0.0; 2 * features + 1];
        self.ziggurat.fill(&mut own, stream);
        let own_share = (1.0 - similarity).sqrt();
        for (at, (own, common)) in own.iter_mut().zip(&self.common).enumerate() {
            *own = if at <= features { model_shift } else { row_shift } + common + own_share * *own;
        }
        let (model, means) = own.split_at(features + 1);
        let (weights, intercept) = model.split_at(features);
        let label = |row: &mut [f64]| {
            let mut logit = intercept[0];
            for (((x, weight), mean), std) in row.iter_mut().zip(weights).zip(means).zip(&self.stds) {
                *x = mean + std * self.ziggurat.draw(stream);
                logit += weight * *x;
            }
            f64::from(logit > 0.0)
        };
        x.chunks_exact_mut(features).map(label).collect()
    }
}

/// Rows laid end to end, as training reads them.
fn examples(x: &[f64], y: Vec<f64>) -> Examples {
    let features = x.len() / y.len();
    let x = Matrix::build((y.len(), features), Storage::Double, |row, out| out.copy_from_slice(&x[row * features..][..features]));
    Examples { x, y }
}
