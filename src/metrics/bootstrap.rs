//! How sure the difference of two models on the same rows is: the paired bootstrap (Efron and Tibshirani, "An Introduction to the
//! Bootstrap", 1993, sections 8.2 and 13.3). Rows are drawn with replacement, both models are measured on what was drawn, and the
//! interval lies between two percentiles of their differences.

use ndarray_rand::rand::RngCore;

use crate::numeric::sample::below;

/// How sure an interval is.
pub const CONFIDENCE: f64 = 0.9;

/// Draws of rows: no more than these, and of many rows fewer, as their differences vary less.
const DRAWS: (usize, usize) = (200, 1000);

/// Rows that all draws together should not exceed.
const DRAWN_ROWS: usize = 4_000_000;

/// The interval of the mean of `differences`, one a row; `None` without rows.
pub fn interval_of_mean(differences: &[f64], random: &mut impl RngCore) -> Option<[f64; 2]> {
    let mean = |drawn: &[u32]| {
        let sum: f64 = drawn.iter().zip(differences).map(|(&times, difference)| f64::from(times) * difference).sum();
        Some(sum / differences.len() as f64)
    };
    interval(differences.len(), mean, random)
}

/// The interval of the AUC of `first` less that of `second`, scores of the same rows, (rows,); `None` where a class is missing.
pub fn interval_of_auc_difference(labels: &[bool], first: &[f64], second: &[f64], random: &mut impl RngCore) -> Option<[f64; 2]> {
    let [first, second] = [first, second].map(|scores| Ordered::new(labels, scores));
    interval(labels.len(), |drawn| Some(first.auc(drawn)? - second.auc(drawn)?), random)
}

/// Draws rows, and takes the percentiles of what `measure` makes of how often each was drawn.
fn interval(rows: usize, measure: impl Fn(&[u32]) -> Option<f64>, random: &mut impl RngCore) -> Option<[f64; 2]> {
    if rows == 0 {
        return None;
    }
    let draws = (DRAWN_ROWS / rows).clamp(DRAWS.0, DRAWS.1);
    let mut times = vec![0_u32; rows];
    let mut measured = Vec::with_capacity(draws);
    for _ in 0..draws {
        times.fill(0);
        (0..rows).for_each(|_| times[below(rows, random)] += 1);
        // A draw that a class is missing in says nothing.
        measured.extend(measure(&times));
    }
    measured.sort_unstable_by(f64::total_cmp);
    let last = measured.len().checked_sub(1)?;
    let percentile = |share: f64| measured[(share * last as f64).round() as usize];
    Some([percentile(0.5 * (1.0 - CONFIDENCE)), percentile(0.5 * (1.0 + CONFIDENCE))])
}

/// Rows in the order of their scores.
struct Ordered<'a> {
    labels: &'a [bool],
    rows: Vec<u32>,
    /// Whether a row's score is that of the row before.
    is_tied: Vec<bool>,
}

impl<'a> Ordered<'a> {
    fn new(labels: &'a [bool], scores: &[f64]) -> Self {
        let mut rows: Vec<u32> = (0..scores.len() as u32).collect();
        rows.sort_by(|&a, &b| scores[a as usize].total_cmp(&scores[b as usize]));
        let score = |at: usize| scores[rows[at] as usize];
        let is_tied = (0..rows.len()).map(|at| at > 0 && score(at) == score(at - 1)).collect();
        Self { labels, rows, is_tied }
    }

    /// The AUC of the rows, each as often as it was drawn: the share of pairs of a positive and a negative row of which the
    /// positive one scores higher, ties counting half.
    fn auc(&self, times: &[u32]) -> Option<f64> {
        // Of the score at hand, and of those below.
        let (mut positives, mut negatives) = (0_u64, 0_u64);
        let (mut positives_below, mut negatives_below, mut half_pairs) = (0_u64, 0_u64, 0_u64);
        for (&row, &is_tied) in self.rows.iter().zip(&self.is_tied) {
            if !is_tied {
                half_pairs += positives * (2 * negatives_below + negatives);
                (positives_below, negatives_below) = (positives_below + positives, negatives_below + negatives);
                (positives, negatives) = (0, 0);
            }
            let times = u64::from(times[row as usize]);
            if self.labels[row as usize] { positives += times } else { negatives += times }
        }
        half_pairs += positives * (2 * negatives_below + negatives);
        let pairs = (positives_below + positives) * (negatives_below + negatives);
        (pairs > 0).then(|| half_pairs as f64 / (2 * pairs) as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Ranking;
    use crate::numeric::rng::{Purpose, Seeds, Stream, Streams};
    use crate::numeric::sample::{STANDARD_NORMAL, unit};
    use ndarray_rand::rand::distr::Distribution;

    fn random(seed: u64) -> Stream {
        Streams::new(Seeds::all(seed)).stream(Purpose::Bootstrap, 0, 0)
    }

    /// Each row once is the AUC itself; a row twice is that of the list in which it stands twice.
    #[test]
    fn the_auc_of_drawn_rows_is_that_of_the_list_they_make() {
        let mut random = random(1);
        let labels: Vec<bool> = (0..200).map(|_| unit(&mut random) < 0.3).collect();
        let scores: Vec<f64> = (0..200).map(|_| (unit(&mut random) * 20.0).floor()).collect();
        let times: Vec<u32> = (0..200).map(|_| below(4, &mut random) as u32).collect();
        let ordered = Ordered::new(&labels, &scores);
        for times in [vec![1; 200], times] {
            let list = |of: &dyn Fn(usize) -> f64| {
                (0..200).flat_map(|row| std::iter::repeat_n(of(row), times[row] as usize)).collect::<Vec<f64>>()
            };
            let drawn_labels: Vec<bool> = list(&|row| f64::from(labels[row])).into_iter().map(|label| label == 1.0).collect();
            let expected = Ranking::of(&drawn_labels, &list(&|row| scores[row])).expect("both classes").auc;
            let found = ordered.auc(&times).expect("both classes");
            assert!((found - expected).abs() < 1e-12, "{found} for {expected}");
        }
        assert_eq!(ordered.auc(&[0; 200]), None);
    }

    /// Of 2000 differences from a normal distribution the mean's 90% interval is 1.645 standard errors to each side.
    #[test]
    fn the_interval_of_a_mean_is_as_wide_as_theory_says() {
        let mut random = random(2);
        let differences: Vec<f64> = (0..2000).map(|_| 0.5 + STANDARD_NORMAL.sample(&mut random)).collect();
        let mean = differences.iter().sum::<f64>() / 2000.0;
        let [low, high] = interval_of_mean(&differences, &mut random).expect("there are rows");
        let half = 1.645 / 2000.0_f64.sqrt();
        // A percentile of a thousand draws has an error of about a twentieth of the half width.
        assert!((low - (mean - half)).abs() < 0.2 * half && (high - (mean + half)).abs() < 0.2 * half, "{low} {high}");
    }

    /// The same model twice: every draw says 0. Without positives nothing can be said.
    #[test]
    fn equal_models_differ_by_nothing_and_one_class_by_nobody_knows() {
        let labels: Vec<bool> = (0..50).map(|row| row % 5 == 0).collect();
        let scores: Vec<f64> = (0..50).map(|row| f64::from(row * 7 % 50)).collect();
        assert_eq!(interval_of_auc_difference(&labels, &scores, &scores, &mut random(3)), Some([0.0, 0.0]));
        assert_eq!(interval_of_auc_difference(&[false; 50], &scores, &scores, &mut random(3)), None);
        assert_eq!(interval_of_mean(&[], &mut random(3)), None);
    }

    /// A better model's lead over a worse one lies in the interval, and is told from 0 where there are rows enough.
    #[test]
    fn a_lead_is_sure_where_there_are_rows_enough() {
        let mut noise = random(4);
        let mut rows = |count: usize| -> (Vec<bool>, Vec<f64>, Vec<f64>) {
            let labels: Vec<bool> = (0..count).map(|row| row % 4 == 0).collect();
            let mut scores = |lead: f64| labels.iter().map(|&label| f64::from(label) * lead + STANDARD_NORMAL.sample(&mut noise)).collect();
            let (better, worse) = (scores(1.5), scores(0.8));
            (labels, better, worse)
        };
        let (labels, better, worse) = rows(4000);
        let [low, high] = interval_of_auc_difference(&labels, &better, &worse, &mut random(5)).expect("both classes");
        assert!(0.0 < low && low < high, "{low} {high}");
        let (labels, better, worse) = rows(24);
        let [low, high] = interval_of_auc_difference(&labels, &better, &worse, &mut random(5)).expect("both classes");
        assert!(high - low > 0.2, "{low} {high}");
    }
}
