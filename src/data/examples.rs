//! Rows as models see them.

use crate::numeric::rows::Matrix;
use crate::tasks::LabelColumn;

/// Features and labels of some rows.
#[derive(Debug)]
pub struct Examples {
    /// (rows, features).
    pub x: Matrix,
    /// (rows,).
    pub y: LabelColumn,
}
