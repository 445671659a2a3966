//! What this process has made and must not leave behind, so that a process that must end at once takes it away.

use std::collections::BTreeMap;
use std::fmt;
use std::process;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How something is taken away, as far as that goes: nobody could be told.
type TakeAway = Box<dyn Fn() + Send>;

/// All that is to leave nothing behind: files in the making, workspaces that nobody is to go on from, temporary folders.
#[derive(Default)]
pub(crate) struct Unpublished {
    claimed: BTreeMap<u64, TakeAway>,
    count: u64,
}

/// What was claimed, to be released once it is published or gone.
#[derive(Debug)]
pub(crate) struct Claim(u64);

impl fmt::Debug for Unpublished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unpublished").field("claimed", &self.claimed.keys()).finish_non_exhaustive()
    }
}

static UNPUBLISHED: Mutex<Unpublished> = Mutex::new(Unpublished { claimed: BTreeMap::new(), count: 0 });

/// While it is held, nothing is begun, published or dropped.
pub(crate) fn of_this_process() -> MutexGuard<'static, Unpublished> {
    // A panic can't leave the map half changed: each change is one insertion or one removal.
    UNPUBLISHED.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Unpublished {
    /// Lets `take_away` be called if the process must end before the claim is released.
    pub fn claim(&mut self, take_away: impl Fn() + Send + 'static) -> Claim {
        self.count += 1;
        self.claimed.insert(self.count, Box::new(take_away));
        Claim(self.count)
    }

    /// Forgets what was claimed.
    pub fn release(&mut self, claim: &Claim) {
        self.claimed.remove(&claim.0);
    }
}

/// Ends the process at once, from any thread, and takes its files in the making and its temporary folders away. A
/// workspace that a run can be resumed from stays.
pub fn abandon(exit_code: u8) -> ! {
    // The lock is held to the end, so that no other thread begins a file after this one has looked.
    let unpublished = of_this_process();
    // What was made last may lie in what was made first.
    unpublished.claimed.values().rev().for_each(|take_away| take_away());
    process::exit(exit_code.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_released_is_known_no_longer() {
        let mut unpublished = Unpublished::default();
        let [first, second] = [unpublished.claim(|| {}), unpublished.claim(|| {})];
        unpublished.release(&first);
        assert_eq!(unpublished.claimed.keys().collect::<Vec<_>>(), [&second.0]);
    }
}
