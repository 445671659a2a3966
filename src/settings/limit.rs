//! What numbers a key may take.

/// A range of numbers, and its words. Its bounds are data, so that the schema can tell them, too.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limit {
    words: &'static str,
    low: Bound,
    high: Bound,
    /// Numbers above this one must be whole.
    whole_above: f64,
}

/// Where a range ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bound {
    /// With this number.
    At(f64),
    /// Just before it.
    Open(f64),
    /// Nowhere.
    None,
}

impl Limit {
    /// The numbers from `low` to `high`, in words that complete "must be".
    pub const fn new(words: &'static str, low: Bound, high: Bound) -> Self {
        Self { words, low, high, whole_above: f64::INFINITY }
    }

    /// The same, but only whole numbers above `number`.
    #[must_use]
    pub const fn whole_above(self, number: f64) -> Self {
        Self { whole_above: number, ..self }
    }

    /// Where it begins and ends.
    pub fn bounds(&self) -> [Bound; 2] {
        [self.low, self.high]
    }

    /// Above which number only whole ones are within; infinity if all are.
    pub fn wholes(&self) -> f64 {
        self.whole_above
    }

    pub(super) fn words(&self) -> &'static str {
        self.words
    }

    pub(super) fn holds(&self, number: f64) -> bool {
        let above = match self.low {
            Bound::At(low) => number >= low,
            Bound::Open(low) => number > low,
            Bound::None => true,
        };
        let below = match self.high {
            Bound::At(high) => number <= high,
            Bound::Open(high) => number < high,
            Bound::None => true,
        };
        above && below && (number <= self.whole_above || number.fract() == 0.0)
    }
}

/// x > 0, and far enough from 0 that its inverse is finite.
pub const POSITIVE: Limit = Limit::new("a number above 0, at least 1e-300", Bound::At(1e-300), Bound::None);
/// x >= 0.
pub const NOT_NEGATIVE: Limit = Limit::new("a number not below 0", Bound::At(0.0), Bound::None);
/// 0 <= x <= 1.
pub const UNIT_INTERVAL: Limit = Limit::new("a number from 0 to 1", Bound::At(0.0), Bound::At(1.0));
/// 0 < x <= 1.
pub const SHARE: Limit = Limit::new("a number above 0, 1 at most", Bound::Open(0.0), Bound::At(1.0));
/// 0 < x < 1.
pub const PROPER_FRACTION: Limit = Limit::new("a number between 0 and 1, neither of them", Bound::Open(0.0), Bound::Open(1.0));
/// 0 <= x < 1.
pub const FRACTION: Limit = Limit::new("a number from 0 to below 1", Bound::At(0.0), Bound::Open(1.0));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_hold_themselves_unless_they_are_open() {
        assert!(UNIT_INTERVAL.holds(0.0) && UNIT_INTERVAL.holds(1.0) && !UNIT_INTERVAL.holds(1.1) && !UNIT_INTERVAL.holds(-0.1));
        assert!(!PROPER_FRACTION.holds(0.0) && PROPER_FRACTION.holds(0.5) && !PROPER_FRACTION.holds(1.0));
        assert!(POSITIVE.holds(1e308) && !POSITIVE.holds(0.0) && !NOT_NEGATIVE.holds(f64::NAN));
    }

    #[test]
    fn above_a_number_only_whole_ones_may_be_asked_for() {
        let limit = Limit::new("", Bound::Open(0.0), Bound::None).whole_above(1.0);
        assert!(limit.holds(0.5) && limit.holds(1.0) && !limit.holds(1.5) && limit.holds(2.0));
    }
}
