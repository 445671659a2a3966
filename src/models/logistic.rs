//! Binary logistic regression, from scratch: p = sigmoid(w x + b), cross-entropy, ridge penalty (Cox 1958, "The Regression
//! Analysis of Binary Sequences", JRSS B 20; Hoerl and Kennard 1970 for the penalty).
//!
//! Layout of the parameters: one weight a feature, then the intercept.

use super::{Batch, Linear, Model, Parameter, RowTerms};
use crate::numeric::linalg::dot;
use crate::numeric::math::{sigmoid, softplus};
use crate::numeric::rng::Stream;
use crate::numeric::rows::{Packed, Rows};
use crate::numeric::selection::{BLOCK, Block};
use crate::numeric::simd::vectorised;
use crate::registry::Entry;
use crate::settings::{NOT_NEGATIVE, Table};

/// Logistic regression.
#[derive(Clone, Copy, Debug)]
pub struct Logistic {
    l2: f64,
}

impl Logistic {
    pub(super) const ENTRY: Entry = Entry {
        kind: "logistic",
        summary: "binary logistic regression with a ridge penalty",
        paper: "Cox, JRSS B 1958",
        example: "l2 = 0.01",
        argument: None,
    };

    pub(super) fn read(table: &mut Table) -> Self {
        Self { l2: table.number("l2", 0.0, NOT_NEGATIVE) }
    }
}

/// Turns products of rows and weights into scores. A loop, as closures of `map` are not compiled for wide instructions.
#[inline(always)]
fn scores_of(products: &mut [f64; BLOCK], intercept: f64) {
    for product in products {
        *product = sigmoid(*product + intercept);
    }
}

impl Linear for Logistic {
    #[inline(always)]
    fn terms(&self, predictor: f64, label: bool) -> RowTerms {
        let (p, y) = (sigmoid(predictor), f64::from(label));
        RowTerms { loss: softplus(predictor) - y * predictor, slope: p - y, curvature: p * (1.0 - p) }
    }

    fn curvature_power(&self) -> i32 {
        // p (1 - p) is a quarter at most.
        -2
    }

    fn l2(&self) -> f64 {
        self.l2
    }
}

impl Model for Logistic {
    fn as_linear(&self) -> Option<&dyn Linear> {
        Some(self)
    }

    fn parameters(&self, features: &[String], _: &mut Stream) -> Vec<Parameter> {
        let names = features.iter().cloned().chain(["(intercept)".to_owned()]);
        names.map(|name| Parameter { name, start: 0.0 }).collect()
    }

    fn loss(&self, params: &[f64], batch: &Batch<'_>) -> f64 {
        let (intercept, weights) = params.split_last().expect("the intercept is there");
        let (packed, mut sum) = (Packed::of(weights), 0.0);
        for block in batch.selection.blocks() {
            for (product, &row) in batch.x.dots(block, &packed).iter().zip(block.rows()) {
                let (z, y) = (product + intercept, batch.y[row as usize]);
                sum += batch.weights.of(y) * (softplus(z) - f64::from(y) * z);
            }
        }
        sum / batch.selection.rows().len() as f64 + 0.5 * self.l2 * dot(weights, weights)
    }

    fn gradient(&self, params: &[f64], batch: &Batch<'_>, gradient: &mut [f64]) {
        let (&intercept, weights) = params.split_last().expect("the intercept is there");
        let (intercept_gradient, weight_gradient) = gradient.split_last_mut().expect("the intercept is there");
        vectorised(
            #[inline(always)]
            || {
                let (packed, mut sum, mut residual_sum) = (Packed::of(weights), Packed::zeros(weights.len()), 0.0);
                for block in batch.selection.blocks() {
                    // Before they are needed: rows far apart have labels far apart.
                    let mut labels = [false; BLOCK];
                    for (label, &row) in labels.iter_mut().zip(block.rows()) {
                        *label = batch.y[row as usize];
                    }
                    let mut residuals = batch.x.dots(block, &packed);
                    scores_of(&mut residuals, intercept);
                    for (residual, &y) in residuals.iter_mut().zip(&labels[..block.rows().len()]) {
                        *residual = batch.weights.of(y) * (*residual - f64::from(y));
                        residual_sum += *residual;
                    }
                    batch.x.add_scaled(block, &residuals, &mut sum);
                }
                let rows = batch.selection.rows().len() as f64;
                *intercept_gradient = residual_sum / rows;
                for ((slot, sum), weight) in weight_gradient.iter_mut().zip(sum.as_slice()).zip(weights) {
                    *slot = sum / rows + self.l2 * weight;
                }
            },
        );
    }

    fn predict(&self, params: &[f64], x: Rows<'_>, scores: &mut [f64]) {
        let (&intercept, weights) = params.split_last().expect("the intercept is there");
        vectorised(
            #[inline(always)]
            || {
                let weights = Packed::of(weights);
                for (block, scores) in scores.chunks_mut(BLOCK).enumerate() {
                    let rows: [u32; BLOCK] = std::array::from_fn(|at| (block * BLOCK + at) as u32);
                    let mut all = x.dots(Block::alone(&rows[..scores.len()]), &weights);
                    scores_of(&mut all, intercept);
                    scores.copy_from_slice(&all[..scores.len()]);
                }
            },
        );
    }

    fn contributions(&self, params: &[f64], row: &[f64], parts: &mut [f64]) -> f64 {
        let (intercept, weights) = params.split_last().expect("the intercept is there");
        parts.iter_mut().zip(weights.iter().zip(row)).for_each(|(part, (weight, cell))| *part = weight * cell);
        *intercept
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::RowWeights;
    use crate::numeric::rows::{Matrix, Storage};
    use crate::numeric::selection::Selection;

    const ALIKE: RowWeights = RowWeights { negative: 1.0, positive: 1.0 };

    fn matrix<const N: usize>(rows: &[[f64; N]]) -> Matrix {
        Matrix::build((rows.len(), N), Storage::Double, |row, out| out.copy_from_slice(&rows[row]))
    }

    /// By hand: at w = 0, b = 0 every p is 1/2, so the loss is ln 2 and the gradient the mean of (1/2 - y) x.
    #[test]
    fn the_first_gradient_is_the_mean_of_half_minus_label_times_row() {
        let x = matrix(&[[1.0, 2.0], [3.0, -4.0]]);
        let batch = Batch { x: x.rows(), y: &[true, false], weights: ALIKE, selection: Selection::all(&[0, 1]) };
        let mut gradient = [0.0; 3];
        let model = Logistic { l2: 0.5 };
        model.gradient(&[0.0; 3], &batch, &mut gradient);
        let loss = model.loss(&[0.0; 3], &batch);
        assert!((loss - std::f64::consts::LN_2).abs() < 1e-15);
        assert_eq!(gradient, [0.5, -1.5, 0.0]);
    }

    /// By hand: with no rows' pull (p = y in the limit is not needed, weight 0 is), the gradient is the penalty's, l2 * w.
    #[test]
    fn the_penalty_spares_the_intercept() {
        let x = matrix(&[[1.0]]);
        let batch = Batch { x: x.rows(), y: &[true], weights: RowWeights { positive: 0.0, ..ALIKE }, selection: Selection::all(&[0]) };
        let mut gradient = [0.0; 2];
        let model = Logistic { l2: 0.5 };
        model.gradient(&[3.0, 7.0], &batch, &mut gradient);
        assert_eq!((model.loss(&[3.0, 7.0], &batch), gradient), (0.5 * 0.5 * 9.0, [1.5, 0.0]));
    }

    #[test]
    fn a_batch_is_the_rows_that_were_chosen() {
        let x = matrix(&[[9.0], [1.0], [9.0], [3.0]]);
        let batch = Batch { x: x.rows(), y: &[true, true, false, false], weights: ALIKE, selection: Selection::all(&[3, 1]) };
        let mut gradient = [0.0; 2];
        Logistic { l2: 0.0 }.gradient(&[0.0; 2], &batch, &mut gradient);
        // (0.5 * 3 - 0.5 * 1) / 2.
        assert_eq!(gradient, [0.5, 0.0]);
    }

    #[test]
    fn scores_are_sigmoids_of_the_log_odds() {
        let x = matrix(&[[0.0, 0.0], [1.0, 1.0]]);
        let mut scores = [0.0; 2];
        Logistic { l2: 0.0 }.predict(&[1.0, 2.0, -3.0], x.rows(), &mut scores);
        assert_eq!(scores[1], 0.5);
        // sigmoid(-3) = 1 / (1 + e^3) = 0.04742587317756678 (NIST's e to 20 digits).
        assert!((scores[0] - 0.047_425_873_177_566_78).abs() < 1e-16);
    }
}
