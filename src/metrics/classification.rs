//! All metrics of a binary classifier on one set of rows.

use super::calibration::Excess;
use super::ranking::Ranking;
use crate::numeric::math::ln;
use crate::numeric::reduce;

/// Metrics of a classifier on one set of rows, as scikit-learn's functions of those names give them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TwoClasses {
    /// `log_loss`: mean cross-entropy in nats, scores kept 2^-52 away from 0 and 1.
    pub loss: f64,
    /// AUC, average precision, KS and recalls at given false positive rates; `None` where a class is missing.
    pub ranking: Option<Ranking>,
    /// Share of rows decided rightly.
    pub accuracy: f64,
    /// Share of positives among those decided positive; 0 if there are none.
    pub precision: f64,
    /// Share of positives that were decided positive; 0 if there are none.
    pub recall: f64,
    /// Harmonic mean of precision and recall; 0 if both are.
    pub f1: f64,
    /// Brier score: mean squared distance of score and label.
    pub brier: f64,
    /// Expected calibration error over ten bins of equal width.
    pub ece: f64,
}

impl TwoClasses {
    /// Of labels, (rows,), and scores from 0 to 1, (rows,); a score at or above `threshold` decides for 1.
    ///
    /// # Panics
    /// If there are no rows, or not as many scores as labels.
    pub fn of(labels: &[bool], scores: &[f64], threshold: f64) -> Self {
        assert!(!labels.is_empty() && labels.len() == scores.len(), "every row has a label and a score");
        let chunks: Vec<(&[bool], &[f64])> = labels.chunks(CHUNK).zip(scores.chunks(CHUNK)).collect();
        let sum_up = || {
            let sums =
                reduce::map_ahead(&chunks, size_of::<TwoClassSums>(), |(labels, scores)| TwoClassSums::of(labels, scores, threshold));
            sums.fold(TwoClassSums::default(), TwoClassSums::add)
        };
        // Part of the ranking is one thread's work.
        let (sums, ranking) = reduce::both(sum_up, || Ranking::of(labels, scores));
        sums.metrics(labels.len() as u64, ranking)
    }
}

/// What is summed over rows, and all but the ranking follows from.
#[derive(Clone, Copy, Debug, Default)]
pub struct TwoClassSums {
    /// Cross-entropies, in nats.
    pub loss: f64,
    /// Squared distances of score and label.
    pub brier: f64,
    /// Rows decided rightly.
    pub right: u64,
    /// Rows decided positive.
    pub decided: u64,
    /// Positive rows.
    pub positives: u64,
    /// Positive rows that were decided positive.
    pub hits: u64,
    /// By bin of scores, scores less labels.
    pub excess: Excess,
}

/// Rows are summed in parts of so many, and the parts in their order.
const CHUNK: usize = 4096;

/// So many likelihoods are multiplied before a logarithm is taken; the product of as many of the least is above 1e-251.
const FACTORS: usize = 16;

impl TwoClassSums {
    /// The metrics of so many rows, at least one.
    pub fn metrics(&self, rows: u64, ranking: Option<Ranking>) -> TwoClasses {
        let [right, decided, positives, hits] = [self.right, self.decided, self.positives, self.hits].map(|count| count as f64);
        let rows = rows as f64;
        let share = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 0.0 };
        TwoClasses {
            loss: self.loss / rows,
            ranking,
            accuracy: right / rows,
            precision: share(hits, decided),
            recall: share(hits, positives),
            f1: share(2.0 * hits, decided + positives),
            brier: self.brier / rows,
            ece: self.excess.error(rows),
        }
    }

    /// Of labels, (rows,), and scores, (rows,).
    pub fn of(labels: &[bool], scores: &[f64], threshold: f64) -> Self {
        let mut sums = Self::default();
        for (labels, scores) in labels.chunks(FACTORS).zip(scores.chunks(FACTORS)) {
            let mut likelihood = 1.0;
            for (&label, &score) in labels.iter().zip(scores) {
                let of_label = if label { score } else { 1.0 - score };
                likelihood *= of_label.clamp(f64::EPSILON, 1.0 - f64::EPSILON);
                let distance = score - f64::from(label);
                sums.brier += distance * distance;
                let decision = score >= threshold;
                sums.right += u64::from(decision == label);
                sums.decided += u64::from(decision);
                sums.positives += u64::from(label);
                sums.hits += u64::from(decision && label);
                sums.excess.add_row(label, score);
            }
            sums.loss -= ln(likelihood);
        }
        sums
    }

    fn add(self, other: Self) -> Self {
        Self {
            loss: self.loss + other.loss,
            brier: self.brier + other.brier,
            right: self.right + other.right,
            decided: self.decided + other.decided,
            positives: self.positives + other.positives,
            hits: self.hits + other.hits,
            excess: self.excess.add(other.excess),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: decisions 1, 1, 0, 0 against labels 1, 0, 1, 0.
    #[test]
    fn one_of_each_kind_of_decision_gives_one_half_everywhere() {
        let metrics = TwoClasses::of(&[true, false, true, false], &[0.8, 0.6, 0.4, 0.2], 0.5);
        assert_eq!([metrics.accuracy, metrics.precision, metrics.recall, metrics.f1], [0.5; 4]);
        // (0.04 + 0.36 + 0.36 + 0.04) / 4.
        assert!((metrics.brier - 0.2).abs() < 1e-15);
    }

    #[test]
    fn a_score_on_the_threshold_decides_for_one() {
        assert_eq!(TwoClasses::of(&[true], &[0.5], 0.5).recall, 1.0);
    }

    #[test]
    fn a_class_alone_has_losses_but_no_ranking() {
        let metrics = TwoClasses::of(&[false, false], &[0.1, 0.2], 0.5);
        assert_eq!(metrics.ranking, None);
        assert_eq!((metrics.precision, metrics.recall, metrics.f1), (0.0, 0.0, 0.0));
    }
}
