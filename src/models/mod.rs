//! What is trained: one file a model. Only that file knows what its parameters mean.

use crate::registry::registry;

mod autoencoder;
pub mod boosting;
mod fractional;
mod k_means;
mod linear;
mod logistic;
mod mlp;
mod model;
mod network;
mod predictor;
pub mod scorecard;
mod softmax;

pub use model::{
    Batch, Centroids, Columns, Counts, Differentiable, Encoder, Linear, Model, Parameter, RowPowers, RowTerms, RowWeights, StandardErrors,
};

/// Whether rows may lack cells under the model of this kind: they then come as NaN.
pub fn keeps_gaps(kind: &str) -> bool {
    [boosting::Boosting::ENTRY, scorecard::Scorecard::ENTRY].iter().any(|entry| entry.kind == kind)
}

registry!(
    "model",
    "what is trained",
    dyn Model,
    [
        logistic::Logistic,
        softmax::Softmax,
        linear::LinearRegression,
        fractional::Fractional,
        mlp::Mlp,
        k_means::KMeans,
        autoencoder::Autoencoder,
        boosting::Boosting,
        scorecard::Scorecard
    ]
);
