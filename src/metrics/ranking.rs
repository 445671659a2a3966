//! What depends on the order of scores alone: the areas under ROC and precision-recall curves, and the KS distance.
//!
//! AUC as Hanley and McNeil (Radiology 1982), average precision without interpolation as scikit-learn's
//! `average_precision_score`, KS as the largest difference of the two classes' distribution functions.

use crate::numeric::order::order_key;
use crate::numeric::reduce;

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
    /// Of labels, (rows,), and finite scores, (rows,); `None` if a class is missing.
    ///
    /// Every figure changes at the scores of positives alone, so only these are sorted; of the negatives it is counted how
    /// many lie at and between them.
    pub fn of(labels: &[bool], scores: &[f64]) -> Option<Self> {
        let levels = Levels::of(labels, scores);
        let positives = levels.hits.iter().sum::<u64>();
        if positives == 0 || positives == labels.len() as u64 {
            return None;
        }
        let misses = levels.count_negatives(labels, scores);
        Some(Self::of_levels(&levels.hits, &misses, [positives, labels.len() as u64 - positives].map(|count| count as f64)))
    }

    /// Of how many positive and negative rows have each of some scores, ascending; `None` if a class is missing.
    pub fn of_counts(positives: &[u64], negatives: &[u64]) -> Option<Self> {
        let all = [positives, negatives].map(|counts| counts.iter().sum::<u64>() as f64);
        let misses = Misses { tied: negatives.iter().map(|&count| count as u32).collect(), below: vec![0; negatives.len() + 1] };
        (!all.contains(&0.0)).then(|| Self::of_levels(positives, &misses, all))
    }

    /// Of the positives of each level, ascending, the negatives at and between levels, and how many there are of both in all.
    fn of_levels(hits: &[u64], misses: &Misses, [positives, negatives]: [f64; 2]) -> Self {
        // Counts stay below 2^53, so these sums of whole numbers and halves are exact in any order.
        let (mut pairs, mut average_precision, mut ks) = (0.0, 0.0, 0.0_f64);
        let (mut true_positives, mut false_positives) = (0.0, 0.0);
        let mut recalls = [0.0; FALSE_POSITIVE_RATES.len()];
        for (level, &hits) in hits.iter().enumerate().rev() {
            let (hits, tied, above) = (hits as f64, f64::from(misses.tied[level]), f64::from(misses.below[level + 1]));
            pairs += above * true_positives + tied * (true_positives + 0.5 * hits);
            true_positives += hits;
            false_positives += above + tied;
            // A level that nobody reaches changes nothing.
            if hits > 0.0 {
                average_precision += hits / positives * (true_positives / (true_positives + false_positives));
            }
            let (recall, false_positive_rate) = (true_positives / positives, false_positives / negatives);
            ks = ks.max(recall - false_positive_rate);
            for (slot, limit) in recalls.iter_mut().zip(FALSE_POSITIVE_RATES) {
                if false_positive_rate <= limit {
                    *slot = recall;
                }
            }
        }
        pairs += f64::from(misses.below[0]) * true_positives;
        Self { auc: pairs / (positives * negatives), average_precision, ks, recalls }
    }

    /// The Gini coefficient of credit scoring, Somers' D: 2 AUC - 1.
    pub fn gini(&self) -> f64 {
        2.0 * self.auc - 1.0
    }
}

/// The distinct scores of positive rows, ascending, and how many rows have each.
struct Levels {
    scores: Vec<f64>,
    hits: Vec<u64>,
    /// Where the scores of each of many ranges begin among `scores`. Ranges are equally wide in [`order_key`]s, hence the finer the
    /// nearer scores are to 0, as where one class is rare the scores themselves are.
    starts: Vec<u32>,
    /// The first range's first key, and how wide ranges are: 2^`shift` keys.
    lowest: u64,
    shift: u32,
}

/// How many ranges a level has: most then hold none, and a score there needs no search.
const RANGES_A_LEVEL: usize = 16;

/// Not more ranges than these, which fit into the nearest cache, unless there are half as many levels.
const RANGES_IN_CACHE: usize = 4096;

/// How many negative rows have which scores.
struct Misses {
    /// By level: those of the same score.
    tied: Vec<u32>,
    /// By level: those between the level below and this one; the last, above all levels.
    below: Vec<u32>,
}

/// Rows are counted in parts of so many.
const CHUNK: usize = 16_384;

impl Levels {
    fn of(labels: &[bool], scores: &[f64]) -> Self {
        let positive = labels.iter().zip(scores).filter(|(label, _)| **label);
        // A negative zero is the same score as zero.
        let mut sorted: Vec<f64> = positive.map(|(_, score)| score + 0.0).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let runs = sorted.chunk_by(|a, b| a == b);
        let (scores, hits): (Vec<f64>, Vec<u64>) = runs.map(|run| (run[0], run.len() as u64)).unzip();
        let wanted = (RANGES_A_LEVEL * scores.len()).min(RANGES_IN_CACHE.max(2 * scores.len()));
        let lowest = scores.first().map_or(0, |&first| order_key(first));
        let span = scores.last().map_or(0, |&last| order_key(last) - lowest);
        let shift = (span / wanted.max(1) as u64).checked_ilog2().map_or(0, |log| log + 1);
        let mut levels = Self { scores, hits, starts: vec![0; (span >> shift) as usize + 2], lowest, shift };
        for level in 0..levels.scores.len() {
            let range = levels.range(levels.scores[level]);
            levels.starts[range + 1] = level as u32 + 1;
        }
        for range in 1..levels.starts.len() {
            levels.starts[range] = levels.starts[range].max(levels.starts[range - 1]);
        }
        levels
    }

    /// Which range a score falls into; never a lower one for a greater score.
    fn range(&self, score: f64) -> usize {
        ((order_key(score).saturating_sub(self.lowest) >> self.shift) as usize).min(self.starts.len() - 2)
    }

    /// The least level that is not below a score; their number if all are.
    fn at_or_above(&self, score: f64) -> usize {
        let range = self.range(score);
        let (start, end) = (self.starts[range] as usize, self.starts[range + 1] as usize);
        start + self.scores[start..end].partition_point(|&level| level < score)
    }

    fn count_negatives(&self, labels: &[bool], scores: &[f64]) -> Misses {
        let chunks: Vec<(&[bool], &[f64])> = labels.chunks(CHUNK).zip(scores.chunks(CHUNK)).collect();
        let counted = reduce::map_ahead(&chunks, 8 * self.scores.len(), |(labels, scores)| {
            let mut misses = self.no_misses();
            for (_, &score) in labels.iter().zip(*scores).filter(|(label, _)| !**label) {
                let level = self.at_or_above(score);
                if self.scores.get(level) == Some(&score) {
                    misses.tied[level] += 1;
                } else {
                    misses.below[level] += 1;
                }
            }
            misses
        });
        counted.fold(self.no_misses(), |mut all, part| {
            let add = |all: &mut [u32], part: &[u32]| all.iter_mut().zip(part).for_each(|(all, part)| *all += part);
            add(&mut all.tied, &part.tied);
            add(&mut all.below, &part.below);
            all
        })
    }

    fn no_misses(&self) -> Misses {
        Misses { tied: vec![0; self.scores.len()], below: vec![0; self.scores.len() + 1] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: of the pairs (0.8 > 0.6), (0.8 > 0.2), (0.4 < 0.6), (0.4 > 0.2) three are in order.
    #[test]
    fn the_auc_counts_ordered_pairs() {
        let ranking = Ranking::of(&[true, false, true, false], &[0.8, 0.6, 0.4, 0.2]).expect("both classes");
        assert_eq!(ranking.auc, 0.75);
        // Precisions at the two hits are 1 and 2/3.
        assert!((ranking.average_precision - 5.0 / 6.0).abs() < 1e-15);
        assert_eq!(ranking.ks, 0.5);
    }

    /// By hand: of 200 negatives one above all positives and nine more above the second: rates 0.005 and 0.05.
    #[test]
    fn recall_at_a_rate_is_the_best_threshold_within_it() {
        let mut rows = vec![(0.99, false), (0.9, true)];
        rows.extend((0..9).map(|i| (0.8 - f64::from(i) / 100.0, false)));
        rows.extend([(0.5, true), (0.5, false), (0.4, true)]);
        rows.extend((0..189).map(|i| (0.3 - f64::from(i) / 1000.0, false)));
        let (scores, labels): (Vec<f64>, Vec<bool>) = rows.into_iter().unzip();
        let ranking = Ranking::of(&labels, &scores).expect("both classes");
        // The second positive is tied with the eleventh negative, whose rate 0.055 is above 0.05.
        assert_eq!(ranking.recalls, [0.0, 1.0 / 3.0, 1.0 / 3.0]);
    }

    #[test]
    fn zero_and_negative_zero_are_one_score() {
        let ranking = Ranking::of(&[true, false], &[-0.0, 0.0]).expect("both classes");
        assert_eq!(ranking.auc, 0.5);
    }

    /// The areas by their definitions, over all pairs and all thresholds.
    #[test]
    fn counting_at_positives_gives_what_all_pairs_and_thresholds_give() {
        for (spread, scale) in [(7_u32, 1.0), (1000, 1e-3), (1000, -1e-3), (1000, 1e300), (1, 0.0), (40_000, 5e-324)] {
            let scores: Vec<f64> = (0..3000_u32).map(|row| f64::from((row.wrapping_mul(2_654_435_761) >> 9) % spread) * scale).collect();
            let labels: Vec<bool> = (0..3000_u32).map(|row| row.wrapping_mul(40_503) >> 3 & 3 == 0).collect();
            let ranking = Ranking::of(&labels, &scores).expect("both classes");
            let of = |class: bool| labels.iter().zip(&scores).filter(move |(label, _)| **label == class).map(|(_, score)| *score);
            let (positives, negatives): (Vec<f64>, Vec<f64>) = (of(true).collect(), of(false).collect());
            let won = |p: f64| negatives.iter().map(|&n| if p > n { 1.0 } else { 0.5 * f64::from(u8::from(p == n)) }).sum::<f64>();
            let pairs: f64 = positives.iter().map(|&p| won(p)).sum();
            assert_eq!(ranking.auc, pairs / (positives.len() as f64 * negatives.len() as f64));
            let rate = |class: &[f64], level: f64| class.iter().filter(|&&score| score >= level).count() as f64 / class.len() as f64;
            let ks = scores.iter().map(|&level| rate(&positives, level) - rate(&negatives, level)).fold(0.0, f64::max);
            assert_eq!(ranking.ks, ks);
        }
    }

    #[test]
    fn one_class_has_no_ranking() {
        assert_eq!(Ranking::of(&[true, true], &[0.1, 0.2]), None);
        assert_eq!(Ranking::of(&[], &[]), None);
    }
}
