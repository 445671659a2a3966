//! Linear regression: the expected label is w x + b; squared loss (Legendre 1805), or Huber's, which grows but linearly beyond `delta`
//! (Huber, "Robust Estimation of a Location Parameter", Annals of Mathematical Statistics 1964); ridge penalty.

use super::{Batch, Columns, Differentiable, Linear, Model, Parameter, RowPowers, RowTerms, StandardErrors, predictor};
use crate::numeric::grid::power_above;
use crate::numeric::rng::Stream;
use crate::numeric::rows::Rows;
use crate::numeric::selection::BLOCK;
use crate::registry::Entry;
use crate::settings::{NOT_NEGATIVE, POSITIVE, Table};
use crate::tasks::Task;

/// Linear regression.
#[derive(Clone, Copy, Debug)]
pub struct LinearRegression {
    l2: f64,
    /// Where Huber's loss begins to grow linearly; infinite for the squared loss.
    delta: f64,
}

impl LinearRegression {
    pub(super) const ENTRY: Entry = Entry {
        kind: "linear",
        summary: "linear regression with squared or Huber's loss and a ridge penalty",
        paper: "Legendre 1805; Huber, Ann. Math. Stat. 1964",
        example: "l2 = 0.01\nloss = \"huber\"\ndelta = 1.0",
        argument: None,
    };

    pub(super) fn read(table: &mut Table) -> Self {
        let l2 = table.number("l2", 0.0, NOT_NEGATIVE);
        let delta = if table.word("loss", "squared", &[("squared", false), ("huber", true)]) {
            table.number("delta", 1.0, POSITIVE)
        } else {
            table.refuse_if_given("delta", "only loss = \"huber\" grows linearly beyond it");
            f64::INFINITY
        };
        Self { l2, delta }
    }

    /// The derivative of a residual's loss.
    #[inline(always)]
    fn slope(&self, residual: f64) -> f64 {
        let residual = if residual > self.delta { self.delta } else { residual };
        if residual < -self.delta { -self.delta } else { residual }
    }

    fn loss_of(&self, residual: f64) -> f64 {
        let (slope, size) = (self.slope(residual), residual.abs());
        // Within delta both are the residual; beyond it delta (size - delta / 2).
        slope.abs() * (size - 0.5 * slope.abs())
    }
}

impl Linear for LinearRegression {
    #[inline(always)]
    fn terms(&self, predictor: f64, label: f64) -> RowTerms {
        let residual = predictor - label;
        RowTerms { loss: self.loss_of(residual), slope: self.slope(residual), curvature: f64::from(u8::from(residual.abs() <= self.delta)) }
    }

    fn powers(&self, predictor: f64, label: f64) -> RowPowers {
        let reach = predictor + label;
        RowPowers { loss: power_above(0.5 * reach * reach), slope: power_above(reach), curvature: 0 }
    }

    fn l2(&self) -> f64 {
        self.l2
    }

    fn standard_errors(&self) -> Option<StandardErrors> {
        self.delta.is_infinite().then_some(StandardErrors::Residuals)
    }
}

impl Model for LinearRegression {
    fn task(&self) -> Task {
        Task::Regression
    }

    fn parameters(&self, columns: &Columns<'_>, _: &mut Stream) -> Vec<Parameter> {
        predictor::parameters(columns)
    }

    fn predict(&self, params: &[f64], x: Rows<'_>, scores: &mut [f64]) {
        predictor::predict(params, x, scores, |products, intercept| products.iter_mut().for_each(|product| *product += intercept));
    }

    fn as_differentiable(&self) -> Option<&dyn Differentiable> {
        Some(self)
    }

    fn as_linear(&self) -> Option<&dyn Linear> {
        Some(self)
    }
}

impl Differentiable for LinearRegression {
    fn loss(&self, params: &[f64], batch: &Batch<'_>) -> f64 {
        let labels = batch.y.values();
        predictor::loss(params, batch, self.l2, |z, row| self.loss_of(z - labels[row]))
    }

    fn gradient(&self, params: &[f64], batch: &Batch<'_>, gradient: &mut [f64]) {
        predictor::gradient(
            params,
            batch,
            batch.y.values(),
            #[inline(always)]
            |products: &mut [f64; BLOCK], intercept: f64, labels: &[f64; BLOCK]| {
                for (residual, label) in products.iter_mut().zip(labels) {
                    *residual = self.slope(*residual + intercept - label);
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

    /// By hand: residuals 0.5 - 0 and 3 - 0 at delta 1: losses 0.125 and 1 (3 - 0.5), slopes 0.5 and 1.
    #[test]
    fn beyond_delta_hubers_loss_grows_linearly() {
        let huber = LinearRegression { l2: 0.0, delta: 1.0 };
        let terms = [0.5, 3.0, -3.0].map(|residual| huber.terms(residual, 0.0));
        assert_eq!(terms.map(|terms| terms.loss), [0.125, 2.5, 2.5]);
        assert_eq!(terms.map(|terms| terms.slope), [0.5, 1.0, -1.0]);
        let squared = LinearRegression { delta: f64::INFINITY, ..huber };
        assert_eq!(squared.terms(-3.0, 0.0), RowTerms { loss: 4.5, slope: -3.0, curvature: 1.0 });
    }

    #[test]
    fn the_gradient_is_the_mean_of_residual_times_row() {
        let x = Matrix::build((2, 1), Storage::Double, |row, out| out[0] = row as f64 + 1.0);
        let y = Labels::Values(&[0.0, 1.0]);
        let batch = Batch { x: x.rows(), y, weights: RowWeights::ALIKE, selection: Selection::all(&[0, 1]) };
        let model = LinearRegression { l2: 0.0, delta: f64::INFINITY };
        let mut gradient = [0.0; 2];
        // Predictions 3 and 5, residuals 3 and 4.
        model.gradient(&[2.0, 1.0], &batch, &mut gradient);
        assert_eq!((gradient, model.loss(&[2.0, 1.0], &batch)), ([5.5, 3.5], 6.25));
    }
}
