//! All metrics of a binary classifier on one set of rows.

use serde::{Deserialize, Serialize};

use super::calibration::Excess;
use super::ranking::{FALSE_POSITIVE_RATES, Ranking};
use super::spread::Worse;
use crate::numeric::math::ln;
use crate::numeric::reduce;

/// The columns that [`Metrics::values`] fills.
pub const NAMES: [&str; 14] = [
    "loss",
    "auc",
    "pr_auc",
    "accuracy",
    "precision",
    "recall",
    "f1",
    "brier",
    "ks",
    "gini",
    "ece",
    "recall_at_fpr_0.001",
    "recall_at_fpr_0.01",
    "recall_at_fpr_0.05",
];

/// Metrics of a classifier on one set of rows, as scikit-learn's functions of those names give them.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Metrics {
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

impl Metrics {
    /// Whether rows and scores can have these: the loss is not negative, and all else lies between 0 and 1.
    pub fn is_possible(&self) -> bool {
        let Self { loss, ranking, accuracy, precision, recall, f1, brier, ece } = self;
        let is_share = |value: &f64| (0.0..=1.0 + 1e-9).contains(value);
        let ranked =
            ranking.iter().flat_map(|ranking| [ranking.auc, ranking.average_precision, ranking.ks].into_iter().chain(ranking.recalls));
        loss.is_finite()
            && *loss >= 0.0
            && [accuracy, precision, recall, f1, brier, ece].into_iter().all(is_share)
            && ranked.into_iter().all(|value| is_share(&value))
    }

    /// Of labels, (rows,), and scores from 0 to 1, (rows,); a score at or above `threshold` decides for 1.
    ///
    /// # Panics
    /// If there are no rows, or not as many scores as labels.
    pub fn of(labels: &[bool], scores: &[f64], threshold: f64) -> Self {
        assert!(!labels.is_empty() && labels.len() == scores.len(), "every row has a label and a score");
        let chunks: Vec<(&[bool], &[f64])> = labels.chunks(CHUNK).zip(scores.chunks(CHUNK)).collect();
        let sum_up = || {
            let sums = reduce::map_ahead(&chunks, size_of::<Sums>(), |(labels, scores)| Sums::of(labels, scores, threshold));
            sums.fold(Sums::default(), Sums::add)
        };
        // Part of the ranking is one thread's work.
        let (sums, ranking) = reduce::both(sum_up, || Ranking::of(labels, scores));
        let Sums { loss, brier, excess, .. } = sums;
        let [right, decided, positives, hits] = [sums.right, sums.decided, sums.positives, sums.hits].map(|count| count as f64);
        let rows = labels.len() as f64;
        let share = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 0.0 };
        Self {
            loss: loss / rows,
            ranking,
            accuracy: right / rows,
            precision: share(hits, decided),
            recall: share(hits, positives),
            f1: share(2.0 * hits, decided + positives),
            brier: brier / rows,
            ece: excess.error(rows),
        }
    }

    /// Which end of the metric of this name is the bad one.
    pub fn worse(name: &str) -> Worse {
        if ["loss", "brier", "ece"].contains(&name) { Worse::Higher } else { Worse::Lower }
    }

    /// The metrics in the order of [`NAMES`]; `None` where one does not exist.
    pub fn values(&self) -> [Option<f64>; NAMES.len()] {
        const { assert!(FALSE_POSITIVE_RATES.len() == 3, "each rate has its name") };
        let ranking = |value: fn(&Ranking) -> f64| self.ranking.as_ref().map(value);
        [
            Some(self.loss),
            ranking(|ranking| ranking.auc),
            ranking(|ranking| ranking.average_precision),
            Some(self.accuracy),
            Some(self.precision),
            Some(self.recall),
            Some(self.f1),
            Some(self.brier),
            ranking(|ranking| ranking.ks),
            ranking(Ranking::gini),
            Some(self.ece),
            ranking(|ranking| ranking.recalls[0]),
            ranking(|ranking| ranking.recalls[1]),
            ranking(|ranking| ranking.recalls[2]),
        ]
    }
}

/// What is summed over rows.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    loss: f64,
    brier: f64,
    right: u64,
    decided: u64,
    positives: u64,
    hits: u64,
    excess: Excess,
}

/// Rows are summed in parts of so many, and the parts in their order.
const CHUNK: usize = 4096;

/// So many likelihoods are multiplied before a logarithm is taken; the product of as many of the least is above 1e-251.
const FACTORS: usize = 16;

impl Sums {
    fn of(labels: &[bool], scores: &[f64], threshold: f64) -> Self {
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
        let metrics = Metrics::of(&[true, false, true, false], &[0.8, 0.6, 0.4, 0.2], 0.5);
        assert_eq!([metrics.accuracy, metrics.precision, metrics.recall, metrics.f1], [0.5; 4]);
        // (0.04 + 0.36 + 0.36 + 0.04) / 4.
        assert!((metrics.brier - 0.2).abs() < 1e-15);
    }

    #[test]
    fn a_score_on_the_threshold_decides_for_one() {
        assert_eq!(Metrics::of(&[true], &[0.5], 0.5).recall, 1.0);
    }

    #[test]
    fn a_class_alone_has_losses_but_no_ranking() {
        let metrics = Metrics::of(&[false, false], &[0.1, 0.2], 0.5);
        assert_eq!(metrics.values()[1], None);
        assert_eq!((metrics.precision, metrics.recall, metrics.f1), (0.0, 0.0, 0.0));
    }
}
