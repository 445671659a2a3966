//! Mini-batch gradient descent that may pause after any step: a client's epochs and the centralised baseline are both made of
//! it.

use super::optimizer::Moments;
use super::{Correction, Hyper, LocalRows};
use crate::models::{Batch, Differentiable};
use crate::numeric::Params;
use crate::numeric::rng::Stream;
use crate::numeric::sample::shuffle_meanwhile;
use crate::numeric::selection::Selection;

/// A model being trained on some rows.
#[derive(Debug)]
pub struct Descent<'a> {
    model: &'a dyn Differentiable,
    rows: LocalRows<'a>,
    learning_rate: f64,
    moments: Moments,
    correction: Correction<'a>,
    params: Params,
    gradient: Vec<f64>,
    /// All rows in the order of the current pass.
    order: Vec<u32>,
    /// Where the next batch begins in `order`.
    next: usize,
    batch_size: usize,
}

impl<'a> Descent<'a> {
    /// Starts from `params`, before the first pass.
    pub fn new(model: &'a dyn Differentiable, params: Params, rows: LocalRows<'a>, hyper: &Hyper) -> Self {
        let count = rows.y.len();
        let batch_size = if hyper.batch_size == 0 { count } else { hyper.batch_size.min(count) };
        let gradient = vec![0.0; params.len()];
        let order = (0..count as u32).collect();
        let (learning_rate, moments, correction) = (hyper.learning_rate, hyper.optimizer.start(params.len()), Correction::None);
        Self { model, rows, learning_rate, moments, correction, params, gradient, order, next: count, batch_size }
    }

    /// The same, with something added to every gradient.
    #[must_use]
    pub fn corrected_by(self, correction: Correction<'a>) -> Self {
        Self { correction, ..self }
    }

    /// Begins a pass over all rows, in a new order drawn from `stream`; one batch of all rows keeps theirs.
    pub fn begin_pass(&mut self, stream: &mut Stream) {
        if self.batch_size < self.order.len() {
            // Drawing leaves the memory idle.
            let x = self.rows.x;
            shuffle_meanwhile(&mut self.order, stream, |row| x.prefetch_in_turn(row));
        }
        self.next = 0;
    }

    /// Takes steps of another size from now on.
    pub fn set_learning_rate(&mut self, learning_rate: f64) {
        self.learning_rate = learning_rate;
    }

    /// The optimizer's step along gradient + correction, on the pass's next batch: how many rows it had; `None` if the pass is over.
    /// Plain descent: w <- w - learning_rate * (gradient + correction).
    pub fn step(&mut self) -> Option<usize> {
        let end = (self.next + self.batch_size).min(self.order.len());
        let size = end - self.next;
        if size == 0 {
            return None;
        }
        let selection = Selection::first(&self.order[self.next..], size);
        let batch = Batch { x: self.rows.x, y: self.rows.y, weights: self.rows.weights, selection };
        self.model.gradient(self.params.as_slice(), &batch, &mut self.gradient);
        self.correction.add_to(&mut self.gradient, self.params.as_slice());
        self.moments.step(self.params.as_mut_slice(), &self.gradient, self.learning_rate);
        self.next = end;
        Some(size)
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

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::models::RowWeights;
    use crate::numeric::rng::{Purpose, Seeds, Streams};
    use crate::numeric::rows::{Matrix, Storage};
    use crate::tasks::Labels;
    use crate::training::{ClassWeight, Optimizer, Schedule, Solver};

    /// Remembers the first feature of every row it was shown, batch by batch.
    #[derive(Debug, Default)]
    struct Witness(Mutex<Vec<Vec<f64>>>);

    impl Differentiable for Witness {
        fn loss(&self, _: &[f64], _: &Batch<'_>) -> f64 {
            0.0
        }

        fn gradient(&self, _: &[f64], batch: &Batch<'_>, _: &mut [f64]) {
            self.0
                .lock()
                .expect("no test panics while it holds the lock")
                .push(batch.selection.rows().iter().map(|&row| batch.x.row(row as usize)[0]).collect());
        }
    }

    #[test]
    fn a_pass_shows_every_row_once_and_the_next_one_in_another_order() {
        let x = Matrix::build((10, 2), Storage::Double, |row, out| out.fill(row as f64));
        let mut random = Streams::new(Seeds::all(1)).stream(Purpose::Shuffle, 1, 0);
        for (batch_size, sizes) in [(4, vec![4, 4, 2]), (10, vec![10]), (0, vec![10]), (3, vec![3, 3, 3, 1])] {
            let witness = Witness::default();
            let rows = LocalRows { x: x.rows(), y: Labels::Absent(10), weights: RowWeights::ALIKE };
            let (schedule, optimizer, solver) = (Schedule::Constant, Optimizer::Sgd, Solver::Sgd);
            let hyper = Hyper { learning_rate: 1.0, schedule, optimizer, epochs: 1, batch_size, class_weight: ClassWeight::None, solver };
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
