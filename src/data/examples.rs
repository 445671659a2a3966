//! Rows as models see them.

use crate::numeric::rows::Matrix;

/// Features and labels of some rows.
#[derive(Debug)]
pub struct Examples {
    /// (rows, features).
    pub x: Matrix,
    /// Whether the label is 1, (rows,).
    pub y: Vec<bool>,
}
