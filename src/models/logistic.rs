//! Binary logistic regression, from scratch: p = sigmoid(w x + b), cross-entropy, ridge penalty (Cox 1958, "The Regression
//! Analysis of Binary Sequences", JRSS B 20; Hoerl and Kennard 1970 for the penalty).
//!
//! Layout of the parameters: one weight a feature, then the intercept.

use ndarray::ArrayView2;

use super::{Batch, Model, Parameter};
use crate::numeric::linalg::{add_scaled, dot};
use crate::numeric::math::{sigmoid, softplus};
use crate::numeric::rng::Stream;
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

/// w x + b.
fn log_odds(weights: &[f64], intercept: f64, row: &[f64]) -> f64 {
    dot(weights, row) + intercept
}

impl Model for Logistic {
    fn parameters(&self, features: &[String], _: &mut Stream) -> Vec<Parameter> {
        let names = features.iter().cloned().chain(["(intercept)".to_owned()]);
        names.map(|name| Parameter { name, start: 0.0 }).collect()
    }

    fn loss(&self, params: &[f64], batch: &Batch<'_>) -> f64 {
        let (intercept, weights) = params.split_last().expect("the intercept is there");
        let mut sum = 0.0;
        for ((row, &y), &weight) in batch.x.rows().into_iter().zip(batch.y).zip(batch.weight) {
            let z = log_odds(weights, *intercept, row.to_slice().expect("rows are contiguous"));
            sum += weight * (softplus(z) - y * z);
        }
        sum / batch.y.len() as f64 + 0.5 * self.l2 * dot(weights, weights)
    }

    fn gradient(&self, params: &[f64], batch: &Batch<'_>, gradient: &mut [f64]) {
        let (intercept, weights) = params.split_last().expect("the intercept is there");
        let (intercept_gradient, weight_gradient) = gradient.split_last_mut().expect("the intercept is there");
        weight_gradient.fill(0.0);
        let mut residual_sum = 0.0;
        for ((row, &y), &weight) in batch.x.rows().into_iter().zip(batch.y).zip(batch.weight) {
            let row = row.to_slice().expect("rows are contiguous");
            let residual = weight * (sigmoid(log_odds(weights, *intercept, row)) - y);
            residual_sum += residual;
            add_scaled(weight_gradient, residual, row);
        }
        let rows = batch.y.len() as f64;
        *intercept_gradient = residual_sum / rows;
        for (slot, weight) in weight_gradient.iter_mut().zip(weights) {
            *slot = *slot / rows + self.l2 * weight;
        }
    }

    fn predict(&self, params: &[f64], x: ArrayView2<'_, f64>, scores: &mut [f64]) {
        let (intercept, weights) = params.split_last().expect("the intercept is there");
        for (row, score) in x.rows().into_iter().zip(scores) {
            *score = sigmoid(log_odds(weights, *intercept, row.to_slice().expect("rows are contiguous")));
        }
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    /// By hand: at w = 0, b = 0 every p is 1/2, so the loss is ln 2 and the gradient the mean of (1/2 - y) x.
    #[test]
    fn the_first_gradient_is_the_mean_of_half_minus_label_times_row() {
        let x = array![[1.0, 2.0], [3.0, -4.0]];
        let batch = Batch { x: x.view(), y: &[1.0, 0.0], weight: &[1.0, 1.0] };
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
        let x = array![[1.0]];
        let batch = Batch { x: x.view(), y: &[1.0], weight: &[0.0] };
        let mut gradient = [0.0; 2];
        let model = Logistic { l2: 0.5 };
        model.gradient(&[3.0, 7.0], &batch, &mut gradient);
        assert_eq!((model.loss(&[3.0, 7.0], &batch), gradient), (0.5 * 0.5 * 9.0, [1.5, 0.0]));
    }

    #[test]
    fn scores_are_sigmoids_of_the_log_odds() {
        let x = array![[0.0, 0.0], [1.0, 1.0]];
        let mut scores = [0.0; 2];
        Logistic { l2: 0.0 }.predict(&[1.0, 2.0, -3.0], x.view(), &mut scores);
        assert_eq!(scores[1], 0.5);
        // sigmoid(-3) = 1 / (1 + e^3) = 0.04742587317756678 (NIST's e to 20 digits).
        assert!((scores[0] - 0.047_425_873_177_566_78).abs() < 1e-16);
    }
}
