//! Boosted trees as XGBoost's JSON model, out and in.

mod file;
mod model;
mod tree;
mod wrong;

pub use model::XgboostModel;
