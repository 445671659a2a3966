//! What is trained: one file a model. Only that file knows what its parameters mean.

use std::fmt::Debug;

use ndarray::ArrayView2;

use crate::numeric::rng::Stream;
use crate::registry::registry;

mod logistic;

registry!("model", "what is trained", dyn Model, [logistic::Logistic]);

/// Rows to learn from.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'a> {
    /// Features, (rows, features), row-major.
    pub x: ArrayView2<'a, f64>,
    /// Labels, 0 or 1, (rows,).
    pub y: &'a [f64],
    /// Each row's weight in the loss, (rows,).
    pub weight: &'a [f64],
}

/// A parameter before training.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// Its name, in the features' names.
    pub name: String,
    /// Where training starts.
    pub start: f64,
}

/// A model: a function of parameters, which it does not keep.
pub trait Model: Debug + Send + Sync {
    /// All parameters, in the order of the flat vector; random starts are drawn from `stream`.
    fn parameters(&self, features: &[String], stream: &mut Stream) -> Vec<Parameter>;

    /// The mean over the batch's rows of weight times loss, penalties added.
    fn loss(&self, params: &[f64], batch: &Batch<'_>) -> f64;

    /// Writes the gradient of [`Model::loss`], (params,), into `gradient`. Training needs no more, and the loss's logarithms
    /// would cost a fifth of its time.
    fn gradient(&self, params: &[f64], batch: &Batch<'_>, gradient: &mut [f64]);

    /// Writes each row's score, the probability of label 1, into `scores`, (rows,).
    fn predict(&self, params: &[f64], x: ArrayView2<'_, f64>, scores: &mut [f64]);
}
