//! What each key served for, written down where a test asks for it: no key may ever serve two plaintexts.
//!
//! A cipher's counter and nonce always start at zero here, and a polynomial is drawn from its key alone, so that a key that
//! serves two different plaintexts gives both away. Law 7 is held by tests over whole runs, which look at this record.

use super::rules::Rules;
use super::session::Session;

/// What a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Use {
    /// A mask that the client of this number lays over its vector.
    Mask {
        /// Which of a pair's two ends; each lays the mask over its own vector.
        client: u32,
    },
    /// A box.
    Box,
    /// The polynomials that two secrets are shared by.
    Polynomials,
}

#[cfg(not(test))]
#[inline]
pub(super) fn record(_: &Rules<'_>, _: &Session, _: Use, _: &[u8], _: impl FnOnce() -> Vec<u8>) {}

#[cfg(test)]
pub(super) use recorder::record;
#[cfg(test)]
pub(crate) use recorder::{Uses, watch};

#[cfg(test)]
mod recorder {
    use std::collections::{BTreeMap, BTreeSet};
    use std::sync::{Mutex, MutexGuard, PoisonError};

    use super::{Rules, Session, Use};
    use crate::numeric::digest::Hash;

    /// What was recorded of whole runs.
    #[derive(Debug, Default)]
    pub(crate) struct Uses {
        sessions: BTreeSet<[u8; 32]>,
        plaintexts: BTreeMap<(Use, Vec<u8>), [u8; 32]>,
        /// Uses of a key that had served another plaintext.
        pub conflicts: Vec<String>,
    }

    impl Uses {
        /// Keys that were used.
        pub fn keys(&self) -> usize {
            self.plaintexts.len()
        }

        /// Sessions that were held.
        pub fn sessions(&self) -> usize {
            self.sessions.len()
        }
    }

    /// How the names of whole runs begin.
    const OF_A_RUN: &str = "fedsim ";

    static USES: Mutex<Option<Uses>> = Mutex::new(None);
    /// One test at a time watches.
    static WATCHING: Mutex<()> = Mutex::new(());

    fn uses() -> MutexGuard<'static, Option<Uses>> {
        USES.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does `work`, and gives what keys served for in the runs that it held.
    pub(crate) fn watch(work: impl FnOnce()) -> Uses {
        let _alone = WATCHING.lock().unwrap_or_else(PoisonError::into_inner);
        *uses() = Some(Uses::default());
        work();
        uses().take().expect("it was set just before")
    }

    /// Writes down that `key` served for a plaintext in a session of a whole run, and not of some other test.
    pub(in crate::secagg) fn record(rules: &Rules<'_>, session: &Session, what: Use, key: &[u8], plaintext: impl FnOnce() -> Vec<u8>) {
        if !rules.occasion.run.starts_with(OF_A_RUN) {
            return;
        }
        let mut uses = uses();
        let Some(uses) = uses.as_mut() else { return };
        uses.sessions.insert(*session.id());
        let hash = Hash::of(&plaintext()).bytes();
        let before = uses.plaintexts.insert((what, key.to_vec()), hash);
        if before.is_some_and(|before| before != hash) {
            uses.conflicts.push(format!("{what:?}: {key:02x?}"));
        }
    }
}
