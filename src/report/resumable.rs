//! Whether a checkpoint, whole as it is, is one that this run can have written.

use super::secure::SecureTotals;
use super::tables::growing;
use crate::federation::Prepared;
use crate::logs::{Run, Sizes};
use crate::runs::checkpoint::Checkpoint;
use crate::scenario::{Aggregation, Plan};

/// Holds all of a checkpoint against the plan, but what the command gathered, which the command knows.
pub(super) fn check(checkpoint: &Checkpoint, plan: &Plan, prepared: &Prepared, sizes: &Sizes) -> Result<(), String> {
    let Checkpoint { standing, logs, .. } = checkpoint;
    standing.check(plan, prepared)?;
    logs.check(&growing(&Run { plan, prepared }), sizes)?;
    match (&plan.aggregation, &logs.secure) {
        (Aggregation::Clear(_), None) => Ok(()),
        (Aggregation::Secure(_), Some(kept)) => SecureTotals::read(kept)?.check(plan, prepared, standing.round),
        (Aggregation::Clear(_), Some(_)) => Err("secure sums of a run in the clear".to_owned()),
        (Aggregation::Secure(_), None) => Err("no secure sums of a run that has them".to_owned()),
    }
}
