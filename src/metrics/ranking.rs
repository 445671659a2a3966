//! What depends on the order of scores alone: the areas under ROC and precision-recall curves, and the KS distance.
//!
//! AUC as Hanley and McNeil (Radiology 1982), average precision without interpolation as scikit-learn's
//! `average_precision_score`, KS as the largest difference of the two classes' distribution functions.

/// The false positive rates at which recall is told: what an alarm team can work off.
pub const FALSE_POSITIVE_RATES: [f64; 3] = [0.001, 0.01, 0.05];

/// Areas, distance and recalls; each needs rows of both classes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ranking {
    /// Area under the ROC curve: the probability that a positive scores above a negative, ties counting one half.
    pub auc: f64,
    /// Average precision: sum over thresholds of (recall - recall before) * precision.
    pub average_precision: f64,
    /// Largest true positive rate minus false positive rate over all thresholds, at least 0.
    pub ks: f64,
    /// The greatest true positive rate of a threshold whose false positive rate does not exceed each of
    /// [`FALSE_POSITIVE_RATES`].
    pub recalls: [f64; FALSE_POSITIVE_RATES.len()],
}

impl Ranking {
    /// Of labels, 0 or 1, (rows,), and finite scores, (rows,); `None` if a class is missing.
    pub fn of(labels: &[f64], scores: &[f64]) -> Option<Self> {
        let positives = labels.iter().filter(|&&label| label == 1.0).count() as f64;
        let negatives = labels.len() as f64 - positives;
        if positives == 0.0 || negatives == 0.0 {
            return None;
        }
        let mut ranked: Vec<(f64, f64)> = scores.iter().copied().zip(labels.iter().copied()).collect();
        ranked.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
        // Counts stay below 2^53, so these sums of whole numbers and halves are exact in any order.
        let (mut pairs, mut average_precision, mut ks) = (0.0, 0.0, 0.0_f64);
        let (mut true_positives, mut false_positives) = (0.0, 0.0);
        let mut recalls = [0.0; FALSE_POSITIVE_RATES.len()];
        for tied in ranked.chunk_by(|a, b| a.0 == b.0) {
            let hits = tied.iter().filter(|(_, label)| *label == 1.0).count() as f64;
            let misses = tied.len() as f64 - hits;
            pairs += misses * (true_positives + 0.5 * hits);
            true_positives += hits;
            false_positives += misses;
            average_precision += hits / positives * (true_positives / (true_positives + false_positives));
            let (recall, false_positive_rate) = (true_positives / positives, false_positives / negatives);
            ks = ks.max(recall - false_positive_rate);
            for (slot, limit) in recalls.iter_mut().zip(FALSE_POSITIVE_RATES) {
                if false_positive_rate <= limit {
                    *slot = recall;
                }
            }
        }
        Some(Self { auc: pairs / (positives * negatives), average_precision, ks, recalls })
    }

    /// The Gini coefficient of credit scoring, Somers' D: 2 AUC - 1.
    pub fn gini(&self) -> f64 {
        2.0 * self.auc - 1.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: of the pairs (0.8 > 0.6), (0.8 > 0.2), (0.4 < 0.6), (0.4 > 0.2) three are in order.
    #[test]
    fn the_auc_counts_ordered_pairs() {
        let ranking = Ranking::of(&[1.0, 0.0, 1.0, 0.0], &[0.8, 0.6, 0.4, 0.2]).expect("both classes");
        assert_eq!(ranking.auc, 0.75);
        // Precisions at the two hits are 1 and 2/3.
        assert!((ranking.average_precision - 5.0 / 6.0).abs() < 1e-15);
        assert_eq!(ranking.ks, 0.5);
    }

    /// By hand: of 200 negatives one above all positives and nine more above the second: rates 0.005 and 0.05.
    #[test]
    fn recall_at_a_rate_is_the_best_threshold_within_it() {
        let mut rows = vec![(0.99, 0.0), (0.9, 1.0)];
        rows.extend((0..9).map(|i| (0.8 - f64::from(i) / 100.0, 0.0)));
        rows.extend([(0.5, 1.0), (0.5, 0.0), (0.4, 1.0)]);
        rows.extend((0..189).map(|i| (0.3 - f64::from(i) / 1000.0, 0.0)));
        let (scores, labels): (Vec<f64>, Vec<f64>) = rows.into_iter().unzip();
        let ranking = Ranking::of(&labels, &scores).expect("both classes");
        // The second positive is tied with the eleventh negative, whose rate 0.055 is above 0.05.
        assert_eq!(ranking.recalls, [0.0, 1.0 / 3.0, 1.0 / 3.0]);
    }

    #[test]
    fn zero_and_negative_zero_are_one_score() {
        let ranking = Ranking::of(&[1.0, 0.0], &[-0.0, 0.0]).expect("both classes");
        assert_eq!(ranking.auc, 0.5);
    }

    #[test]
    fn one_class_has_no_ranking() {
        assert_eq!(Ranking::of(&[1.0, 1.0], &[0.1, 0.2]), None);
        assert_eq!(Ranking::of(&[], &[]), None);
    }
}
