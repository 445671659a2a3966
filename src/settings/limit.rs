//! What numbers a key may take.

/// A condition on a number, and its words.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    words: &'static str,
    holds: fn(f64) -> bool,
}

impl Limit {
    /// The condition `holds`, in words that complete "must be".
    pub const fn new(words: &'static str, holds: fn(f64) -> bool) -> Self {
        Self { words, holds }
    }

    pub(super) fn words(&self) -> &'static str {
        self.words
    }

    pub(super) fn holds(&self, number: f64) -> bool {
        (self.holds)(number)
    }
}

/// x > 0, and far enough from 0 that its inverse is finite.
pub const POSITIVE: Limit = Limit { words: "a number above 0, at least 1e-300", holds: |x| x >= 1e-300 };
/// x >= 0.
pub const NOT_NEGATIVE: Limit = Limit { words: "a number not below 0", holds: |x| x >= 0.0 };
/// 0 <= x <= 1.
pub const UNIT_INTERVAL: Limit = Limit { words: "a number from 0 to 1", holds: |x| (0.0..=1.0).contains(&x) };
/// 0 < x <= 1.
pub const SHARE: Limit = Limit { words: "a number above 0, 1 at most", holds: |x| x > 0.0 && x <= 1.0 };
/// 0 < x < 1.
pub const PROPER_FRACTION: Limit = Limit { words: "a number between 0 and 1, neither of them", holds: |x| x > 0.0 && x < 1.0 };
/// 0 <= x < 1.
pub const FRACTION: Limit = Limit { words: "a number from 0 to below 1", holds: |x| (0.0..1.0).contains(&x) };
