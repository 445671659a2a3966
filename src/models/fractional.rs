//! Fractional logistic regression: the expected label, a share from 0 to 1, is sigmoid(w x + b), and the cross-entropy is minimised as
//! if labels were drawn by it: the model for losses given default (Papke and Wooldridge, "Econometric Methods for Fractional
//! Response Variables", Journal of Applied Econometrics 1996). Ridge penalty.

use super::logistic::{cross_entropy, cross_entropy_powers, scores_of};
use super::{Batch, Columns, Differentiable, Linear, Model, Parameter, RowPowers, RowTerms, StandardErrors, predictor};
use crate::numeric::rng::Stream;
use crate::numeric::rows::Rows;
use crate::numeric::selection::BLOCK;
use crate::registry::Entry;
use crate::settings::{NOT_NEGATIVE, Table};
use crate::tasks::Task;

/// Fractional logistic regression.
#[derive(Clone, Copy, Debug)]
pub struct Fractional {
    l2: f64,
}

impl Fractional {
    pub(super) const ENTRY: Entry = Entry {
        kind: "fractional",
        summary: "logistic regression of a share from 0 to 1, such as a loss given default",
        paper: "Papke and Wooldridge, J. Appl. Econometrics 1996",
        example: "l2 = 0.01",
        argument: None,
    };

    pub(super) fn read(table: &mut Table) -> Self {
        Self { l2: table.number("l2", 0.0, NOT_NEGATIVE) }
    }
}

impl Linear for Fractional {
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
        Some(StandardErrors::Sandwich)
    }
}

impl Model for Fractional {
    fn task(&self) -> Task {
        Task::Regression
    }

    fn parameters(&self, columns: &Columns<'_>, _: &mut Stream) -> Vec<Parameter> {
        predictor::parameters(columns)
    }

    fn predict(&self, params: &[f64], x: Rows<'_>, scores: &mut [f64]) {
        predictor::predict(params, x, scores, scores_of);
    }

    fn is_of_shares(&self) -> bool {
        true
    }

    fn as_differentiable(&self) -> Option<&dyn Differentiable> {
        Some(self)
    }

    fn as_linear(&self) -> Option<&dyn Linear> {
        Some(self)
    }
}

impl Differentiable for Fractional {
    fn loss(&self, params: &[f64], batch: &Batch<'_>) -> f64 {
        let labels = batch.y.values();
        predictor::loss(params, batch, self.l2, |z, row| cross_entropy(z, labels[row]).loss)
    }

    fn gradient(&self, params: &[f64], batch: &Batch<'_>, gradient: &mut [f64]) {
        predictor::gradient(
            params,
            batch,
            batch.y.values(),
            #[inline(always)]
            |products: &mut [f64; BLOCK], intercept: f64, labels: &[f64; BLOCK]| {
                scores_of(products, intercept);
                for (residual, label) in products.iter_mut().zip(labels) {
                    *residual -= label;
                }
            },
            (gradient, self.l2),
        );
    }
}
