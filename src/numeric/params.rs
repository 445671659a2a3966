//! A model's parameters: a flat vector that only the model's own file knows the layout of.

use ndarray::ArrayView1;
use serde::{Deserialize, Serialize};

/// A flat vector of parameters, (params,).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Params(Vec<f64>);

impl Params {
    /// `len` zeros.
    pub fn zeros(len: usize) -> Self {
        Self(vec![0.0; len])
    }

    /// How many parameters there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no parameter.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The values.
    pub fn as_slice(&self) -> &[f64] {
        &self.0
    }

    /// The values, to be changed.
    pub fn as_mut_slice(&mut self) -> &mut [f64] {
        &mut self.0
    }

    /// The values, taken out.
    pub fn into_vec(self) -> Vec<f64> {
        self.0
    }

    /// The values as an array, (params,).
    pub fn view(&self) -> ArrayView1<'_, f64> {
        ArrayView1::from(&self.0)
    }

    /// Whether every value is finite.
    pub fn is_finite(&self) -> bool {
        self.0.iter().all(|value| value.is_finite())
    }
}

impl From<Vec<f64>> for Params {
    fn from(values: Vec<f64>) -> Self {
        Self(values)
    }
}
