//! A loan's expected losses over the years that it has left: each year some of those that are left default, and what is owed runs
//! off (the discrete form of IFRS 9, B5.5.28 to B5.5.51, with one yearly hazard).

use crate::numeric::math::{exp, ln_1p};

/// What a loan's losses follow from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Course {
    /// The probability that a loan which has not defaulted does in a year, 0 to 1.
    pub hazard: f64,
    /// The share of the exposure that a default loses.
    pub lgd: f64,
    /// The exposure at a default in the first year.
    pub exposure: f64,
    /// Years that are left, above 0.
    pub years: f64,
    /// The effective interest rate, a year: losses are discounted from the end of their year.
    pub rate: f64,
    /// Whether the exposure falls in even steps, year by year, to nothing at the end; else it stays.
    pub is_paid_off: bool,
}

impl Course {
    /// Discounted losses of the first `horizon` years, or of all that are left if there are fewer: the sum over years t of hazard,
    /// survival until then, LGD, exposure and (1 + rate)^-t. Of a part of a year the hazard is that of the part.
    pub fn expected_loss(&self, horizon: f64) -> f64 {
        let end = self.years.min(horizon);
        let (mut loss, mut survival, mut start) = (0.0, 1.0, 0.0);
        while start < end {
            let length = (end - start).min(1.0);
            let hazard = if length < 1.0 { 1.0 - power(1.0 - self.hazard, length) } else { self.hazard };
            let owed = if self.is_paid_off { 1.0 - start / self.years } else { 1.0 };
            loss += survival * hazard * self.lgd * self.exposure * owed * power(1.0 + self.rate, -(start + length));
            survival *= 1.0 - hazard;
            start += 1.0;
        }
        loss
    }
}

/// base^exponent of a base not below 0.
fn power(base: f64, exponent: f64) -> f64 {
    if base == 0.0 { 0.0 } else { exp(exponent * ln_1p(base - 1.0)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOAN: Course = Course { hazard: 0.02, lgd: 0.45, exposure: 1e4, years: 5.0, rate: 0.05, is_paid_off: true };

    /// `tests/vectors/losses.py`: NumPy's sum, and by hand for the first year: 0.02 0.45 10000 / 1.05.
    #[test]
    fn losses_add_up_year_by_year() {
        let file = include_str!("../../tests/vectors/losses.json");
        let vectors: serde_json::Value = serde_json::from_str(file).expect("JSON");
        let expected = vectors["lifetime"].as_array().expect("a list");
        assert_eq!(expected.len(), 3);
        for (years, expected) in (1..).zip(expected) {
            let found = LOAN.expected_loss(f64::from(years));
            assert!((found - expected.as_f64().expect("a number")).abs() < 1e-9, "{found} for {expected}");
        }
        assert!((LOAN.expected_loss(1.0) - 90.0 / 1.05).abs() < 1e-12);
    }

    /// By hand: without interest and repayment the loss is LGD times exposure times the chance of a default at all.
    #[test]
    fn what_stays_owed_is_lost_with_the_chance_of_any_default() {
        let stays = Course { rate: 0.0, is_paid_off: false, years: 2.5, ..LOAN };
        let chance = 1.0 - power(0.98, 2.5);
        assert!((stays.expected_loss(10.0) - 4500.0 * chance).abs() < 1e-9);
        assert!((Course { years: 0.5, ..stays }.expected_loss(1.0) - 4500.0 * (1.0 - 0.98_f64.sqrt())).abs() < 1e-9);
    }

    #[test]
    fn a_certain_default_loses_all_in_the_first_year() {
        let sure = Course { hazard: 1.0, rate: 0.0, ..LOAN };
        assert_eq!((sure.expected_loss(1.0), sure.expected_loss(5.0)), (4500.0, 4500.0));
        assert_eq!(Course { hazard: 0.0, ..LOAN }.expected_loss(5.0), 0.0);
    }
}
