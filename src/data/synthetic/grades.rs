//! Loan applicants with a credit grade from A, the best, to E, and with missing cells.
//!
//! The process, row by row. The grade is what a latent risk reaches on its way through thresholds, as in the ordered response of
//! McCullagh, "Regression Models for Ordinal Data", JRSS B 1980:
//! - `region`: one of [`REGIONS`], by its share; each has its own level of income and of risk.
//! - `years_employed`: 25 u^1.6 with u uniform, in whole years; missing for 6 %.
//! - `income`, a year: lognormal, median 34,000 times the region's level times (0.85 + 0.012 years_employed); missing for 5 %.
//! - `loan_amount`: lognormal, median 9,000, in hundreds.
//! - `debt_to_income`: 0.62 times a beta variate of shapes 2 and 3.
//! - `utilisation` of other credit lines: u^1.3 with u uniform; `late_payments`: geometric, likelier the higher the utilisation.
//! - `home`: rent 42 %, own 23 %, mortgage 35 %.
//! - the risk is the sum of: the region's level; -0.8 ln(income / 34000); 0.25 ln(loan_amount / 9000); 3.2 (debt_to_income - 0.25);
//!   0.45 min(late_payments, 4); -0.04 min(years_employed, 15); 0.3 for renting, -0.3 for owning; 1.3 (utilisation - 0.45); and
//!   4 (utilisation - 0.4)^2, as who uses no credit is as little known as who uses all of it is pressed, which no linear model
//!   sees.
//! - `grade`: A below the first of [`THRESHOLDS`] that the risk and normal noise of standard deviation 0.4 reach, E above the last:
//!   about 18, 30, 27, 17 and 8 %.

use ndarray_rand::rand::distr::Distribution;

use super::Generator;
use crate::numeric::math::{exp, ln, sigmoid};
use crate::numeric::rng::Stream;
use crate::numeric::sample::{LnGamma, STANDARD_NORMAL, choose, happens, unit};
use crate::registry::Entry;

/// Name, share of the rows, level of income, level of risk.
const REGIONS: [(&str, f64, f64, f64); 5] = [
    ("centre", 0.28, 1.00, 0.0),
    ("north", 0.24, 1.15, -0.15),
    ("south", 0.20, 0.95, 0.15),
    ("east", 0.16, 0.85, 0.3),
    ("west", 0.12, 1.20, -0.3),
];

const HOMES: [((&str, f64), f64); 3] = [(("rent", 0.3), 0.42), (("own", -0.3), 0.23), (("mortgage", 0.0), 0.35)];

const GRADES: [&str; 5] = ["A", "B", "C", "D", "E"];

/// Where a grade ends and the next begins.
const THRESHOLDS: [f64; GRADES.len() - 1] = [-0.768, 0.096, 0.930, 1.903];

/// The standard deviation of what the columns don't tell.
const NOISE: f64 = 0.4;

/// Loan applicants of five grades.
#[derive(Clone, Copy, Debug)]
pub struct Grades;

impl Grades {
    pub(super) const ENTRY: Entry = Entry {
        kind: "grades",
        summary: "loan applicants of five regions and five credit grades, with missing cells",
        paper: "ordered response after McCullagh, JRSS B 1980",
        example: "",
        argument: None,
    };
}

impl Generator for Grades {
    fn header(&self) -> String {
        "region,income,loan_amount,debt_to_income,utilisation,late_payments,years_employed,home,grade".to_owned()
    }

    fn row(&self, _: usize, _: usize, stream: &mut Stream) -> String {
        let (region, income_level, risk_level) = choose(&REGIONS.map(|(name, share, income, risk)| ((name, income, risk), share)), stream);
        let thousandths = |value: f64| (value * 1000.0).round() / 1000.0;
        let power = |exponent: f64, stream: &mut Stream| exp(exponent * ln(1.0 - unit(stream)));
        let years_employed = (25.0 * power(1.6, stream)).floor();
        let income_median = 34_000.0 * income_level * (0.85 + 0.012 * years_employed);
        let income = (income_median * exp(0.4 * STANDARD_NORMAL.sample(stream))).round();
        let loan_amount = (90.0 * exp(0.6 * STANDARD_NORMAL.sample(stream))).round().max(5.0) * 100.0;
        let odds_ln = LnGamma { shape: 2.0 }.sample(stream) - LnGamma { shape: 3.0 }.sample(stream);
        let debt_to_income = thousandths(0.62 * sigmoid(odds_ln));
        let utilisation = thousandths(power(1.3, stream));
        let mut late_payments = 0.0;
        while late_payments < 9.0 && happens(0.1 + 0.3 * utilisation, stream) {
            late_payments += 1.0;
        }
        let (home, home_level) = choose(&HOMES, stream);
        let strain = utilisation - 0.4;
        let risk = risk_level + home_level - 0.8 * ln(income / 34_000.0)
            + 0.25 * ln(loan_amount / 9_000.0)
            + 3.2 * (debt_to_income - 0.25)
            + 0.45 * f64::min(late_payments, 4.0)
            - 0.04 * f64::min(years_employed, 15.0)
            + 1.3 * (utilisation - 0.45)
            + 4.0 * strain * strain
            + NOISE * STANDARD_NORMAL.sample(stream);
        let grade = GRADES[THRESHOLDS.iter().filter(|&&threshold| risk >= threshold).count()];
        let unless = |missing: bool, value: f64| if missing { String::new() } else { value.to_string() };
        let (income, years_employed) = (unless(happens(0.05, stream), income), unless(happens(0.06, stream), years_employed));
        format!("{region},{income},{loan_amount},{debt_to_income},{utilisation},{late_payments},{years_employed},{home},{grade}")
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::columns;
    use super::*;

    const ROWS: usize = 20_000;

    #[test]
    fn grades_regions_and_missing_cells_have_their_documented_shares() {
        let table = columns("grades", ROWS, 1);
        let share = |column: &str, value: &str| table[column].iter().filter(|cell| *cell == value).count() as f64 / ROWS as f64;
        // A share p has a standard error of sqrt(p (1 - p) / 20000), 0.0033 at most here; the thresholds are good to 0.003.
        for (grade, wanted) in GRADES.iter().zip([0.18, 0.30, 0.27, 0.17, 0.08]) {
            assert!((share("grade", grade) - wanted).abs() < 0.015, "{grade}: {}", share("grade", grade));
        }
        for (region, wanted, ..) in REGIONS {
            assert!((share("region", region) - wanted).abs() < 0.015, "{region}");
        }
        assert!((share("home", "own") - 0.23).abs() < 0.015);
        assert!((share("income", "") - 0.05).abs() < 0.008 && (share("years_employed", "") - 0.06).abs() < 0.009);
    }

    #[test]
    fn numbers_stay_in_their_ranges() {
        let table = columns("grades", ROWS, 1);
        for (column, low, high) in [
            ("income", 1_000.0, 1e6),
            ("loan_amount", 500.0, 2e5),
            ("debt_to_income", 0.0, 0.62),
            ("utilisation", 0.0, 1.0),
            ("late_payments", 0.0, 9.0),
            ("years_employed", 0.0, 25.0),
        ] {
            let cells = table[column].iter().filter(|cell| !cell.is_empty()).map(|cell| cell.parse::<f64>().expect("a number"));
            assert!(cells.into_iter().all(|value| (low..=high).contains(&value)), "{column}");
        }
    }

    /// The mean of a column's known numbers, by grade.
    fn means(column: &str) -> Vec<f64> {
        let table = columns("grades", ROWS, 1);
        let of_grade = |grade: &&str| {
            let rows = table["grade"].iter().zip(&table[column]).filter(|(of, cell)| of == grade && !cell.is_empty());
            let cells: Vec<f64> = rows.map(|(_, cell)| cell.parse().expect("a number")).collect();
            cells.iter().sum::<f64>() / cells.len() as f64
        };
        GRADES.iter().map(of_grade).collect()
    }

    #[test]
    fn worse_grades_have_less_income_and_more_debt() {
        assert!(means("income").is_sorted_by(|a, b| a > b) && means("years_employed").is_sorted_by(|a, b| a > b));
        for column in ["debt_to_income", "late_payments", "loan_amount", "utilisation"] {
            assert!(means(column).is_sorted_by(|a, b| a < b), "{column}: {:?}", means(column));
        }
    }

    /// What a linear model does not see: the risk falls with utilisation at first, by 3.2 - 1.3 at 0, and rises after 0.24.
    #[test]
    fn some_use_of_credit_is_better_than_none() {
        let table = columns("grades", ROWS, 1);
        let bad_share = |low: f64, high: f64| {
            let rows = table["utilisation"].iter().zip(&table["grade"]);
            let rows: Vec<bool> = rows
                .filter(|(cell, _)| (low..high).contains(&cell.parse::<f64>().expect("a number")))
                .map(|(_, grade)| ["C", "D", "E"].contains(&grade.as_str()))
                .collect();
            rows.iter().filter(|bad| **bad).count() as f64 / rows.len() as f64
        };
        let (none, some, all) = (bad_share(0.0, 0.05), bad_share(0.15, 0.3), bad_share(0.9, 1.01));
        assert!(none > some && all > 0.8, "{none} {some} {all}");
    }
}
