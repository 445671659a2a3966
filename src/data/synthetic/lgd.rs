//! Defaulted loans of five banks with the share of the exposure that was lost, which is often nothing and sometimes all.
//!
//! The mean of the loss given default is a logistic function of the columns, the fractional response of Papke and Wooldridge,
//! "Econometric Methods for Fractional Response Variables", Journal of Applied Econometrics 1996. The process, row by row:
//! - `bank` and `industry`: one of [`BANKS`] and [`INDUSTRIES`], by its share; each has its own level of the logit.
//! - `seniority`: secured 60 %, else unsecured.
//! - `exposure` at default: lognormal, median 120,000, in hundreds, 60 % of that where unsecured.
//! - `collateral_value` of secured loans: exposure / r in hundreds, r lognormal, median 0.9; 0 of unsecured ones. `loan_to_value` is
//!   exposure / collateral_value, and missing of unsecured loans.
//! - `months_since_origination`: lognormal, median 30, from 1 to 180; missing for 4 %.
//! - the logit is the sum of: -0.45; the bank's and the industry's level; 1.0 of unsecured loans; 1.6 (min(loan_to_value, 2) - 0.9)
//!   of secured ones; 0.2 ln(exposure / 120000); -0.008 (min(months_since_origination, 96) - 36).
//! - `lgd`, with m the logistic function of the logit: exactly 0 with probability 0.4 (1 - m)^2, exactly 1 with 0.4 m^2, else a beta
//!   variate of precision 4, to four decimals, whose mean is such that the mean of all three is m.

use ndarray_rand::rand::distr::Distribution;

use super::Generator;
use crate::numeric::math::{exp, ln, sigmoid};
use crate::numeric::rng::Stream;
use crate::numeric::sample::{LnGamma, STANDARD_NORMAL, choose, happens, unit};
use crate::registry::Entry;

/// Name and level of the logit, share of the rows.
const BANKS: [((&str, f64), f64); 5] =
    [(("Aspen", 0.0), 0.30), (("Beech", -0.25), 0.25), (("Maple", 0.2), 0.20), (("Olive", 0.35), 0.15), (("Willow", -0.4), 0.10)];

/// Name and level of the logit, share of the rows.
const INDUSTRIES: [((&str, f64), f64); 5] = [
    (("construction", 0.4), 0.22),
    (("manufacturing", -0.1), 0.24),
    (("real_estate", -0.3), 0.14),
    (("retail", 0.15), 0.26),
    (("transport", 0.0), 0.14),
];

/// The most probable a loss of nothing, or of all, can be.
const ENDS: f64 = 0.4;

/// The sum of the beta distribution's two shapes.
const PRECISION: f64 = 4.0;

/// Defaulted loans and what was lost of each.
#[derive(Clone, Copy, Debug)]
pub struct Lgd;

impl Lgd {
    pub(super) const ENTRY: Entry = Entry {
        kind: "lgd",
        summary: "defaulted loans of five banks and the share of each that was lost, often none and sometimes all",
        paper: "fractional response after Papke and Wooldridge, J. Applied Econometrics 1996",
        example: "",
        argument: None,
    };
}

/// A loss of this mean, above 0 and below 1.
fn loss(mean: f64, stream: &mut Stream) -> f64 {
    let (nothing, all) = (ENDS * (1.0 - mean) * (1.0 - mean), ENDS * mean * mean);
    // Between 0 and 1 at any mean: 1 less it has the numerator (1 - mean) (1 - ENDS (1 - mean)).
    let between = (mean - all) / (1.0 - nothing - all);
    let draw = unit(stream);
    if draw < nothing {
        return 0.0;
    }
    if draw >= 1.0 - all {
        return 1.0;
    }
    let odds_ln = LnGamma { shape: PRECISION * between }.sample(stream) - LnGamma { shape: PRECISION * (1.0 - between) }.sample(stream);
    // Rounding makes no loss that is nothing or all.
    (sigmoid(odds_ln) * 1e4).round().clamp(1.0, 9999.0) / 1e4
}

impl Generator for Lgd {
    fn header(&self) -> String {
        "bank,industry,seniority,exposure,collateral_value,loan_to_value,months_since_origination,lgd".to_owned()
    }

    fn row(&self, _: usize, _: usize, stream: &mut Stream) -> String {
        let (bank, bank_level) = choose(&BANKS, stream);
        let (industry, industry_level) = choose(&INDUSTRIES, stream);
        let secured = happens(0.6, stream);
        let hundreds = |value: f64| (value / 100.0).round().max(1.0) * 100.0;
        let exposure_median = if secured { 120_000.0 } else { 72_000.0 };
        let exposure = hundreds(exposure_median * exp(0.9 * STANDARD_NORMAL.sample(stream)));
        let months = (30.0 * exp(0.7 * STANDARD_NORMAL.sample(stream))).round().clamp(1.0, 180.0);
        let (seniority, collateral_value, loan_to_value) = if secured {
            let collateral_value = hundreds(exposure / (0.9 * exp(0.4 * STANDARD_NORMAL.sample(stream))));
            ("secured", collateral_value, Some((exposure / collateral_value * 1000.0).round() / 1000.0))
        } else {
            ("unsecured", 0.0, None)
        };
        let logit = -0.45
            + bank_level
            + industry_level
            + loan_to_value.map_or(1.0, |ratio| 1.6 * (f64::min(ratio, 2.0) - 0.9))
            + 0.2 * ln(exposure / 120_000.0)
            - 0.008 * (f64::min(months, 96.0) - 36.0);
        let lgd = loss(sigmoid(logit), stream);
        let months = if happens(0.04, stream) { String::new() } else { months.to_string() };
        let loan_to_value = loan_to_value.map_or_else(String::new, |ratio| ratio.to_string());
        format!("{bank},{industry},{seniority},{exposure},{collateral_value},{loan_to_value},{months},{lgd}")
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::columns;
    use super::*;
    use crate::numeric::rng::{Purpose, Seeds, Streams};

    const ROWS: usize = 20_000;

    fn mean(numbers: impl Iterator<Item = f64>) -> f64 {
        let numbers: Vec<f64> = numbers.collect();
        numbers.iter().sum::<f64>() / numbers.len() as f64
    }

    fn number(cell: &str) -> f64 {
        cell.parse().expect("a number")
    }

    /// No share has a standard deviation above 1/2.
    #[test]
    fn a_loss_has_its_mean_and_its_ends_their_probabilities() {
        let mut stream = Streams::new(Seeds::all(1)).stream(Purpose::Generate, 0, 0);
        let error = 5.0 * 0.5 / (ROWS as f64).sqrt();
        for wanted in [0.01, 0.2, 0.5, 0.9, 0.999] {
            let losses: Vec<f64> = (0..ROWS).map(|_| loss(wanted, &mut stream)).collect();
            let at = |end: f64| mean(losses.iter().map(|&loss| f64::from(u8::from(loss == end))));
            assert!((mean(losses.iter().copied()) - wanted).abs() < error, "{wanted}");
            assert!((at(0.0) - 0.4 * (1.0 - wanted) * (1.0 - wanted)).abs() < error, "{wanted}");
            assert!((at(1.0) - 0.4 * wanted * wanted).abs() < error, "{wanted}");
        }
    }

    #[test]
    fn shares_and_ranges_are_the_documented_ones() {
        let table = columns("lgd", ROWS, 1);
        let share = |column: &str, value: &str| mean(table[column].iter().map(|cell| f64::from(u8::from(cell == value))));
        // A share has a standard error of 0.0035 at most.
        assert!((share("seniority", "secured") - 0.6).abs() < 0.018 && (share("bank", "Aspen") - 0.3).abs() < 0.018);
        assert!((share("months_since_origination", "") - 0.04).abs() < 0.007);
        assert!(share("lgd", "0") > 0.08 && share("lgd", "1") > 0.05, "{} {}", share("lgd", "0"), share("lgd", "1"));
        assert!(table["lgd"].iter().map(|cell| number(cell)).all(|lgd| (0.0..=1.0).contains(&lgd)));
        assert!(
            table["exposure"].iter().map(|cell| number(cell)).all(|exposure| (100.0..1e8).contains(&exposure) && exposure % 100.0 == 0.0)
        );
    }

    #[test]
    fn a_loan_has_a_ratio_to_its_collateral_where_it_has_some() {
        let table = columns("lgd", ROWS, 1);
        let cells = |row: usize| ["seniority", "exposure", "collateral_value", "loan_to_value"].map(|column| &table[column][row]);
        for [seniority, exposure, collateral, ratio] in (0..ROWS).map(cells) {
            assert_eq!((collateral == "0", ratio.is_empty()), (seniority == "unsecured", seniority == "unsecured"));
            if !ratio.is_empty() {
                assert!((number(exposure) / number(collateral) - number(ratio)).abs() <= 0.000_501);
            }
        }
    }

    #[test]
    fn unsecured_loans_lose_more_and_secured_ones_the_more_the_less_their_collateral() {
        let table = columns("lgd", ROWS, 1);
        let lgd = |select: &dyn Fn(usize) -> bool| mean((0..ROWS).filter(|&row| select(row)).map(|row| number(&table["lgd"][row])));
        let is_secured = |row: usize| table["seniority"][row] == "secured";
        assert!(lgd(&|row| !is_secured(row)) > lgd(&is_secured) + 0.15);
        let between = |low: f64, high: f64| lgd(&|row| is_secured(row) && (low..high).contains(&number(&table["loan_to_value"][row])));
        let means = [between(0.0, 0.6), between(0.6, 0.9), between(0.9, 1.3), between(1.3, 9.0)];
        assert!(means.is_sorted_by(|a, b| a + 0.03 < *b), "{means:?}");
        // In the order of their levels.
        let of = |column: &str, name: &str| lgd(&|row| table[column][row] == name);
        assert!(["Willow", "Beech", "Aspen", "Maple", "Olive"].map(|bank| of("bank", bank)).is_sorted());
        assert!(of("industry", "construction") > of("industry", "real_estate") + 0.05);
    }
}
