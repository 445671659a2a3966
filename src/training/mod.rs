//! What a client does between receiving the model and answering: mini-batch gradient descent on its own rows.
//!
//! McMahan et al., "Communication-Efficient Learning of Deep Networks from Decentralized Data", AISTATS 2017
//! (<https://arxiv.org/abs/1602.05629>), `ClientUpdate` of Algorithm 1.

mod hyper;

use ndarray::ArrayView2;

pub use hyper::{ClassWeight, Hyper, RowWeights};

use crate::models::{Batch, Model};
use crate::numeric::Params;
use crate::numeric::linalg::add_scaled;
use crate::numeric::rng::Stream;
use crate::numeric::sample::shuffle;

/// A client's rows and what each class weighs.
#[derive(Clone, Copy, Debug)]
pub struct LocalRows<'a> {
    /// Features, (rows, features), row-major.
    pub x: ArrayView2<'a, f64>,
    /// Labels, 0 or 1, (rows,).
    pub y: &'a [f64],
    /// What a row weighs in the loss.
    pub weights: RowWeights,
}

/// What a client answers: how far it moved the model, (params,).
#[derive(Clone, Debug)]
pub struct Update {
    /// Local parameters minus global ones.
    pub delta: Params,
}

/// Trains the model `global` on a client's rows: `epochs` passes, each over the rows in a new order drawn from `stream`.
pub fn local_train(model: &dyn Model, global: &Params, rows: &LocalRows<'_>, hyper: &Hyper, mut stream: Stream) -> Update {
    let mut local = global.clone();
    let mut gradient = vec![0.0; global.len()];
    let count = rows.y.len();
    if hyper.batch_size == 0 || hyper.batch_size >= count {
        // One batch holds all rows: their order is the file's, and none is copied.
        let weight: Vec<f64> = rows.y.iter().map(|&label| rows.weights.of(label)).collect();
        let batch = Batch { x: rows.x, y: rows.y, weight: &weight };
        for _ in 0..hyper.epochs {
            step(model, &mut local, &batch, hyper.learning_rate, &mut gradient);
        }
    } else {
        let mut order: Vec<u32> = (0..count as u32).collect();
        let mut gathered = Gathered::new(hyper.batch_size, rows.x.ncols());
        for _ in 0..hyper.epochs {
            shuffle(&mut order, &mut stream);
            for chosen in order.chunks(hyper.batch_size) {
                step(model, &mut local, &gathered.take(rows, chosen), hyper.learning_rate, &mut gradient);
            }
        }
    }
    add_scaled(local.as_mut_slice(), -1.0, global.as_slice());
    Update { delta: local }
}

/// w <- w - learning_rate * gradient.
fn step(model: &dyn Model, params: &mut Params, batch: &Batch<'_>, learning_rate: f64, gradient: &mut [f64]) {
    model.gradient(params.as_slice(), batch, gradient);
    add_scaled(params.as_mut_slice(), -learning_rate, gradient);
}

/// A batch's rows, copied together: reading shuffled rows once, in a row, is faster than from where they lie.
struct Gathered {
    x: Vec<f64>,
    y: Vec<f64>,
    weight: Vec<f64>,
}

impl Gathered {
    fn new(rows: usize, features: usize) -> Self {
        Self { x: Vec::with_capacity(rows * features), y: Vec::with_capacity(rows), weight: Vec::with_capacity(rows) }
    }

    fn take(&mut self, rows: &LocalRows<'_>, chosen: &[u32]) -> Batch<'_> {
        self.x.clear();
        self.y.clear();
        self.weight.clear();
        let all = rows.x.to_slice().expect("a client's rows are contiguous");
        let features = rows.x.ncols();
        for &row in chosen {
            let row = row as usize;
            self.x.extend_from_slice(&all[row * features..(row + 1) * features]);
            self.y.push(rows.y[row]);
            self.weight.push(rows.weights.of(rows.y[row]));
        }
        let x = ArrayView2::from_shape((chosen.len(), features), &self.x).expect("the buffer has this shape");
        Batch { x, y: &self.y, weight: &self.weight }
    }
}
