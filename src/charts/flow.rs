//! Boxes that arrows lead to from left to right, as a value: a tree of decisions, for instance.

use super::cells::{Ramp, Shade};

/// Boxes and arrows.
#[derive(Clone, Debug, Default)]
pub struct Flow {
    /// What the colours say, each an entry of the legend.
    pub ramps: Vec<Ramp>,
    /// What a pointer is told of each box beside its name: names and units.
    pub measures: Vec<(&'static str, &'static str)>,
    /// The boxes.
    pub boxes: Vec<FlowBox>,
    /// What leads from one to another.
    pub arrows: Vec<Arrow>,
}

/// A box.
#[derive(Clone, Debug)]
pub struct FlowBox {
    /// From the left, from 0.
    pub column: usize,
    /// From the top, from 0; one that stands between two rows has a half.
    pub row: f64,
    /// `None` for a box that is plain grey.
    pub shade: Option<Shade>,
    /// What is written in it, no line longer than [`TEXT_ROOM`](super::TEXT_ROOM).
    pub lines: Vec<String>,
    /// Whether more would follow it than is shown: its edge is dashed.
    pub goes_on: bool,
    /// What it is called where a pointer finds it.
    pub told: String,
    /// The values of the measures.
    pub values: Vec<Option<f64>>,
}

/// What leads from one box to another in a column to its right.
#[derive(Clone, Debug)]
pub struct Arrow {
    /// The places of the two boxes among all.
    pub between: [usize; 2],
    /// A word beside it.
    pub label: String,
}
