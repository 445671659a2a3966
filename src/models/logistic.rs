//! Binary logistic regression, from scratch: p = sigmoid(w x + b), cross-entropy, ridge penalty (Cox 1958, "The Regression
//! Analysis of Binary Sequences", JRSS B 20; Hoerl and Kennard 1970 for the penalty).

use super::{Batch, Columns, Differentiable, Linear, Model, Parameter, RowPowers, RowTerms, StandardErrors, predictor};
use crate::numeric::grid::power_above;
use crate::numeric::math::{sigmoid, softplus};
use crate::numeric::rng::Stream;
use crate::numeric::rows::Rows;
use crate::numeric::selection::BLOCK;
use crate::registry::Entry;
use crate::settings::{NOT_NEGATIVE, Table};
use crate::tasks::Task;

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
pub(super) fn scores_of(products: &mut [f64; BLOCK], intercept: f64) {
    for product in products {
        *product = sigmoid(*product + intercept);
    }
}

/// What a row of this linear predictor adds to the cross-entropy with a label from 0 to 1.
#[inline(always)]
pub(super) fn cross_entropy(predictor: f64, label: f64) -> RowTerms {
    let p = sigmoid(predictor);
    RowTerms { loss: softplus(predictor) - label * predictor, slope: p - label, curvature: p * (1.0 - p) }
}

/// What that is at most: the loss ln 2 above the predictor's magnitude, the slope 1, the curvature a quarter.
pub(super) fn cross_entropy_powers(predictor: f64) -> RowPowers {
    RowPowers { loss: power_above(predictor + 1.0), slope: 0, curvature: -2 }
}

impl Linear for Logistic {
    #[inline(always)]
    fn terms(&self, predictor: f64, label: f64) -> RowTerms {
        cross_entropy(predictor, label)
    }

    fn powers(&self, predictor: f64, _: f64) -> RowPowers {
        cross_entropy_powers(predictor)
    }

    fn l2(&self) -> f64 {
        self.l2
    }

    fn standard_errors(&self) -> Option<StandardErrors> {
        Some(StandardErrors::Likelihood)
    }
}

impl Model for Logistic {
    fn task(&self) -> Task {
        Task::Binary
    }

    fn parameters(&self, columns: &Columns<'_>, _: &mut Stream) -> Vec<Parameter> {
        predictor::parameters(columns)
    }

    fn predict(&self, params: &[f64], x: Rows<'_>, scores: &mut [f64]) {
        predictor::predict(params, x, scores, scores_of);
    }

    fn as_differentiable(&self) -> Option<&dyn Differentiable> {
        Some(self)
    }

    fn as_linear(&self) -> Option<&dyn Linear> {
        Some(self)
    }
}

impl Differentiable for Logistic {
    fn loss(&self, params: &[f64], batch: &Batch<'_>) -> f64 {
        let (labels, weights) = (batch.y.binary(), batch.weights.of_two());
        predictor::loss(params, batch, self.l2, |z, row| {
            let y = labels[row];
            weights[usize::from(y)] * (softplus(z) - f64::from(y) * z)
        })
    }

    fn gradient(&self, params: &[f64], batch: &Batch<'_>, gradient: &mut [f64]) {
        let [negative, positive] = batch.weights.of_two();
        predictor::gradient(
            params,
            batch,
            batch.y.binary(),
            #[inline(always)]
            |products: &mut [f64; BLOCK], intercept: f64, labels: &[bool; BLOCK]| {
                scores_of(products, intercept);
                for (residual, &y) in products.iter_mut().zip(labels) {
                    *residual = if y { positive } else { negative } * (*residual - f64::from(y));
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

    fn matrix<const N: usize>(rows: &[[f64; N]]) -> Matrix {
        Matrix::build((rows.len(), N), Storage::Double, |row, out| out.copy_from_slice(&rows[row]))
    }

    /// By hand: at w = 0, b = 0 every p is 1/2, so the loss is ln 2 and the gradient the mean of (1/2 - y) x.
    #[test]
    fn the_first_gradient_is_the_mean_of_half_minus_label_times_row() {
        let x = matrix(&[[1.0, 2.0], [3.0, -4.0]]);
        let batch =
            Batch { x: x.rows(), y: Labels::Binary(&[true, false]), weights: RowWeights::ALIKE, selection: Selection::all(&[0, 1]) };
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
        let batch =
            Batch { x: x.rows(), y: Labels::Binary(&[true]), weights: RowWeights::new(&[1.0, 0.0]), selection: Selection::all(&[0]) };
        let mut gradient = [0.0; 2];
        let model = Logistic { l2: 0.5 };
        model.gradient(&[3.0, 7.0], &batch, &mut gradient);
        assert_eq!((model.loss(&[3.0, 7.0], &batch), gradient), (0.5 * 0.5 * 9.0, [1.5, 0.0]));
    }

    #[test]
    fn a_batch_is_the_rows_that_were_chosen() {
        let x = matrix(&[[9.0], [1.0], [9.0], [3.0]]);
        let batch = Batch {
            x: x.rows(),
            y: Labels::Binary(&[true, true, false, false]),
            weights: RowWeights::ALIKE,
            selection: Selection::all(&[3, 1]),
        };
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
