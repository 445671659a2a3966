//! What depends on the order of scores alone: the areas under ROC and precision-recall curves, and the KS distance.
//!
//! AUC as Hanley and McNeil (Radiology 1982), average precision without interpolation as scikit-learn's
//! `average_precision_score`, KS as the largest difference of the two classes' distribution functions.

/// Areas and distance; each needs rows of both classes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ranking {
    /// Area under the ROC curve: the probability that a positive scores above a negative, ties counting one half.
    pub auc: f64,
    /// Average precision: sum over thresholds of (recall - recall before) * precision.
    pub average_precision: f64,
    /// Largest true positive rate minus false positive rate over all thresholds, at least 0.
    pub ks: f64,
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
        for tied in ranked.chunk_by(|a, b| a.0 == b.0) {
            let hits = tied.iter().filter(|(_, label)| *label == 1.0).count() as f64;
            let misses = tied.len() as f64 - hits;
            pairs += misses * (true_positives + 0.5 * hits);
            true_positives += hits;
            false_positives += misses;
            average_precision += hits / positives * (true_positives / (true_positives + false_positives));
            ks = ks.max(true_positives / positives - false_positives / negatives);
        }
        Some(Self { auc: pairs / (positives * negatives), average_precision, ks })
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
