//! Mini-batch gradient descent that may pause after any step: a client's epochs and the centralised baseline are both made of
//! it.

use ndarray::ArrayView2;

use super::{Hyper, LocalRows};
use crate::models::{Batch, Model};
use crate::numeric::Params;
use crate::numeric::linalg::add_scaled;
use crate::numeric::rng::Stream;
use crate::numeric::sample::shuffle;

/// A model being trained on some rows.
#[derive(Debug)]
pub struct Descent<'a> {
    model: &'a dyn Model,
    rows: LocalRows<'a>,
    learning_rate: f64,
    params: Params,
    gradient: Vec<f64>,
    batches: Batches,
}

/// What is left of the current pass.
#[derive(Debug)]
enum Batches {
    /// One batch holds all rows: their order is the file's, and none is copied.
    Whole { weight: Vec<f64>, is_left: bool },
    /// Batches of `size` rows, the next of which begins at `next` of `order`.
    Shuffled { order: Vec<u32>, next: usize, size: usize, gathered: Gathered },
}

impl<'a> Descent<'a> {
    /// Starts from `params`, before the first pass.
    pub fn new(model: &'a dyn Model, params: Params, rows: LocalRows<'a>, hyper: &Hyper) -> Self {
        let count = rows.y.len();
        let batches = if hyper.batch_size == 0 || hyper.batch_size >= count {
            Batches::Whole { weight: rows.y.iter().map(|&label| rows.weights.of(label)).collect(), is_left: false }
        } else {
            let gathered = Gathered::new(hyper.batch_size, rows.x.ncols());
            Batches::Shuffled { order: (0..count as u32).collect(), next: count, size: hyper.batch_size, gathered }
        };
        let gradient = vec![0.0; params.len()];
        Self { model, rows, learning_rate: hyper.learning_rate, params, gradient, batches }
    }

    /// Begins a pass over all rows, in a new order drawn from `stream` where there is more than one batch.
    pub fn begin_pass(&mut self, stream: &mut Stream) {
        match &mut self.batches {
            Batches::Whole { is_left, .. } => *is_left = true,
            Batches::Shuffled { order, next, .. } => {
                shuffle(order, stream);
                *next = 0;
            }
        }
    }

    /// w <- w - learning_rate * gradient, on the pass's next batch: how many rows it had; `None` if the pass is over.
    pub fn step(&mut self) -> Option<usize> {
        let batch = match &mut self.batches {
            Batches::Whole { is_left: false, .. } => return None,
            Batches::Whole { weight, is_left } => {
                *is_left = false;
                Batch { x: self.rows.x, y: self.rows.y, weight }
            }
            Batches::Shuffled { order, next, size, gathered } => {
                let chosen = &order[*next..(*next + *size).min(order.len())];
                if chosen.is_empty() {
                    return None;
                }
                *next += chosen.len();
                gathered.take(&self.rows, chosen)
            }
        };
        self.model.gradient(self.params.as_slice(), &batch, &mut self.gradient);
        add_scaled(self.params.as_mut_slice(), -self.learning_rate, &self.gradient);
        Some(batch.y.len())
    }

    /// The parameters so far.
    pub fn params(&self) -> &Params {
        &self.params
    }

    /// The parameters in the end.
    pub fn into_params(self) -> Params {
        self.params
    }
}

/// A batch's rows, copied together: reading shuffled rows once, in a row, is faster than from where they lie.
#[derive(Debug)]
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
