//! Who hears of a comparison while it is made, and may end it.

use crate::diag::Error;

/// Who hears what is being done, and may end it.
pub struct Watch<'a> {
    /// Hears a line.
    pub tell: &'a dyn Fn(&str),
    /// Whether to stop.
    pub is_ended: &'a dyn Fn() -> bool,
}

impl Watch<'_> {
    pub(super) fn check(&self) -> Result<(), Error> {
        if (self.is_ended)() { Err(Error::Interrupted("interrupted".to_owned())) } else { Ok(()) }
    }
}
