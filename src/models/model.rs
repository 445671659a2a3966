//! What a model is: a function of parameters, and what else some models can be asked for.

use std::fmt::Debug;

use super::boosting::growth::Growth;
use super::scorecard::design::Design;
use crate::numeric::rng::Stream;
use crate::numeric::rows::Rows;
use crate::numeric::selection::Selection;
use crate::tasks::{Labels, Task};

/// What a row weighs in the loss, by its class: (classes,), or nothing where all rows weigh 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RowWeights<'a>(&'a [f64]);

impl<'a> RowWeights<'a> {
    /// All rows alike.
    pub const ALIKE: RowWeights<'static> = RowWeights(&[]);

    /// By class, (classes,); nothing where all rows weigh 1.
    pub fn new(by_class: &'a [f64]) -> Self {
        Self(by_class)
    }

    /// What a row of this class weighs.
    #[inline(always)]
    pub fn of(&self, class: usize) -> f64 {
        self.0.get(class).copied().unwrap_or(1.0)
    }

    /// What rows of two classes weigh.
    #[inline(always)]
    pub fn of_two(&self) -> [f64; 2] {
        [self.of(0), self.of(1)]
    }

    /// What the heaviest weighs.
    pub fn greatest(&self) -> f64 {
        self.0.iter().copied().reduce(f64::max).unwrap_or(1.0)
    }
}

/// Rows to learn from: some of a client's.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'a> {
    /// Features of all the client's rows, (rows, features).
    pub x: Rows<'a>,
    /// Labels of all of them, (rows,).
    pub y: Labels<'a>,
    /// What a row weighs.
    pub weights: RowWeights<'a>,
    /// Which rows, in the order in which their parts are added.
    pub selection: Selection<'a>,
}

/// What a model is of: the columns that it reads, and the classes that it tells apart.
#[derive(Clone, Copy, Debug)]
pub struct Columns<'a> {
    /// The features' names.
    pub features: &'a [String],
    /// The classes' names; none where labels are no classes, or are 0 and 1.
    pub classes: &'a [String],
}

/// How many columns and classes a model is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// Features.
    pub features: usize,
    /// Classes; 0 where labels are no classes, or are 0 and 1.
    pub classes: usize,
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
    /// What it is asked.
    fn task(&self) -> Task;

    /// All parameters, in the order of the flat vector; random starts are drawn from `stream`.
    fn parameters(&self, columns: &Columns<'_>, stream: &mut Stream) -> Vec<Parameter>;

    /// How many numbers it says of a row.
    fn outputs(&self, _counts: Counts) -> usize {
        1
    }

    /// Writes what it says of each row, as its task wants it, into `scores`, (rows, outputs).
    fn predict(&self, params: &[f64], x: Rows<'_>, scores: &mut [f64]);

    /// Whether its labels are numbers from 0 to 1.
    fn is_of_shares(&self) -> bool {
        false
    }

    /// The model as one that learns by gradients, if it is one.
    fn as_differentiable(&self) -> Option<&dyn Differentiable> {
        None
    }

    /// The model as one of a linear predictor, if it is one.
    fn as_linear(&self) -> Option<&dyn Linear> {
        None
    }

    /// The model as one that has a code for each row, if it has.
    fn as_encoder(&self) -> Option<&dyn Encoder> {
        None
    }

    /// The model as centroids, if it is some.
    fn as_centroids(&self) -> Option<&dyn Centroids> {
        None
    }

    /// The model as boosted trees, if it is such, whose parameters become more with every round.
    fn as_boosting(&self) -> Option<&Growth> {
        None
    }

    /// The model as a scorecard, if it is one, whose parameters come with its bins.
    fn as_scorecard(&self) -> Option<&Design> {
        None
    }
}

/// A model that learns by gradients.
pub trait Differentiable: Debug + Send + Sync {
    /// The mean over the batch's rows of weight times loss, penalties added.
    fn loss(&self, params: &[f64], batch: &Batch<'_>) -> f64;

    /// Writes the gradient of [`Differentiable::loss`], (params,), into `gradient`. Training needs no more, and the loss's logarithms
    /// would cost a fifth of its time.
    fn gradient(&self, params: &[f64], batch: &Batch<'_>, gradient: &mut [f64]);
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

/// How exact the parameters are that fit best.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StandardErrors {
    /// The loss is a likelihood: the inverse of its curvature.
    Likelihood,
    /// The same times the residuals' variance, with as many degrees of freedom as rows less parameters: Student's distribution.
    Residuals,
    /// The loss is but like a likelihood: the curvature's inverse around the sum of the slopes' squares (White's HC0).
    Sandwich,
}

/// A model whose score depends on a row through one linear predictor: weights times features plus an intercept, the last parameter.
pub trait Linear: Debug + Send + Sync {
    /// What a row of this linear predictor and label adds.
    fn terms(&self, predictor: f64, label: f64) -> RowTerms;

    /// What these are at most in magnitude, as powers of two, where predictors and labels have such magnitudes.
    fn powers(&self, predictor: f64, label: f64) -> RowPowers;

    /// The weight of the ridge penalty, l2/2 times the squared norm of the weights, intercept aside.
    fn l2(&self) -> f64;

    /// How standard errors are found; `None` if Newton's method is not for it.
    fn standard_errors(&self) -> Option<StandardErrors>;
}

/// Powers of two that bound [`RowTerms`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowPowers {
    /// Of the loss.
    pub loss: i32,
    /// Of its first derivative.
    pub slope: i32,
    /// Of its second derivative.
    pub curvature: i32,
}

/// A model that puts each row into a code of few numbers.
pub trait Encoder: Debug + Send + Sync {
    /// How many numbers a code has.
    fn code(&self) -> usize;

    /// Writes each row's code into `codes`, (rows, code).
    fn encode(&self, params: &[f64], x: Rows<'_>, codes: &mut [f64]);
}

/// A model of centroids, (clusters, features) one after the other.
pub trait Centroids: Debug + Send + Sync {
    /// How many there are.
    fn clusters(&self) -> usize;

    /// Whether the first ones are drawn; else they lie along the rows' principal axis.
    fn is_drawn(&self) -> bool;
}
