//! Totals over the loans of a group: sums alone, so that banks could add theirs without showing a loan.

use std::collections::BTreeMap;

use super::loan::{Figures, Loan};

/// What the loans of a group come to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Total {
    /// How many loans there are.
    pub loans: usize,
    /// How many are at each stage.
    pub stages: [usize; 3],
    /// The sum of their exposures at default.
    pub ead: f64,
    /// The sum of PD times EAD.
    pub defaulted_ead: f64,
    /// The sum of LGD times EAD.
    pub lost_ead: f64,
    /// The sum of their expected losses.
    pub expected_loss: f64,
    /// The sum of their capital.
    pub capital: f64,
    /// The sum of their risk-weighted assets.
    pub risk_weighted_assets: f64,
    /// The sum of their losses of twelve months.
    pub loss_12_months: f64,
    /// The sum of their losses of all years.
    pub loss_lifetime: f64,
    /// The sum of what is provided for.
    pub allowance: f64,
}

impl Total {
    /// The exposure-weighted mean probability of default; `None` without exposure.
    pub fn pd(&self) -> Option<f64> {
        self.of_exposure(self.defaulted_ead)
    }

    /// The exposure-weighted mean loss given default.
    pub fn lgd(&self) -> Option<f64> {
        self.of_exposure(self.lost_ead)
    }

    fn of_exposure(&self, sum: f64) -> Option<f64> {
        (self.ead > 0.0).then(|| sum / self.ead)
    }

    fn add(&mut self, loan: &Loan, figures: &Figures) {
        self.loans += 1;
        self.stages[usize::from(figures.stage.number()) - 1] += 1;
        self.ead += loan.ead;
        self.defaulted_ead += figures.pd * loan.ead;
        self.lost_ead += loan.lgd * loan.ead;
        self.expected_loss += figures.expected_loss;
        self.capital += figures.capital;
        self.risk_weighted_assets += figures.risk_weighted_assets;
        self.loss_12_months += figures.loss_12_months;
        self.loss_lifetime += figures.loss_lifetime;
        self.allowance += figures.allowance;
    }
}

/// The totals of the groups that `group_of` names by a loan's place, in the order of their names.
pub fn totals<'a>(loans: &[(Loan, Figures)], group_of: impl Fn(usize) -> &'a str) -> Vec<(String, Total)> {
    let mut groups: BTreeMap<&str, Total> = BTreeMap::new();
    for (at, (loan, figures)) in loans.iter().enumerate() {
        groups.entry(group_of(at)).or_default().add(loan, figures);
    }
    groups.into_iter().map(|(name, total)| (name.to_owned(), total)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::{Retail, Standing};
    use super::*;

    /// By hand: of 100 at 1 % and 300 at 5 % the mean is 4 %.
    #[test]
    fn means_are_weighted_by_exposure_and_groups_add_up() {
        let loan = |pd: f64, ead: f64, days_past_due: f64| {
            let standing = Standing { days_past_due, pd, pd_at_start: None };
            let loan = Loan { standing, lgd: 0.5, ead, class: Retail::Mortgage, years: 1.0, rate: 0.0 };
            (loan, loan.figures())
        };
        let loans = [loan(0.01, 100.0, 0.0), loan(0.05, 300.0, 45.0), loan(0.2, 50.0, 100.0)];
        let groups = totals(&loans, |at| if at < 2 { "b" } else { "a" });
        let names: Vec<&str> = groups.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["a", "b"]);
        let (a, b) = (groups[0].1, groups[1].1);
        assert!((b.pd().expect("exposure") - 0.04).abs() < 1e-15 && (b.expected_loss - 8.0).abs() < 1e-12);
        assert_eq!((a.stages, b.stages, a.pd(), a.expected_loss), ([0, 0, 1], [1, 1, 0], Some(1.0), 25.0));
        let [(_, all)] = &totals(&loans, |_| "all")[..] else { panic!("one group") };
        assert_eq!((all.loans, all.ead), (3, 450.0));
        assert!((all.expected_loss - a.expected_loss - b.expected_loss).abs() < 1e-12);
        assert_eq!(Total::default().pd(), None);
    }
}
