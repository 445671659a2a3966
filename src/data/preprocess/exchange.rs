//! How statistics of the clients' rows leave them: in the clear here, masked where the federation aggregates securely.

use crate::diag::Error;
use crate::numeric::exact_sum::sum_vectors;

/// What carries statistics from clients to the server. Both ways to do it give the same bits.
pub trait Exchange {
    /// The exact sum of the clients' vectors, each element rounded once.
    ///
    /// # Errors
    /// When the exchange can't be set up.
    fn sum(&self, vectors: &[Vec<f64>]) -> Result<Vec<f64>, Error>;

    /// The greatest element at each place of the clients' vectors, none of them NaN.
    ///
    /// # Errors
    /// When the exchange can't be set up.
    fn greatest(&self, vectors: &[Vec<f64>]) -> Result<Vec<f64>, Error>;
}

/// In the clear: the server sees every client's vector.
#[derive(Clone, Copy, Debug)]
pub struct InTheClear;

impl Exchange for InTheClear {
    fn sum(&self, vectors: &[Vec<f64>]) -> Result<Vec<f64>, Error> {
        Ok(sum_vectors(vectors))
    }

    fn greatest(&self, vectors: &[Vec<f64>]) -> Result<Vec<f64>, Error> {
        let length = vectors.first().map_or(0, Vec::len);
        Ok((0..length).map(|at| vectors.iter().map(|vector| vector[at]).fold(f64::NEG_INFINITY, f64::max)).collect())
    }
}
