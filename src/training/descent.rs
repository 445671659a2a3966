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

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use ndarray::Array2;

    use super::*;
    use crate::models::Parameter;
    use crate::numeric::rng::{Purpose, Seeds, Streams};
    use crate::training::{ClassWeight, RowWeights};

    /// Remembers the first feature of every row it was shown, batch by batch.
    #[derive(Debug, Default)]
    struct Witness(Mutex<Vec<Vec<f64>>>);

    impl Model for Witness {
        fn parameters(&self, _: &[String], _: &mut Stream) -> Vec<Parameter> {
            Vec::new()
        }

        fn loss(&self, _: &[f64], _: &Batch<'_>) -> f64 {
            0.0
        }

        fn gradient(&self, _: &[f64], batch: &Batch<'_>, _: &mut [f64]) {
            self.0.lock().expect("no test panics while it holds the lock").push(batch.x.column(0).to_vec());
        }

        fn predict(&self, _: &[f64], _: ArrayView2<'_, f64>, _: &mut [f64]) {}
    }

    #[test]
    fn a_pass_shows_every_row_once_and_the_next_one_in_another_order() {
        let x = Array2::from_shape_fn((10, 2), |(row, _)| row as f64);
        let (y, weights) = (vec![0.0; 10], RowWeights { negative: 1.0, positive: 1.0 });
        let mut random = Streams::new(Seeds::all(1)).stream(Purpose::Shuffle, 1, 0);
        for (batch_size, sizes) in [(4, vec![4, 4, 2]), (10, vec![10]), (0, vec![10]), (3, vec![3, 3, 3, 1])] {
            let witness = Witness::default();
            let rows = LocalRows { x: x.view(), y: &y, weights };
            let hyper = Hyper { learning_rate: 1.0, epochs: 1, batch_size, class_weight: ClassWeight::None };
            let mut descent = Descent::new(&witness, Params::zeros(1), rows, &hyper);
            assert_eq!(descent.step(), None, "no pass has begun");
            for _ in 0..2 {
                descent.begin_pass(&mut random);
                let steps: Vec<usize> = std::iter::from_fn(|| descent.step()).collect();
                assert_eq!(steps, sizes);
            }
            drop(descent);
            let shown = witness.0.into_inner().expect("no test panics while it holds the lock").concat();
            let mut passes = shown.chunks(10).map(<[f64]>::to_vec).collect::<Vec<_>>();
            assert_eq!(passes[0] == passes[1], sizes.len() == 1, "one batch keeps the file's order");
            for pass in &mut passes {
                pass.sort_unstable_by(f64::total_cmp);
                assert_eq!(*pass, (0..10).map(f64::from).collect::<Vec<_>>());
            }
        }
    }
}
