//! Runs beside the planned one, for comparison.

/// In what a run differs from the plan's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Variation {
    /// In nothing.
    AsPlanned,
    /// This client never takes part. What is drawn for the others stays as it was.
    Without(usize),
    /// The server sees every update, and their mean is FedAvg's own.
    InTheClear,
}
