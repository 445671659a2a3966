//! The scale of points that a bank is used to.

use crate::numeric::math::ln;
use crate::settings::{Bound, Limit, POSITIVE, Table};

/// How log-odds become points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scaling {
    /// So many points double the odds of goods to bads.
    pub pdo: f64,
    /// The odds, goods to one bad, ...
    pub base_odds: f64,
    /// ... that have so many points.
    pub base_points: f64,
}

/// Any number.
const NUMBER: Limit = Limit::new("a number", Bound::None, Bound::None);

impl Scaling {
    pub(super) fn read(table: &mut Table) -> Self {
        Self {
            pdo: table.number("pdo", 20.0, POSITIVE),
            base_odds: table.number("base_odds", 50.0, POSITIVE),
            base_points: table.number("base_points", 600.0, NUMBER),
        }
    }

    /// Points of log-odds that are greater by one.
    pub fn factor(&self) -> f64 {
        self.pdo / std::f64::consts::LN_2
    }

    /// Points of even odds.
    pub fn offset(&self) -> f64 {
        self.base_points - self.factor() * ln(self.base_odds)
    }
}
