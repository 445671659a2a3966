//! Whether probabilities come true, tested: in each tenth of the rows by the binomial test, and in all of them by that of Hosmer and
//! Lemeshow.
//!
//! Basel Committee, Working Paper 14, "Studies on the Validation of Internal Rating Systems", 2005, for the binomial test of a rating
//! grade; D. W. Hosmer, S. Lemeshow and R. X. Sturdivant, "Applied Logistic Regression", 3rd ed. 2013, 5.2.2, with as many degrees of
//! freedom as there are groups, as of rows that the model was not fitted to.

use crate::numeric::binomial::chance_below;
use crate::numeric::chi_squared;

/// How many groups there are, unless rows share their scores.
const GROUPS: usize = 10;

/// Rows of about equal score.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Grade {
    /// How many rows.
    pub rows: u64,
    /// Those of label 1.
    pub positives: u64,
    /// The mean of their scores.
    pub mean_score: f64,
    /// The probability of as many positives or more, were the mean of the scores each row's probability.
    pub as_many_or_more: f64,
}

/// All groups, and what they say together.
#[derive(Clone, Debug, PartialEq)]
pub struct CalibrationTest {
    /// By ascending score.
    pub grades: Vec<Grade>,
    /// The sum over the groups of (positives - expected)^2 / variance.
    pub statistic: f64,
    /// The probability of such a sum or a greater one, were the scores right.
    pub p_value: f64,
}

impl CalibrationTest {
    /// Of labels, (rows,), and scores from 0 to 1, (rows,): groups of a tenth of the rows each, the smallest scores first. Rows of one
    /// score stay together, so that there may be fewer groups.
    pub fn of(labels: &[bool], scores: &[f64]) -> Self {
        let mut ranked: Vec<(f64, bool)> = scores.iter().copied().zip(labels.iter().copied()).collect();
        ranked.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let (rows, mut grades, mut start) = (ranked.len(), Vec::new(), 0);
        for group in 1..=GROUPS {
            let mut end = (group * rows).div_ceil(GROUPS).max(start);
            while end > 0 && end < rows && ranked[end].0 == ranked[end - 1].0 {
                end += 1;
            }
            if end > start {
                grades.push(Grade::of(&ranked[start..end]));
            }
            start = end;
        }
        let part = |grade: &Grade| {
            let (n, p) = (grade.rows as f64, grade.mean_score);
            let excess = grade.positives as f64 - n * p;
            // A certain score that comes true adds nothing, and one that does not can't be right.
            if excess == 0.0 { 0.0 } else { excess * excess / (n * p * (1.0 - p)) }
        };
        let statistic: f64 = grades.iter().map(part).sum();
        let p_value = chi_squared::above(statistic, grades.len().max(1));
        Self { grades, statistic, p_value }
    }
}

impl Grade {
    /// Of some rows: (score, label).
    fn of(rows: &[(f64, bool)]) -> Self {
        let positives = rows.iter().filter(|(_, label)| *label).count();
        let mean_score = (rows.iter().map(|(score, _)| score).sum::<f64>() / rows.len() as f64).clamp(0.0, 1.0);
        // As many positives or more are as few negatives or fewer.
        let as_many_or_more = if positives == 0 { 1.0 } else { chance_below(rows.len() - positives + 1, rows.len(), 1.0 - mean_score) };
        Self { rows: rows.len() as u64, positives: positives as u64, mean_score, as_many_or_more }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `tests/vectors/losses.py`: `scipy.stats.binom` and `chi2` over NumPy's groups.
    #[test]
    fn tests_are_those_of_scipy() {
        let file = include_str!("../../tests/vectors/losses.json");
        let vectors: serde_json::Value = serde_json::from_str(file).expect("JSON");
        let case = &vectors["calibration"];
        let numbers = |key: &str| case[key].as_array().expect("a list").iter().map(|x| x.as_f64().expect("a number")).collect::<Vec<_>>();
        let labels: Vec<bool> = numbers("labels").into_iter().map(|label| label == 1.0).collect();
        let test = CalibrationTest::of(&labels, &numbers("scores"));
        assert_eq!(test.grades.len(), 10);
        for (grade, (positives, chance)) in test.grades.iter().zip(numbers("positives").into_iter().zip(numbers("as_many_or_more"))) {
            assert!(grade.positives as f64 == positives && (grade.as_many_or_more - chance).abs() < 1e-10 * chance, "{grade:?} {chance}");
        }
        let [statistic, p_value] = ["statistic", "p_value"].map(|key| case[key].as_f64().expect("a number"));
        assert!((test.statistic - statistic).abs() < 1e-10 * statistic && (test.p_value - p_value).abs() < 1e-10 * p_value, "{test:?}");
    }

    /// By hand: of two rows of score 1/2 both are positive with 1/4; the sum is 1 / (2 1/4).
    #[test]
    fn rows_of_one_score_are_one_group() {
        let test = CalibrationTest::of(&[true, true], &[0.5, 0.5]);
        assert_eq!(test.grades, [Grade { rows: 2, positives: 2, mean_score: 0.5, as_many_or_more: 0.25 }]);
        assert_eq!(test.statistic, 2.0);
    }

    #[test]
    fn certain_scores_and_no_rows_are_no_panic() {
        let right = CalibrationTest::of(&[true, false], &[1.0, 0.0]);
        assert_eq!((right.statistic, right.p_value, right.grades[0].as_many_or_more), (0.0, 1.0, 1.0));
        let wrong = CalibrationTest::of(&[false, true], &[1.0, 0.0]);
        assert_eq!((wrong.statistic, wrong.p_value, wrong.grades[0].as_many_or_more), (f64::INFINITY, 0.0, 0.0));
        assert_eq!(CalibrationTest::of(&[], &[]).p_value, 1.0);
    }
}
