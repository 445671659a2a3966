//! What Ctrl-C and a request to terminate do: end the process tidily, or after the round that it is in.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};

use super::streams::tell;
use crate::diag::Error;
use crate::runs;

/// Set while a signal should wait for the end of a round.
static IN_ROUNDS: AtomicBool = AtomicBool::new(false);

/// Set by the signal that waits.
static WANTED: AtomicBool = AtomicBool::new(false);

/// Takes over Ctrl-C, SIGTERM and SIGHUP: each ends the process with exit code 130 and without files half written.
pub(super) fn handle() {
    // `nohup` wants the process to outlive a hangup. All signals are handled together or not at all, so that here an
    // interrupt ends the process as it ends any other, and the next run sweeps what is left.
    if hangup_is_ignored() {
        return;
    }
    // Without a handler a signal would still end the process, only less tidily.
    let _ = ctrlc::set_handler(|| {
        let is_first = !WANTED.swap(true, Ordering::SeqCst);
        if !(is_first && IN_ROUNDS.load(Ordering::SeqCst)) {
            let error = Error::Interrupted("interrupted".to_owned());
            tell(&error.to_string());
            runs::abandon(error.exit_code());
        }
    });
}

/// Lets the first signal from now on wait until [`is_wanted`] is asked; a second one doesn't wait.
pub(super) fn wait_for_the_round() {
    IN_ROUNDS.store(true, Ordering::SeqCst);
}

/// Whether a signal waits for the round's end.
pub(super) fn is_wanted() -> bool {
    WANTED.load(Ordering::SeqCst)
}

/// Whether the process was started to ignore hangups; `false` where that can't be known.
fn hangup_is_ignored() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    // The lowest bit stands for signal 1, SIGHUP.
    ignored.and_then(|signals| u64::from_str_radix(signals.trim(), 16).ok()).is_some_and(|signals| signals & 1 == 1)
}
