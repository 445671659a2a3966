//! All metrics of a model that predicts a number, on one set of rows, as scikit-learn defines them, and its calibration by deciles.

use serde::{Deserialize, Serialize};

use crate::numeric::quantile;
use crate::numeric::reduce;

/// Metrics of predicted numbers on one set of rows, in the label's unit.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Regression {
    /// `root_mean_squared_error`.
    pub rmse: f64,
    /// `mean_absolute_error`.
    pub mae: f64,
    /// `r2_score`: 1 less the sum of squared errors over that of squared distances from the labels' mean; `None` if all labels
    /// are equal.
    pub r2: Option<f64>,
    /// `median_absolute_error`: of an even number of rows the mean of the middle two.
    pub median_error: f64,
    /// Mean of predicted less actual.
    pub bias: f64,
    /// `mean_pinball_loss` of the prediction as the quantile 0.1: what lies below the label counts 0.1, what lies above 0.9
    /// (Koenker and Bassett, "Regression Quantiles", Econometrica 1978).
    pub pinball_10: f64,
    /// The same as the quantile 0.9: what lies below counts 0.9, what lies above 0.1.
    pub pinball_90: f64,
}

impl Regression {
    /// Of actual numbers, (rows,), and predicted ones, (rows,), all finite.
    ///
    /// # Panics
    /// If there are no rows, or not as many predictions as labels.
    pub fn of(labels: &[f64], scores: &[f64]) -> Self {
        assert!(!labels.is_empty() && labels.len() == scores.len(), "every row has a label and a prediction");
        let rows = labels.len() as f64;
        let first = labels[0];
        // Distances from a label lose nothing where labels are large and close together, and are all 0 where labels are equal.
        let offset = sum(labels, scores, |label, _| [label - first])[0] / rows;
        let [squares, spread, below, above] = sum(labels, scores, |label, score| {
            let (error, distance) = (score - label, label - first - offset);
            [error * error, distance * distance, f64::max(-error, 0.0), f64::max(error, 0.0)]
        });
        let (below, above) = (below / rows, above / rows);
        let is_constant = labels.iter().all(|&label| label == first);
        Self {
            rmse: (squares / rows).sqrt(),
            mae: below + above,
            r2: (!is_constant).then(|| 1.0 - squares / spread),
            median_error: median_error(labels, scores),
            bias: sum(labels, scores, |label, score| [score - label])[0] / rows,
            pinball_10: 0.1 * below + 0.9 * above,
            pinball_90: 0.9 * below + 0.1 * above,
        }
    }
}

/// Rows of similar predictions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Decile {
    /// How many they are.
    pub rows: u64,
    /// Their mean prediction.
    pub predicted: f64,
    /// Their mean label.
    pub actual: f64,
}

/// How many groups [`deciles`] makes, unless there are fewer rows.
const GROUPS: usize = 10;

/// Calibration of predictions: rows by ascending prediction, the lower row first among equals, in ten groups of which the first are
/// at most a row larger than the last; fewer groups, of one row each, of fewer rows. Of actual numbers, (rows,), and predicted ones,
/// (rows,), all finite.
///
/// # Panics
/// If there are not as many predictions as labels.
pub fn deciles(labels: &[f64], scores: &[f64]) -> Vec<Decile> {
    assert_eq!(labels.len(), scores.len(), "every row has a label and a prediction");
    let mut ranked: Vec<(f64, f64)> = scores.iter().copied().zip(labels.iter().copied()).collect();
    // A negative zero is the same prediction as zero; the sort leaves equals in their order.
    ranked.sort_by(|a, b| (a.0 + 0.0).total_cmp(&(b.0 + 0.0)));
    let groups = GROUPS.min(ranked.len());
    let mut rest = ranked.as_slice();
    (0..groups)
        .map(|group| {
            let (members, later) = rest.split_at(rest.len().div_ceil(groups - group));
            rest = later;
            let mean = |part: fn(&(f64, f64)) -> f64| members.iter().map(part).sum::<f64>() / members.len() as f64;
            Decile { rows: members.len() as u64, predicted: mean(|row| row.0), actual: mean(|row| row.1) }
        })
        .collect()
}

/// Rows are summed in parts of so many, and the parts in their order.
const CHUNK: usize = 4096;

/// Sums over rows of terms of label and prediction.
fn sum<const N: usize>(labels: &[f64], scores: &[f64], terms: impl Fn(f64, f64) -> [f64; N] + Sync) -> [f64; N] {
    let add = |mut sums: [f64; N], more: [f64; N]| {
        sums.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
        sums
    };
    let chunks: Vec<(&[f64], &[f64])> = labels.chunks(CHUNK).zip(scores.chunks(CHUNK)).collect();
    let of_chunk = |(labels, scores): &(&[f64], &[f64])| {
        labels.iter().zip(*scores).fold([0.0; N], |sums, (&label, &score)| add(sums, terms(label, score)))
    };
    reduce::map_ahead(&chunks, size_of::<[f64; N]>(), of_chunk).fold([0.0; N], add)
}

fn median_error(labels: &[f64], scores: &[f64]) -> f64 {
    let mut errors: Vec<f64> = labels.iter().zip(scores).map(|(label, score)| (score - label).abs()).collect();
    errors.sort_unstable_by(f64::total_cmp);
    quantile(&errors, 0.5).expect("there are rows")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: errors are 1, -2, 0 and 3; labels 1, 2, 3, 4 lie 5 around their mean in sum of squares.
    #[test]
    fn errors_are_counted_by_size_and_side() {
        let metrics = Regression::of(&[1.0, 2.0, 3.0, 4.0], &[2.0, 0.0, 3.0, 7.0]);
        assert_eq!([metrics.rmse, metrics.mae, metrics.median_error, metrics.bias], [3.5_f64.sqrt(), 1.5, 1.5, 0.5]);
        assert!((metrics.r2.expect("labels differ") + 1.8).abs() < 1e-15);
        // (0.1 * 2 + 0.9 * 4) / 4 and (0.9 * 2 + 0.1 * 4) / 4.
        assert!((metrics.pinball_10 - 0.95).abs() < 1e-15 && (metrics.pinball_90 - 0.55).abs() < 1e-15);
    }

    /// Three times 0.1 does not have the mean 0.1 in binary numbers, but it is constant.
    #[test]
    fn constant_labels_have_no_share_that_is_explained() {
        assert_eq!(Regression::of(&[0.1; 3], &[0.1, 0.2, 0.3]).r2, None);
        assert_eq!(Regression::of(&[2.0], &[2.0]).r2, None);
        assert_eq!(Regression::of(&[2.0, 3.0], &[2.0, 3.0]).r2, Some(1.0));
    }

    #[test]
    fn groups_differ_by_a_row_and_equals_stand_in_their_order() {
        let scores = [3.0, 1.0, 1.0, 0.0, -0.0, 2.0, 9.0, 8.0, 7.0, 6.0, 5.0, 4.0];
        let labels: Vec<f64> = (0..12).map(f64::from).collect();
        let groups = deciles(&labels, &scores);
        assert_eq!(groups.iter().map(|group| group.rows).collect::<Vec<_>>(), [2, 2, 1, 1, 1, 1, 1, 1, 1, 1]);
        // Rows 3 and 4 share the lowest prediction, rows 1 and 2 the next.
        assert_eq!(groups[0], Decile { rows: 2, predicted: 0.0, actual: 3.5 });
        assert_eq!(groups[1], Decile { rows: 2, predicted: 1.0, actual: 1.5 });
        assert_eq!(groups[9], Decile { rows: 1, predicted: 9.0, actual: 6.0 });
    }

    #[test]
    fn few_rows_are_groups_of_their_own() {
        assert_eq!(deciles(&[5.0, 6.0], &[2.0, 1.0]).iter().map(|group| group.actual).collect::<Vec<_>>(), [6.0, 5.0]);
        assert!(deciles(&[], &[]).is_empty());
    }

    #[test]
    fn no_number_of_threads_shows_in_any_bit() {
        let numbers = |step: u32| (0..20_000_u32).map(|row| f64::from(row.wrapping_mul(step) >> 7) / 3e5).collect::<Vec<f64>>();
        let (labels, scores) = (numbers(2_654_435_761), numbers(40_503));
        let of = |threads| reduce::with_threads(Some(threads), || Regression::of(&labels, &scores)).expect("threads start");
        assert!([2, 5].into_iter().all(|threads| of(threads) == of(1)));
    }
}
