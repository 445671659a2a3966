//! Rows with their scores, as metrics look at them.

use super::labels::Labels;
use crate::numeric::rows::Rows;

/// Some rows, and what a model says of them.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// Features, (rows, features).
    pub x: Rows<'a>,
    /// Labels, (rows,).
    pub labels: Labels<'a>,
    /// What the model says of each row, (rows, outputs).
    pub scores: &'a [f64],
}

impl<'a> View<'a> {
    /// How many numbers the model says of a row.
    pub fn outputs(&self) -> usize {
        self.scores.len() / self.labels.len().max(1)
    }

    /// What it says of each row, in their order: (outputs,) each.
    pub fn by_row(&self) -> impl ExactSizeIterator<Item = &'a [f64]> + use<'a> {
        self.scores.chunks_exact(self.outputs().max(1))
    }
}
