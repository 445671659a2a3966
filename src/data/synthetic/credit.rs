//! Consumer loans of six banks, with missing cells and texts.
//!
//! The process, row by row; a logit is the logarithm of the odds of `default`:
//! - `bank`: one of [`BANKS`], by its share; each bank has its own level of income and of default.
//! - `age`: normal, mean 42, standard deviation 13, cut to 20..=80.
//! - `employment`: retired from 66 on; else employed 62 %, self-employed 14 %, public 16 %, none 8 %.
//! - `income`, a year: lognormal, median 31,000 times the bank's level; 0.55 times that without work, 0.8 times in
//!   retirement. Missing for 4 %, of the self-employed for 25 %.
//! - `loan_amount`: lognormal, median 8,000, in hundreds; `term_months`: 12 to 60 in years, equally likely.
//! - `employment_years`: uniform up to what the age allows, 0 without work; missing for 5 %.
//! - `housing`: own with a probability that grows with age, family below 30 for some, else rent; `purpose`: equally likely.
//! - `utilisation` of other credit lines: 1.2 u^1.6 with u uniform; `past_due_count`: geometric, likelier the higher the
//!   utilisation.
//! - the logit is the sum of: -3.55; the bank's level; 1.5 utilisation; 0.5 min(past_due_count, 4); -0.6 ln(income / 31000);
//!   0.4 ln(loan_amount / 8000); 0.012 (term_months - 36); -0.03 min(employment_years, 15); 0.3 for renting; 0.4 for the
//!   self-employed; 0.7 without work; 0.3 for business loans; and 0.8 where a utilisation above 0.8 meets a past due payment,
//!   which no linear model sees.

use ndarray_rand::rand::distr::Distribution;

use super::Generator;
use crate::numeric::math::{exp, ln, sigmoid};
use crate::numeric::rng::Stream;
use crate::numeric::sample::{STANDARD_NORMAL, below, choose, happens, unit};
use crate::registry::Entry;

/// Name, share of the rows, level of income, level of the logit.
const BANKS: [(&str, f64, f64, f64); 6] = [
    ("Alder", 0.30, 1.00, 0.0),
    ("Birch", 0.24, 1.10, -0.2),
    ("Cedar", 0.18, 0.90, 0.2),
    ("Elder", 0.13, 1.30, -0.4),
    ("Hazel", 0.09, 0.80, 0.4),
    ("Rowan", 0.06, 0.95, 0.6),
];

const PURPOSES: [&str; 6] = ["business", "car", "education", "\"furniture, appliances\"", "holiday", "renovation"];

/// Consumer loans of six banks.
#[derive(Clone, Copy, Debug)]
pub struct Credit;

impl Credit {
    pub(super) const ENTRY: Entry = Entry {
        kind: "credit",
        summary: "consumer loans of six banks, with missing cells and texts, about 12 % default",
        paper: "none",
        example: "",
        argument: None,
    };
}

impl Generator for Credit {
    fn header(&self) -> String {
        "bank,age,income,loan_amount,term_months,employment,employment_years,housing,purpose,utilisation,past_due_count,default".to_owned()
    }

    fn row(&self, _: usize, _: usize, stream: &mut Stream) -> String {
        let (bank, income_level, logit_level) = choose(&BANKS.map(|(name, share, income, logit)| ((name, income, logit), share)), stream);
        let age = (42.0 + 13.0 * STANDARD_NORMAL.sample(stream)).round().clamp(20.0, 80.0);
        let working = [("employed", 0.62), ("self-employed", 0.14), ("public", 0.16), ("none", 0.08)];
        let employment = if age >= 66.0 { "retired" } else { choose(&working, stream) };
        let work_level = if employment == "none" {
            0.55
        } else if employment == "retired" {
            0.8
        } else {
            1.0
        };
        let income = (31_000.0 * income_level * work_level * exp(0.45 * STANDARD_NORMAL.sample(stream))).round();
        let income_missing = happens(if employment == "self-employed" { 0.25 } else { 0.04 }, stream);
        let loan_amount = (80.0 * exp(0.7 * STANDARD_NORMAL.sample(stream))).round().max(5.0) * 100.0;
        let term_months = 12.0 * (1 + below(5, stream)) as f64;
        let employment_years = if employment == "none" { 0.0 } else { (unit(stream) * (age.min(66.0) - 18.0)).floor() };
        let employment_years_missing = happens(0.05, stream);
        let owns = happens(sigmoid((age - 45.0) / 10.0), stream);
        let with_family = happens(0.4, stream) && age < 30.0;
        let housing = if owns {
            "own"
        } else if with_family {
            "family"
        } else {
            "rent"
        };
        let purpose = PURPOSES[below(PURPOSES.len(), stream)];
        let utilisation = (1.2 * exp(1.6 * ln(1.0 - unit(stream))) * 1000.0).round() / 1000.0;
        let mut past_due_count = 0.0;
        while past_due_count < 12.0 && happens(0.12 + 0.25 * utilisation, stream) {
            past_due_count += 1.0;
        }
        let flag = |holds: bool, weight: f64| if holds { weight } else { 0.0 };
        let logit = -3.55 + logit_level + 1.5 * utilisation + 0.5 * f64::min(past_due_count, 4.0) - 0.6 * ln(income / 31_000.0)
            + 0.4 * ln(loan_amount / 8_000.0)
            + 0.012 * (term_months - 36.0)
            - 0.03 * employment_years.min(15.0)
            + flag(housing == "rent", 0.3)
            + flag(employment == "self-employed", 0.4)
            + flag(employment == "none", 0.7)
            + flag(purpose == "business", 0.3)
            + flag(utilisation > 0.8 && past_due_count > 0.0, 0.8);
        let default = u8::from(happens(sigmoid(logit), stream));
        let unless = |missing: bool, value: f64| if missing { String::new() } else { value.to_string() };
        let (income, employment_years) = (unless(income_missing, income), unless(employment_years_missing, employment_years));
        format!(
            "{bank},{age},{income},{loan_amount},{term_months},{employment},{employment_years},{housing},{purpose},{utilisation},{past_due_count},{default}"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::columns;

    #[test]
    fn shares_of_banks_and_missing_cells_are_the_documented_ones() {
        let table = columns("credit", 20_000, 1);
        let share = |column: &str, value: &str| table[column].iter().filter(|cell| *cell == value).count() as f64 / 20_000.0;
        // A share p has a standard error of sqrt(p (1 - p) / 20000), 0.0036 at most.
        assert!((share("bank", "Alder") - 0.30).abs() < 0.017);
        assert!((share("bank", "Rowan") - 0.06).abs() < 0.009);
        assert!((share("employment_years", "") - 0.05).abs() < 0.008);
        assert!(share("income", "") > 0.04 && share("purpose", "furniture, appliances") > 0.14);
    }

    #[test]
    fn about_one_loan_in_eight_defaults_and_those_past_due_more_often() {
        let table = columns("credit", 20_000, 1);
        let defaults: Vec<bool> = table["default"].iter().map(|cell| cell == "1").collect();
        let rate = |select: &dyn Fn(usize) -> bool| {
            let chosen: Vec<usize> = (0..20_000).filter(|&row| select(row)).collect();
            chosen.iter().filter(|&&row| defaults[row]).count() as f64 / chosen.len() as f64
        };
        assert!((0.10..0.15).contains(&rate(&|_| true)), "{}", rate(&|_| true));
        assert!(rate(&|row| table["past_due_count"][row] != "0") > 1.5 * rate(&|row| table["past_due_count"][row] == "0"));
    }
}
