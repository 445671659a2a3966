//! How trees grow.

use crate::diag::Place;

/// The deepest tree: what a level sums grows with two to the power of its depth.
pub const DEPTH_MAX: usize = 12;

/// The most bins of a feature: a bin's number fits into a byte, and one is for missing cells.
pub const BINS_MAX: usize = 254;

/// How trees grow. Names and meanings are XGBoost's, but for `gradient_bits`.
#[derive(Clone, Debug)]
pub struct Growth {
    /// Levels of splits.
    pub depth: usize,
    /// What a leaf's value is multiplied by (eta).
    pub learning_rate: f32,
    /// Added to the second derivatives of a leaf (lambda).
    pub l2: f64,
    /// By how much the first derivatives of a leaf are shrunk towards 0 (alpha).
    pub l1: f64,
    /// The least sum of second derivatives in a child.
    pub min_child_weight: f64,
    /// The least gain of a split (gamma).
    pub min_gain: f64,
    /// The most bins of a feature.
    pub bins: usize,
    /// Whose rows a tree grows from.
    pub federation: TreesOf,
    /// Where the bins' edges come from.
    pub cuts: CutRule,
    /// How splits are found.
    pub splits: Splits,
    /// By what drawn splits choose their features.
    pub draw: Draw,
    /// In which direction scores may go with a column.
    pub monotone: Vec<(String, Trend, Place)>,
    /// The share of a client's rows that a tree is grown on.
    pub row_share: f64,
    /// The share of the features that a tree may look at.
    pub column_share: f64,
    /// A row's derivatives are rounded to two to the power of minus so many times their greatest magnitude.
    pub gradient_bits: u32,
    /// What every row's score is before the first tree; `None` for the mean of the labels.
    pub base_score: Option<f64>,
}

/// Whose rows a tree grows from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TreesOf {
    /// All of them: trees grow from sums over the clients of a round.
    All,
    /// A client's own: every client of a round grows the next tree, and all are taken.
    Each,
    /// A client's own: one client a round, in its turn, grows the next tree.
    EachInTurn,
}

/// Where the bins' edges come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CutRule {
    /// Counts of all clients' cells: bins hold about as many rows each.
    Quantiles,
    /// The extremes of all clients' cells: bins are of one width.
    EqualWidth,
    /// The means of the clients' own quantiles, by how many cells they have.
    LocalQuantiles,
}

/// How splits are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Splits {
    /// By the sums of the rows in each bin.
    Histogram,
    /// By chance, one a level.
    Random,
}

/// By what drawn splits choose their features.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Draw {
    /// All are as likely.
    Uniform,
    /// By how well each feature alone parts the two classes.
    InformationValue,
}

/// In which direction scores may go with a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trend {
    /// Not down.
    Up,
    /// Not up.
    Down,
}
