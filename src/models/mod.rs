//! What is trained: one file a model. Only that file knows what its parameters mean.

use crate::registry::registry;

mod autoencoder;
mod fractional;
mod k_means;
mod linear;
mod logistic;
mod mlp;
mod model;
mod network;
mod predictor;
mod softmax;

pub use model::{
    Batch, Centroids, Columns, Counts, Differentiable, Encoder, Linear, Model, Parameter, RowPowers, RowTerms, RowWeights, StandardErrors,
};

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
        autoencoder::Autoencoder
    ]
);
