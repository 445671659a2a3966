//! One loan: what is owed, how it stands, and what its losses come to.

use super::capital::{Retail, capital};
use super::course::Course;
use super::stage::{Stage, Standing};

/// Twelve and a half times the capital are the risk-weighted assets: capital is 8 % of them.
const ASSETS_PER_CAPITAL: f64 = 12.5;

/// A loan with what models say of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Loan {
    /// How it stands; `pd` is of twelve months.
    pub standing: Standing,
    /// The share of the exposure that a default loses.
    pub lgd: f64,
    /// The exposure at default.
    pub ead: f64,
    /// Its class.
    pub class: Retail,
    /// Years that are left.
    pub years: f64,
    /// The effective interest rate, a year.
    pub rate: f64,
}

/// What a loan's losses come to, in the portfolio's currency.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figures {
    /// The stage that IFRS 9's presumptions hint at.
    pub stage: Stage,
    /// The probability of default; 1 of a loan in default.
    pub pd: f64,
    /// PD times LGD times EAD.
    pub expected_loss: f64,
    /// The capital for unexpected losses.
    pub capital: f64,
    /// The risk-weighted assets.
    pub risk_weighted_assets: f64,
    /// Discounted losses of twelve months.
    pub loss_12_months: f64,
    /// Discounted losses of all the years that are left.
    pub loss_lifetime: f64,
    /// The one of the two that the stage asks for.
    pub allowance: f64,
}

/// What would be owed at a default: what is drawn, and the share `conversion` of what could be.
pub fn exposure_at_default(drawn: f64, limit: f64, conversion: f64) -> f64 {
    drawn + conversion * (limit - drawn).max(0.0)
}

impl Loan {
    /// What its losses come to. What a loan in default loses is LGD times EAD, now; a revolving one is not paid off year by year.
    pub fn figures(&self) -> Figures {
        let stage = Stage::hint(&self.standing);
        let (pd, whole) = (if stage == Stage::Defaulted { 1.0 } else { self.standing.pd }, self.lgd * self.ead);
        let is_paid_off = self.class != Retail::Revolving;
        let course = Course { hazard: pd, lgd: self.lgd, exposure: self.ead, years: self.years, rate: self.rate, is_paid_off };
        let [loss_12_months, loss_lifetime] = match stage {
            Stage::Defaulted => [whole; 2],
            Stage::Performing | Stage::Risen => [course.expected_loss(1.0), course.expected_loss(self.years)],
        };
        let allowance = if stage == Stage::Performing { loss_12_months } else { loss_lifetime };
        let capital = capital(self.class, pd, self.lgd) * self.ead;
        Figures {
            stage,
            pd,
            expected_loss: pd * whole,
            capital,
            risk_weighted_assets: ASSETS_PER_CAPITAL * capital,
            loss_12_months,
            loss_lifetime,
            allowance,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOAN: Loan = Loan {
        standing: Standing { days_past_due: 0.0, pd: 0.01, pd_at_start: None },
        lgd: 0.45,
        ead: 10_000.0,
        class: Retail::Other,
        years: 3.0,
        rate: 0.0,
    };

    /// The expected loss by hand; risk-weighted assets by `tests/vectors/losses.py`.
    #[test]
    fn a_loan_has_its_expected_loss_and_its_assets() {
        let figures = LOAN.figures();
        assert!((figures.expected_loss - 45.0).abs() < 1e-12 && (figures.loss_12_months - 45.0).abs() < 1e-12);
        assert!((figures.risk_weighted_assets - 4_577.272_459).abs() < 1e-6, "{}", figures.risk_weighted_assets);
        // The first year 45, then 0.99 45 2/3, then 0.99 0.99 45 / 3.
        let lifetime = 45.0 * (1.0 + 0.99 * 2.0 / 3.0 + 0.9801 / 3.0);
        assert!((figures.loss_lifetime - lifetime).abs() < 1e-10 && figures.allowance == figures.loss_12_months);
    }

    #[test]
    fn stages_choose_what_is_provided_for() {
        let late = |days_past_due: f64| Loan { standing: Standing { days_past_due, ..LOAN.standing }, ..LOAN }.figures();
        assert_eq!(late(31.0).allowance, LOAN.figures().loss_lifetime);
        let defaulted = late(90.0);
        assert_eq!([defaulted.pd, defaulted.expected_loss, defaulted.allowance, defaulted.capital], [1.0, 4500.0, 4500.0, 0.0]);
    }

    #[test]
    fn what_is_not_drawn_counts_in_part() {
        assert_eq!(exposure_at_default(100.0, 300.0, 0.5), 200.0);
        // More drawn than allowed: nothing is left to draw.
        assert_eq!(exposure_at_default(400.0, 300.0, 0.5), 400.0);
    }
}
