//! All metrics of a classifier of several classes on one set of rows, as scikit-learn defines them.

use serde::{Deserialize, Serialize};

use super::ranking::Ranking;
use crate::numeric::math::ln;
use crate::numeric::reduce;

/// Metrics of a classifier on one set of rows, as scikit-learn's functions of those names give them. A row is decided for its most
/// probable class, the lowest among equals.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Multiclass {
    /// `log_loss`: mean cross-entropy in nats, the probability of a row's class kept 2^-52 away from 0 and 1.
    pub loss: f64,
    /// Share of rows decided rightly.
    pub accuracy: f64,
    /// `balanced_accuracy_score`: mean recall of the classes that have rows.
    pub balanced_accuracy: f64,
    /// `f1_score`, the mean over the classes that have rows or decisions; one without a hit counts 0.
    pub f1_macro: f64,
    /// `f1_score` of all classes' hits together; the accuracy, as each row has one class and one decision.
    pub f1_micro: f64,
    /// `f1_score`, the mean over classes weighted by their rows.
    pub f1_weighted: f64,
    /// `roc_auc_score`, each class against the rest, the plain mean over all classes; `None` if a class has no rows, or all of them.
    pub auc: Option<f64>,
    /// The same, weighted by the classes' rows (Provost and Domingos, "Well-trained PETs", 2000), so that a class without rows does
    /// not matter; `None` if a class has all rows.
    pub auc_weighted: Option<f64>,
    /// `brier_score_loss`: mean over rows of the squared distance of the scores and the class as a unit vector, from 0 to 2.
    pub brier: f64,
}

impl Multiclass {
    /// Of labels below `classes`, (rows,), and probabilities, (rows, classes), row after row.
    ///
    /// # Panics
    /// If there are no rows, not `classes` scores a row, or a label that is no class.
    pub fn of(labels: &[u8], scores: &[f64], classes: usize) -> Self {
        assert!(!labels.is_empty(), "there are rows to measure");
        let sums = MulticlassSums::of_all(labels, scores, classes);
        let (auc, auc_weighted) = areas(labels, scores, &sums.tallies());
        Self { auc, auc_weighted, ..sums.metrics() }
    }
}

/// What is summed over rows, and all but the areas follows from.
#[derive(Clone, Debug)]
pub struct MulticlassSums {
    /// Cross-entropies, in nats.
    pub loss: f64,
    /// Squared distances of the scores and the class as a unit vector.
    pub brier: f64,
    /// How many rows of each class were decided for which, (classes, classes): a row is the true class, a column the decision.
    pub confusion: Vec<u64>,
}

impl MulticlassSums {
    fn tallies(&self) -> Vec<Tally> {
        let classes = self.confusion.len().isqrt();
        (0..classes).map(|class| Tally::of(&self.confusion, classes, class)).collect()
    }

    /// The metrics of these rows, at least one, without areas.
    pub fn metrics(&self) -> Multiclass {
        let tallies = self.tallies();
        let rows = self.confusion.iter().sum::<u64>() as f64;
        let accuracy = tallies.iter().map(|tally| tally.hits).sum::<f64>() / rows;
        let occurring: Vec<&Tally> = tallies.iter().filter(|tally| tally.rows > 0.0).collect();
        let seen: Vec<&Tally> = tallies.iter().filter(|tally| tally.rows + tally.decided > 0.0).collect();
        Multiclass {
            loss: self.loss / rows,
            accuracy,
            balanced_accuracy: occurring.iter().map(|tally| tally.hits / tally.rows).sum::<f64>() / occurring.len() as f64,
            f1_macro: seen.iter().map(|tally| tally.f1()).sum::<f64>() / seen.len() as f64,
            f1_micro: accuracy,
            f1_weighted: seen.iter().map(|tally| tally.rows * tally.f1()).sum::<f64>() / rows,
            auc: None,
            auc_weighted: None,
            brier: self.brier / rows,
        }
    }
}

/// How many rows of each class were decided for which, (classes, classes): a row is the true class, a column the decision. Of
/// labels below `classes`, (rows,), and scores, (rows, classes), row after row.
///
/// # Panics
/// If there are not `classes` scores a row, or there is a label that is no class.
pub fn confusion_matrix(labels: &[u8], scores: &[f64], classes: usize) -> Vec<u64> {
    MulticlassSums::of_all(labels, scores, classes).confusion
}

/// The greatest score's class, the lowest among equals.
fn decision(scores: &[f64]) -> usize {
    (1..scores.len()).fold(0, |best, class| if scores[class] > scores[best] { class } else { best })
}

/// What happened to one class.
struct Tally {
    rows: f64,
    decided: f64,
    hits: f64,
}

impl Tally {
    fn of(confusion: &[u64], classes: usize, class: usize) -> Self {
        let rows = confusion[class * classes..][..classes].iter().sum::<u64>() as f64;
        let decided = confusion.iter().skip(class).step_by(classes).sum::<u64>() as f64;
        Self { rows, decided, hits: confusion[class * classes + class] as f64 }
    }

    fn f1(&self) -> f64 {
        2.0 * self.hits / (self.rows + self.decided)
    }
}

/// The mean area of each class against the rest, and that weighted by the classes' rows.
fn areas(labels: &[u8], scores: &[f64], tallies: &[Tally]) -> (Option<f64>, Option<f64>) {
    let classes = tallies.len();
    // One class at a time, as each needs its labels and scores side by side.
    let area = |class: usize| {
        let of_class: Vec<bool> = labels.iter().map(|&label| usize::from(label) == class).collect();
        let column: Vec<f64> = scores.iter().skip(class).step_by(classes).copied().collect();
        Ranking::of(&of_class, &column).map(|ranking| ranking.auc)
    };
    let areas: Vec<Option<f64>> = (0..classes).map(area).collect();
    let all: Option<f64> = areas.iter().copied().sum();
    let weighted = areas.iter().zip(tallies).filter(|(_, tally)| tally.rows > 0.0);
    let weighted: Option<f64> = weighted.map(|(area, tally)| area.map(|area| area * tally.rows)).sum();
    (all.map(|sum| sum / classes as f64), weighted.map(|sum| sum / labels.len() as f64))
}

/// Rows are summed in parts of so many, and the parts in their order.
const CHUNK: usize = 4096;

impl MulticlassSums {
    /// Of no rows.
    pub fn none(classes: usize) -> Self {
        Self { loss: 0.0, brier: 0.0, confusion: vec![0; classes * classes] }
    }

    fn of_all(labels: &[u8], scores: &[f64], classes: usize) -> Self {
        assert!(classes > 0 && scores.len() == labels.len() * classes, "every row has a label and a score for each class");
        assert!(labels.iter().all(|&label| usize::from(label) < classes), "every label is a class");
        let chunks: Vec<(&[u8], &[f64])> = labels.chunks(CHUNK).zip(scores.chunks(CHUNK * classes)).collect();
        let bytes = size_of::<u64>() * classes * classes;
        reduce::map_ahead(&chunks, bytes, |(labels, scores)| Self::of(labels, scores, classes)).fold(Self::none(classes), Self::add)
    }

    /// Of labels below `classes`, (rows,), and probabilities, (rows, classes), row after row.
    pub fn of(labels: &[u8], scores: &[f64], classes: usize) -> Self {
        let mut sums = Self::none(classes);
        for (&label, scores) in labels.iter().zip(scores.chunks_exact(classes)) {
            let label = usize::from(label);
            sums.loss -= ln(scores[label].clamp(f64::EPSILON, 1.0 - f64::EPSILON));
            for (class, score) in scores.iter().enumerate() {
                let distance = score - f64::from(u8::from(class == label));
                sums.brier += distance * distance;
            }
            sums.confusion[label * classes + decision(scores)] += 1;
        }
        sums
    }

    fn add(mut self, other: Self) -> Self {
        self.loss += other.loss;
        self.brier += other.brier;
        self.confusion.iter_mut().zip(other.confusion).for_each(|(sum, more)| *sum += more);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: decisions 0, 1, 1, 0 against labels 0, 1, 2, 0; class 2 is never decided, class 1 is decided twice.
    #[test]
    fn a_class_that_is_never_decided_counts_as_nothing_hit() {
        let scores = [0.5, 0.25, 0.25, 0.25, 0.5, 0.25, 0.25, 0.5, 0.25, 0.5, 0.25, 0.25];
        let metrics = Multiclass::of(&[0, 1, 2, 0], &scores, 3);
        assert_eq!(confusion_matrix(&[0, 1, 2, 0], &scores, 3), [2, 0, 0, 0, 1, 0, 0, 1, 0]);
        assert_eq!([metrics.accuracy, metrics.f1_micro], [0.75; 2]);
        assert_eq!(metrics.balanced_accuracy, 2.0 / 3.0);
        // F1 is 1, 2/3 and 0.
        assert!((metrics.f1_macro - 5.0 / 9.0).abs() < 1e-15 && (metrics.f1_weighted - 2.0 / 3.0).abs() < 1e-15);
        // Squares of 0.5 and twice 0.25 where the decision is right; of 0.25, 0.5 and 0.75 where it is not.
        assert!((metrics.brier - (3.0 * 0.375 + 0.875) / 4.0).abs() < 1e-15);
        assert!((metrics.loss - (3.0 * ln(2.0) + ln(4.0)) / 4.0).abs() < 1e-15);
    }

    #[test]
    fn the_lowest_class_wins_among_equals() {
        assert_eq!(confusion_matrix(&[2, 2], &[0.25, 0.375, 0.375, 0.5, 0.0, 0.5], 3), [0, 0, 0, 0, 0, 0, 1, 1, 0]);
    }

    /// Class 2 has no rows: the plain mean over classes does not exist, and in the weighted one it does not matter.
    #[test]
    fn a_missing_class_has_no_area_and_a_class_alone_leaves_none() {
        let metrics = Multiclass::of(&[0, 1], &[0.6, 0.3, 0.1, 0.2, 0.7, 0.1], 3);
        assert_eq!((metrics.auc, metrics.auc_weighted), (None, Some(1.0)));
        let alone = Multiclass::of(&[0, 0], &[0.6, 0.3, 0.1, 0.2, 0.7, 0.1], 3);
        assert_eq!((alone.auc, alone.auc_weighted, alone.balanced_accuracy), (None, None, 0.5));
    }

    #[test]
    fn certainty_that_is_wrong_costs_52_bits() {
        let metrics = Multiclass::of(&[1], &[1.0, 0.0], 2);
        assert!((metrics.loss - 52.0 * ln(2.0)).abs() < 1e-12 && metrics.brier == 2.0);
    }

    #[test]
    fn no_number_of_threads_shows_in_any_bit() {
        let labels: Vec<u8> = (0..20_000_u32).map(|row| (row.wrapping_mul(2_654_435_761) >> 20) as u8 % 3).collect();
        let score = |row: u32, class: u32| f64::from((row.wrapping_mul(40_503) ^ class.wrapping_mul(977)) % 1009) / 3027.0;
        let scores: Vec<f64> = (0..20_000).flat_map(|row| (0..3).map(move |class| score(row, class))).collect();
        let of = |threads| reduce::with_threads(Some(threads), || Multiclass::of(&labels, &scores, 3)).expect("threads start");
        assert!([2, 5].into_iter().all(|threads| of(threads) == of(1)));
    }
}
