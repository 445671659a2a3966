//! How far a sample's distribution is from another's: the population stability index (PSI), and what of it is noise.
//!
//! B. Yurdakul, "Statistical Properties of Population Stability Index", Western Michigan University 2018: where both samples are
//! drawn from one distribution, the index over B bins times N M / (N + M) is chi-squared with B - 1 degrees of freedom.

use crate::numeric::chi_squared;
use crate::numeric::math::ln;

/// A bin without rows in one sample alone counts as half a row.
const EMPTY: f64 = 0.5;

/// An index below it is small by the rule of thumb of credit scoring, and from [`LARGE`] on large.
const MODERATE: f64 = 0.1;
const LARGE: f64 = 0.25;

/// The probability with which noise alone exceeds the critical value.
const CHANCE: f64 = 0.05;

/// What a sample is to the one that it is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sample {
    /// Other rows.
    Apart,
    /// Some of its rows.
    PartOf,
}

/// Two samples, bin by bin.
#[derive(Clone, Debug, PartialEq)]
pub struct Shift {
    /// What each bin adds to the index, (bins,).
    pub terms: Vec<f64>,
    /// The index, the sum of (a - e) ln(a / e) over the bins' shares.
    pub psi: f64,
    /// What noise alone exceeds in one of twenty cases.
    pub critical: f64,
}

/// How much a sample is shifted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Not more than noise.
    Noise,
    /// More than noise, but less than a tenth.
    Small,
    /// A tenth or more.
    Moderate,
    /// A quarter or more.
    Large,
}

impl Shift {
    /// Of the rows in each bin of the sample and of the one that it is compared with, both (bins,); bins that are empty in both
    /// count for nothing. A part is nearer to its whole than two samples are to each other: of n of N rows the variance of a share is
    /// less by 1/N, not more.
    pub fn of(actual: &[u64], expected: &[u64], sample: Sample) -> Self {
        let total = |counts: &[u64]| counts.iter().sum::<u64>() as f64;
        let (n, m) = (total(actual), total(expected));
        let share = |count: u64, total: f64| (count as f64).max(EMPTY) / total;
        let term = |(&actual, &expected): (&u64, &u64)| {
            if actual == 0 && expected == 0 {
                return 0.0;
            }
            let (a, e) = (share(actual, n), share(expected, m));
            (a - e) * ln(a / e)
        };
        let is_empty = n == 0.0 || m == 0.0;
        let terms: Vec<f64> = if is_empty { vec![0.0; actual.len()] } else { actual.iter().zip(expected).map(term).collect() };
        let filled = actual.iter().zip(expected).filter(|(a, e)| **a + **e > 0).count();
        let variance = match sample {
            Sample::Apart => 1.0 / n + 1.0 / m,
            Sample::PartOf => (1.0 / n - 1.0 / m).max(0.0),
        };
        let critical = if filled < 2 || is_empty { 0.0 } else { chi_squared::exceeded_with(CHANCE, filled - 1) * variance };
        Self { psi: terms.iter().sum(), terms, critical }
    }

    /// What the index and its noise say together.
    pub fn verdict(&self) -> Verdict {
        match self.psi {
            psi if psi <= self.critical => Verdict::Noise,
            psi if psi < MODERATE => Verdict::Small,
            psi if psi < LARGE => Verdict::Moderate,
            _ => Verdict::Large,
        }
    }
}

impl Verdict {
    /// Its word in tables.
    pub fn word(self) -> &'static str {
        match self {
            Self::Noise => "noise",
            Self::Small => "small",
            Self::Moderate => "moderate",
            Self::Large => "large",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::rng::{Purpose, Seeds, Streams};
    use crate::numeric::sample::below;

    /// `tests/vectors/losses.py`: NumPy and `scipy.stats.chi2`.
    #[test]
    fn the_index_and_its_critical_value_are_those_of_scipy() {
        let file = include_str!("../../tests/vectors/losses.json");
        let vectors: serde_json::Value = serde_json::from_str(file).expect("JSON");
        let case = &vectors["psi"];
        let counts =
            |key: &str| case[key].as_array().expect("a list").iter().map(|count| count.as_u64().expect("a count")).collect::<Vec<_>>();
        let number = |value: &serde_json::Value| value.as_f64().expect("a number");
        let shift = Shift::of(&counts("actual"), &counts("expected"), Sample::Apart);
        for (term, expected) in shift.terms.iter().zip(case["terms"].as_array().expect("a list")) {
            assert!((term - number(expected)).abs() < 1e-15);
        }
        assert!((shift.psi - number(&case["psi"])).abs() < 1e-15 && (shift.critical - number(&case["critical"])).abs() < 1e-13);
        assert_eq!(shift.verdict(), Verdict::Small);
    }

    /// By hand: of 9 and 1 against 5 and 5 it is 0.4 ln 1.8 + 0.4 ln 5.
    #[test]
    fn a_tenth_and_a_quarter_are_told_apart_from_noise() {
        let few = Shift::of(&[9, 1], &[5, 5], Sample::Apart);
        assert!((few.psi - 0.4 * (ln(1.8) + ln(5.0))).abs() < 1e-15);
        assert_eq!(few.verdict(), Verdict::Large);
        assert_eq!(Shift::of(&[6, 4], &[5, 5], Sample::Apart).verdict(), Verdict::Noise);
        assert_eq!(Shift::of(&[6500, 3500], &[5000, 5000], Sample::Apart).verdict(), Verdict::Small);
        assert_eq!(Shift::of(&[6900, 3100], &[5000, 5000], Sample::Apart).verdict(), Verdict::Moderate);
    }

    #[test]
    fn empty_bins_and_samples_are_no_panic_and_no_infinity() {
        let shift = Shift::of(&[0, 10, 0], &[10, 10, 0], Sample::Apart);
        assert!(shift.psi.is_finite() && shift.terms[0] > 0.0 && shift.terms[2] == 0.0);
        // Half a row of ten against half of all: (0.05 - 0.5) ln 0.1.
        assert!((shift.terms[0] - 0.45 * ln(10.0)).abs() < 1e-12);
        for (actual, expected) in [(vec![0, 0], vec![5, 5]), (vec![5, 5], vec![0, 0]), (vec![7], vec![9]), (vec![], vec![])] {
            let shift = Shift::of(&actual, &expected, Sample::Apart);
            assert_eq!((shift.psi, shift.critical, shift.verdict()), (0.0, 0.0, Verdict::Noise));
        }
        // All rows of a whole are no sample of it.
        let whole = Shift::of(&[5, 5], &[5, 5], Sample::PartOf);
        assert_eq!((whole.psi, whole.critical), (0.0, 0.0));
    }

    /// Law: of samples of one distribution about one in twenty exceeds the critical value, whether they are apart or a part of the other.
    #[test]
    fn noise_exceeds_the_critical_value_in_one_of_twenty_cases() {
        let mut stream = Streams::new(Seeds::all(9)).stream(Purpose::Generate, 0, 0);
        let mut exceeded = [0; 2];
        for _ in 0..2000 {
            let mut counts = [[0_u64; 5]; 2];
            (0..900).for_each(|row| counts[usize::from(row >= 300)][below(5, &mut stream)] += 1);
            let [few, others] = counts;
            let all: Vec<u64> = few.iter().zip(others).map(|(a, b)| a + b).collect();
            let shifts = [Shift::of(&few, &others, Sample::Apart), Shift::of(&few, &all, Sample::PartOf)];
            exceeded.iter_mut().zip(shifts).for_each(|(exceeded, shift)| *exceeded += usize::from(shift.verdict() != Verdict::Noise));
        }
        // 100 are expected, with a standard deviation of 10.
        assert!(exceeded.iter().all(|exceeded| (60..=140).contains(exceeded)), "{exceeded:?}");
    }
}
