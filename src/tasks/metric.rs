//! What a metric is called, what it tells, and what it can be.

use crate::metrics::Worse;

/// A metric of a task. All that is known of it stands here, and nowhere else.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Metric {
    /// In tables and scenarios.
    pub name: &'static str,
    /// For people.
    pub label: &'static str,
    /// What it tells; empty where the label says it.
    pub about: &'static str,
    /// Which end is the bad one.
    pub worse: Worse,
    /// What it can be.
    pub range: Range,
}

/// What a metric can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Range {
    /// From 0 to 1.
    Share,
    /// From -1 to 1.
    Signed,
    /// From 0 up.
    NotNegative,
    /// From 1 down.
    AtMostOne,
    /// Any number.
    Any,
}

impl Metric {
    /// A metric whose greater values are better.
    pub(super) const fn gain(name: &'static str, label: &'static str, range: Range, about: &'static str) -> Self {
        Self { name, label, about, worse: Worse::Lower, range }
    }

    /// A metric whose greater values are worse.
    pub(super) const fn loss(name: &'static str, label: &'static str, range: Range, about: &'static str) -> Self {
        Self { name, label, about, worse: Worse::Higher, range }
    }
}

impl Range {
    /// Whether a metric can have this value, rounding aside.
    pub fn has(self, value: f64) -> bool {
        const ROUNDING: f64 = 1e-9;
        value.is_finite()
            && match self {
                Self::Share => (0.0..=1.0 + ROUNDING).contains(&value),
                Self::Signed => value.abs() <= 1.0 + ROUNDING,
                Self::NotNegative => value >= 0.0,
                Self::AtMostOne => value <= 1.0 + ROUNDING,
                Self::Any => true,
            }
    }
}
