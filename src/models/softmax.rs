//! Softmax regression, also multinomial logistic regression: the probability of class c is proportional to exp(w_c x + b_c);
//! cross-entropy, ridge penalty (McFadden, "Conditional Logit Analysis of Qualitative Choice Behavior", 1974). Every class has weights
//! of its own, as in scikit-learn: only their differences count, and a penalty or the start at 0 keeps their sum at 0.
//!
//! Layout of the parameters: class after class, one weight a feature, then the intercept.

use super::{Batch, Columns, Counts, Differentiable, Model, Parameter};
use crate::numeric::exp::exp;
use crate::numeric::linalg::dot;
use crate::numeric::math::ln;
use crate::numeric::rng::Stream;
use crate::numeric::rows::{Packed, Rows};
use crate::numeric::selection::{BLOCK, Block};
use crate::numeric::simd::vectorised;
use crate::registry::Entry;
use crate::settings::{NOT_NEGATIVE, Table};
use crate::tasks::Task;

/// Softmax regression.
#[derive(Clone, Copy, Debug)]
pub struct Softmax {
    l2: f64,
}

impl Softmax {
    pub(super) const ENTRY: Entry = Entry {
        kind: "softmax",
        summary: "multinomial logistic regression of several classes with a ridge penalty",
        paper: "McFadden 1974",
        example: "l2 = 0.01",
        argument: None,
    };

    pub(super) fn read(table: &mut Table) -> Self {
        Self { l2: table.number("l2", 0.0, NOT_NEGATIVE) }
    }
}

/// The parameters of each class.
fn by_class(params: &[f64], features: usize) -> impl ExactSizeIterator<Item = (&f64, &[f64])> {
    params.chunks_exact(features + 1).map(|class| class.split_last().expect("the intercept is there"))
}

/// Turns each row's linear predictors, (classes, rows), into probabilities. Returns the greatest predictor of each row, and the sum of
/// all their exponentials over that of the greatest. Loops over rows, so that some are worked on at a time.
#[inline(always)]
pub(super) fn normalise(predictors: &mut [[f64; BLOCK]]) -> ([f64; BLOCK], [f64; BLOCK]) {
    let mut greatest = [f64::NEG_INFINITY; BLOCK];
    for class in predictors.iter() {
        for (greatest, predictor) in greatest.iter_mut().zip(class) {
            *greatest = if *predictor > *greatest { *predictor } else { *greatest };
        }
    }
    let mut sums = [0.0; BLOCK];
    for class in predictors.iter_mut() {
        for ((predictor, sum), greatest) in class.iter_mut().zip(&mut sums).zip(&greatest) {
            *predictor = exp(*predictor - greatest);
            *sum += *predictor;
        }
    }
    for class in predictors.iter_mut() {
        for (predictor, sum) in class.iter_mut().zip(&sums) {
            *predictor /= sum;
        }
    }
    (greatest, sums)
}

/// Each row's linear predictors, (classes, rows).
#[inline(always)]
fn predictors(x: &Rows<'_>, block: Block<'_>, packed: &[(f64, Packed)], out: &mut [[f64; BLOCK]]) {
    for (out, (intercept, weights)) in out.iter_mut().zip(packed) {
        *out = x.dots(block, weights);
        out.iter_mut().for_each(|product| *product += intercept);
    }
}

impl Model for Softmax {
    fn task(&self) -> Task {
        Task::Multiclass
    }

    fn parameters(&self, columns: &Columns<'_>, _: &mut Stream) -> Vec<Parameter> {
        let names = || columns.features.iter().map(String::as_str).chain(["(intercept)"]);
        let of_class = |class: &String| names().map(|name| format!("{class}: {name}")).collect::<Vec<_>>();
        columns.classes.iter().flat_map(of_class).map(|name| Parameter { name, start: 0.0 }).collect()
    }

    fn outputs(&self, counts: Counts) -> usize {
        counts.classes
    }

    fn predict(&self, params: &[f64], x: Rows<'_>, scores: &mut [f64]) {
        let classes = params.len() / (x.features() + 1);
        vectorised(
            #[inline(always)]
            || {
                let packed: Vec<(f64, Packed)> = by_class(params, x.features()).map(|(b, weights)| (*b, Packed::of(weights))).collect();
                let mut all = vec![[0.0; BLOCK]; classes];
                for (block, scores) in scores.chunks_mut(BLOCK * classes).enumerate() {
                    let rows: [u32; BLOCK] = std::array::from_fn(|at| (block * BLOCK + at) as u32);
                    predictors(&x, Block::alone(&rows[..scores.len() / classes]), &packed, &mut all);
                    normalise(&mut all);
                    for (at, scores) in scores.chunks_exact_mut(classes).enumerate() {
                        scores.iter_mut().zip(&all).for_each(|(score, class)| *score = class[at]);
                    }
                }
            },
        );
    }

    fn as_differentiable(&self) -> Option<&dyn Differentiable> {
        Some(self)
    }
}

impl Differentiable for Softmax {
    fn loss(&self, params: &[f64], batch: &Batch<'_>) -> f64 {
        let (features, labels) = (batch.x.features(), batch.y.classes());
        let packed: Vec<(f64, Packed)> = by_class(params, features).map(|(b, weights)| (*b, Packed::of(weights))).collect();
        let (mut all, mut sum) = (vec![[0.0; BLOCK]; packed.len()], 0.0);
        for block in batch.selection.blocks() {
            predictors(&batch.x, block, &packed, &mut all);
            let of_labels: Vec<f64> =
                block.rows().iter().enumerate().map(|(at, &row)| all[usize::from(labels[row as usize])][at]).collect();
            let (greatest, sums) = normalise(&mut all);
            for (at, &row) in block.rows().iter().enumerate() {
                let weight = batch.weights.of(usize::from(labels[row as usize]));
                sum += weight * (greatest[at] + ln(sums[at]) - of_labels[at]);
            }
        }
        let squares: f64 = by_class(params, features).map(|(_, weights)| dot(weights, weights)).sum();
        sum / batch.selection.rows().len() as f64 + 0.5 * self.l2 * squares
    }

    fn gradient(&self, params: &[f64], batch: &Batch<'_>, gradient: &mut [f64]) {
        let (features, labels) = (batch.x.features(), batch.y.classes());
        vectorised(
            #[inline(always)]
            || {
                let packed: Vec<(f64, Packed)> = by_class(params, features).map(|(b, weights)| (*b, Packed::of(weights))).collect();
                let mut sums = vec![(0.0, Packed::zeros(features)); packed.len()];
                let mut all = vec![[0.0; BLOCK]; packed.len()];
                for block in batch.selection.blocks() {
                    predictors(&batch.x, block, &packed, &mut all);
                    normalise(&mut all);
                    let mut weights = [0.0; BLOCK];
                    for (at, &row) in block.rows().iter().enumerate() {
                        let class = usize::from(labels[row as usize]);
                        all[class][at] -= 1.0;
                        weights[at] = batch.weights.of(class);
                    }
                    for (residuals, (intercept, sum)) in all.iter_mut().zip(&mut sums) {
                        residuals.iter_mut().zip(&weights).for_each(|(residual, weight)| *residual *= weight);
                        residuals[..block.rows().len()].iter().for_each(|residual| *intercept += residual);
                        batch.x.add_scaled(block, residuals, sum);
                    }
                }
                let rows = batch.selection.rows().len() as f64;
                let classes = gradient.chunks_exact_mut(features + 1).zip(by_class(params, features)).zip(&sums);
                for ((slots, (_, weights)), (intercept, sum)) in classes {
                    slots[features] = intercept / rows;
                    for ((slot, sum), weight) in slots.iter_mut().zip(sum.as_slice()).zip(weights) {
                        *slot = sum / rows + self.l2 * weight;
                    }
                }
            },
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

    /// By hand: at 0 every class has probability 1/3, so the loss is ln 3 and a class's gradient the mean of (1/3 - is it) x.
    #[test]
    fn at_zero_every_class_is_equally_likely() {
        let x = Matrix::build((2, 1), Storage::Double, |row, out| out[0] = 3.0 * (row as f64 + 1.0));
        let y = Labels::Classes(&[0, 2]);
        let batch = Batch { x: x.rows(), y, weights: RowWeights::ALIKE, selection: Selection::all(&[0, 1]) };
        let (model, mut gradient) = (Softmax { l2: 0.0 }, [0.0; 6]);
        model.gradient(&[0.0; 6], &batch, &mut gradient);
        let wanted = [(1.0 + 2.0) / 2.0 - 1.5, (1.0 / 3.0) - 0.5, 1.5, 1.0 / 3.0, 1.5 - 3.0, (1.0 / 3.0) - 0.5];
        gradient.iter().zip(wanted).for_each(|(got, wanted)| assert!((got - wanted).abs() < 1e-15, "{got} {wanted}"));
        assert!((model.loss(&[0.0; 6], &batch) - ln(3.0)).abs() < 1e-15);
    }
}
