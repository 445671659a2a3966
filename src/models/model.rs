//! What a model is: a function of parameters, with its loss and gradient on a batch of rows.

use std::fmt::Debug;

use crate::numeric::rng::Stream;
use crate::numeric::rows::Rows;
use crate::numeric::selection::Selection;

/// What a row weighs in the loss, by its label.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RowWeights {
    /// A row of label 0.
    pub negative: f64,
    /// A row of label 1.
    pub positive: f64,
}

impl RowWeights {
    /// What a row of this label weighs.
    #[inline(always)]
    pub fn of(&self, label: bool) -> f64 {
        if label { self.positive } else { self.negative }
    }
}

/// Rows to learn from: some of a client's.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'a> {
    /// Features of all the client's rows, (rows, features).
    pub x: Rows<'a>,
    /// Whether the label is 1, of all of them, (rows,).
    pub y: &'a [bool],
    /// What a row weighs.
    pub weights: RowWeights,
    /// Which rows, in the order in which their parts are added.
    pub selection: Selection<'a>,
}

/// A parameter before training.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// Its name, in the features' names.
    pub name: String,
    /// Where training starts.
    pub start: f64,
}

/// What a row adds to the loss of a generalised linear model, as a function of its linear predictor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RowTerms {
    /// The loss.
    pub loss: f64,
    /// Its first derivative.
    pub slope: f64,
    /// Its second derivative.
    pub curvature: f64,
}

/// A model whose score depends on a row through one linear predictor: weights times features plus an intercept, the last parameter.
pub trait Linear: Debug + Send + Sync {
    /// What a row of this linear predictor and label adds: a loss of at most ln 2 above the predictor's magnitude, and a slope of 1 at
    /// most.
    fn terms(&self, predictor: f64, label: bool) -> RowTerms;

    /// The power of two that a curvature is at most.
    fn curvature_power(&self) -> i32;

    /// The weight of the ridge penalty, l2/2 times the squared norm of the weights, intercept aside.
    fn l2(&self) -> f64;
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

    /// The model as one of a linear predictor, if it is one.
    fn as_linear(&self) -> Option<&dyn Linear> {
        None
    }

    /// Writes each row's score, the probability of label 1, into `scores`, (rows,).
    fn predict(&self, params: &[f64], x: Rows<'_>, scores: &mut [f64]);

    /// Writes what each feature of one row, (features,), adds to the log-odds of its score into `parts`, (features,), and returns
    /// what is there without them: the sum of all is the log-odds.
    fn contributions(&self, params: &[f64], row: &[f64], parts: &mut [f64]) -> f64;
}
