//! What is trained: one file a model. Only that file knows what its parameters mean.

use crate::registry::registry;

mod logistic;
mod model;

pub use model::{Batch, Linear, Model, Parameter, RowTerms, RowWeights};

registry!("model", "what is trained", dyn Model, [logistic::Logistic]);
