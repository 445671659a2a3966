//! What `[model]` says of a scorecard beside its penalty.

use super::scaling::Scaling;
use super::terms::Terms;

/// A scorecard's design.
#[derive(Clone, Debug)]
pub struct Design {
    /// How bins are found.
    pub terms: Terms,
    /// How log-odds become points.
    pub scaling: Scaling,
}
