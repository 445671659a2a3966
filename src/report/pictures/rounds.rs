//! What the pictures over rounds share: reading rows by round, and where rounds were aborted.

use crate::charts::figure::Marks;
use crate::diag::Error;
use crate::numeric::text::grouped;
use crate::runs::{Cell, Saved};

/// The round in a cell, which must not lie before `last`.
pub(super) fn ascending(cell: Cell<'_>, last: &mut f64) -> Result<f64, Error> {
    let round = cell.count()? as f64;
    if round < *last {
        return Err(cell.problem("goes back: rounds must ascend"));
    }
    *last = round;
    Ok(round)
}

/// The aborted rounds; none if all were completed.
pub(super) fn aborted(saved: &Saved) -> Result<Option<Marks>, Error> {
    let (mut at, mut last) = (Vec::new(), 0.0);
    saved.rows("round_log.csv", ["round", "outcome"], |[round, outcome]| {
        let round = ascending(round, &mut last)?;
        if outcome.text().starts_with("aborted") {
            at.push(round);
        }
        Ok(())
    })?;
    let name = format!("aborted ({})", grouped(&at.len().to_string()));
    Ok((!at.is_empty()).then_some(Marks { name, at }))
}

/// A number of things in words: "1 round", "12 rounds".
pub(super) fn counted(count: usize, thing: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{} {thing}{plural}", grouped(&count.to_string()))
}
