//! Metrics from sums over rows that stay where they are: each row adds whole numbers, so that any deal of the rows leads to the same
//! metrics, and the sum of some clients says nothing of a single row.
//!
//! Counts are as they are. Losses and distances are rounded to steps of 2^-25 a row. What depends on the order of scores is found
//! from a histogram by class, whose bins are 1/32 wide in log-odds: it is that of scores rounded to these bins. An area under the
//! ROC curve is off by half of the pairs that share a bin at most.

use super::labels::Labels;
use super::metrics::Metrics;
use super::task::Task;
use super::view::View;
use super::{binary, multiclass};
use crate::metrics::{BINS, Excess, MulticlassSums, Ranking, TwoClassSums};
use crate::numeric::math::ln;

/// What the rows of clients are summed up to.
#[derive(Clone, Copy, Debug)]
pub struct Summary {
    task: Task,
    classes: usize,
    threshold: f64,
}

/// The bits of a sum of fewer than 2^32 rows, of which each adds less than 2^31, with its sign.
pub const SUMMARY_BITS: u32 = 64;

/// What a row adds is rounded to steps of 2^-25: no cross-entropy is above 37.
const STEPS: f64 = (1_u64 << 25) as f64;

/// Bins of a histogram of scores.
const SCORE_BINS: usize = 1024;

/// Bins of a unit of log-odds.
const BINS_A_UNIT: f64 = 32.0;

/// Of two classes: rows, and those right, decided positive, positive, and both.
const COUNTS: usize = 5;

/// Of two classes: loss, Brier score, and excess by bin.
const DISTANCES: usize = 2 + BINS;

impl Summary {
    /// Of a task with so many classes; `None` if the task has no probabilities, for nothing bounds what a row would add.
    pub fn of(task: Task, classes: usize, threshold: f64) -> Option<Self> {
        matches!(task, Task::Binary | Task::Multiclass).then_some(Self { task, classes, threshold })
    }

    /// How many numbers are summed.
    pub fn numbers(&self) -> usize {
        match self.task {
            Task::Multiclass => 2 + self.classes * self.classes,
            _ => COUNTS + DISTANCES + 2 * SCORE_BINS,
        }
    }

    /// What some rows add, (numbers,).
    pub fn sums(&self, view: &View<'_>) -> Vec<i128> {
        let mut sums = vec![0; self.numbers()];
        match view.labels {
            Labels::Classes(labels) => {
                let (distances, counts) = sums.split_at_mut(2);
                for (label, scores) in labels.iter().zip(view.by_row()) {
                    let row = MulticlassSums::of(std::slice::from_ref(label), scores, self.classes);
                    distances[0] += steps(row.loss);
                    distances[1] += steps(row.brier);
                    counts.iter_mut().zip(row.confusion).for_each(|(sum, more)| *sum += i128::from(more));
                }
            }
            labels => {
                for (&label, &score) in labels.binary().iter().zip(view.scores) {
                    let TwoClassSums { loss, brier, right, decided, positives, hits, excess } =
                        TwoClassSums::of(&[label], &[score], self.threshold);
                    let counts = [1, right, decided, positives, hits].map(i128::from);
                    let distances = [loss, brier].into_iter().chain(excess.0).map(steps);
                    sums.iter_mut().zip(counts.into_iter().chain(distances)).for_each(|(sum, more)| *sum += more);
                    sums[COUNTS + DISTANCES + usize::from(label) * SCORE_BINS + score_bin(score)] += 1;
                }
            }
        }
        sums
    }

    /// The metrics that follow from the sum of what all rows add, others empty, and how many rows there are; `None` if there are none.
    ///
    /// # Panics
    /// If these are no sums of this kind.
    pub fn metrics(&self, sums: &[i128]) -> Option<(Metrics, u64)> {
        assert!(sums.len() == self.numbers(), "a sum has the numbers that were asked for");
        let count = |sum: &i128| u64::try_from(*sum).expect("counts are not negative");
        if self.task == Task::Multiclass {
            let confusion: Vec<u64> = sums[2..].iter().map(count).collect();
            let rows = confusion.iter().sum::<u64>();
            let found = MulticlassSums { loss: from_steps(sums[0]), brier: from_steps(sums[1]), confusion };
            return (rows > 0).then(|| (Metrics::from_values(self.task, multiclass::values(&found.metrics())), rows));
        }
        let (counts, rest) = sums.split_at(COUNTS);
        let (distances, histogram) = rest.split_at(DISTANCES);
        let [rows, right, decided, positives, hits] = [0, 1, 2, 3, 4].map(|at| count(&counts[at]));
        let excess = Excess(std::array::from_fn(|bin| from_steps(distances[2 + bin])));
        let found =
            TwoClassSums { loss: from_steps(distances[0]), brier: from_steps(distances[1]), right, decided, positives, hits, excess };
        let [of_negatives, of_positives] =
            [0, 1].map(|class| histogram[class * SCORE_BINS..][..SCORE_BINS].iter().map(count).collect::<Vec<u64>>());
        let ranking = Ranking::of_counts(&of_positives, &of_negatives);
        (rows > 0).then(|| (Metrics::from_values(self.task, binary::values(&found.metrics(rows, ranking))), rows))
    }
}

fn steps(distance: f64) -> i128 {
    (distance * STEPS).round_ties_even() as i128
}

fn from_steps(sum: i128) -> f64 {
    sum as f64 / STEPS
}

/// The bin of a probability: never a lower one for a greater score.
fn score_bin(score: f64) -> usize {
    let odds = ln(score / (1.0 - score));
    // A score of 0 or 1, whose log-odds are infinite, is in the first or the last.
    ((odds * BINS_A_UNIT + 0.5 * SCORE_BINS as f64).floor().max(0.0) as usize).min(SCORE_BINS - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::math::sigmoid;
    use crate::numeric::rng::{Purpose, Seeds, Streams};
    use crate::numeric::rows::Matrix;
    use crate::numeric::rows::Storage;
    use crate::numeric::sample::{happens, unit};

    fn rows() -> (Vec<bool>, Vec<f64>) {
        let mut stream = Streams::new(Seeds::all(5)).stream(Purpose::Generate, 0, 0);
        let of_row = |_| {
            let score = sigmoid(8.0 * unit(&mut stream) - 5.0);
            (happens(score, &mut stream), score)
        };
        (0..4000).map(of_row).unzip()
    }

    /// Against the same metrics of all rows in one place, whose scores are rounded to the bins where only their order counts.
    #[test]
    fn two_classes_have_the_metrics_of_rows_in_one_place() {
        let (labels, scores) = rows();
        let summary = Summary::of(Task::Binary, 2, 0.3).expect("it has probabilities");
        let x = Matrix::zeros((labels.len(), 0), Storage::Double);
        let view = |range: std::ops::Range<usize>| View {
            x: x.rows().range(range.clone()),
            labels: Labels::Binary(&labels[range.clone()]),
            scores: &scores[range],
        };
        let mut sums = vec![0; summary.numbers()];
        for part in [0..1, 1..1, 1..2500, 2500..4000] {
            sums.iter_mut().zip(summary.sums(&view(part))).for_each(|(sum, more)| *sum += more);
        }
        assert_eq!(sums, summary.sums(&view(0..4000)));
        let (found, rows) = summary.metrics(&sums).expect("there are rows");
        let binned: Vec<f64> = scores.iter().map(|&score| score_bin(score) as f64 / SCORE_BINS as f64).collect();
        let ordered = Metrics::of(Task::Binary, &View { scores: &binned, ..view(0..4000) }, 0.3);
        let exact = Metrics::of(Task::Binary, &view(0..4000), 0.3);
        assert_eq!(rows, 4000);
        for name in ["accuracy", "precision", "recall", "f1"] {
            assert_eq!(found.get(name), exact.get(name), "{name}");
        }
        for name in ["auc", "pr_auc", "ks", "gini", "recall_at_fpr_0.01"] {
            assert_eq!(found.get(name), ordered.get(name), "{name}");
        }
        for (name, error) in [("loss", 1e-7), ("brier", 1e-7), ("ece", 1e-6), ("auc", 1e-3), ("pr_auc", 5e-3)] {
            let [found, exact] = [&found, &exact].map(|metrics| metrics.get(name).expect("both classes are there"));
            assert!((found - exact).abs() < error, "{name}: {found} for {exact}");
        }
        assert!(summary.metrics(&vec![0; summary.numbers()]).is_none());
    }

    #[test]
    fn certainty_has_the_outer_bins() {
        assert_eq!([0.0, 1e-300, 0.5, 1.0 - 1e-16, 1.0].map(score_bin), [0, 0, 512, 1023, 1023]);
    }

    #[test]
    fn several_classes_have_all_but_the_areas() {
        let labels = [0_u8, 1, 2, 0];
        let scores = [0.5, 0.25, 0.25, 0.25, 0.5, 0.25, 0.25, 0.5, 0.25, 0.5, 0.25, 0.25];
        let x = Matrix::zeros((4, 0), Storage::Double);
        let view = View { x: x.rows(), labels: Labels::Classes(&labels), scores: &scores };
        let summary = Summary::of(Task::Multiclass, 3, 0.5).expect("it has probabilities");
        let (found, rows) = summary.metrics(&summary.sums(&view)).expect("there are rows");
        let exact = Metrics::of(Task::Multiclass, &view, 0.5);
        assert_eq!((rows, found.get("auc")), (4, None));
        for name in ["accuracy", "balanced_accuracy", "f1_macro", "f1_weighted"] {
            assert_eq!(found.get(name), exact.get(name), "{name}");
        }
        assert!((found.get("loss").expect("it is there") - exact.get("loss").expect("it is there")).abs() < 1e-7);
    }
}
