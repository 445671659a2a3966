//! How scores are distributed in each class.

/// How many bins there are.
const BINS: usize = 50;

/// Rows whose scores lie in one bin.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScoreBin {
    /// The least score of the bin.
    pub low: f64,
    /// The next bin's least score; 1 of the last, to which a score of 1 belongs.
    pub high: f64,
    /// Rows of label 0.
    pub negatives: u64,
    /// Rows of label 1.
    pub positives: u64,
}

/// Bins of equal width from 0 to 1, of labels, (rows,), and scores, (rows,).
pub fn score_histogram(labels: &[bool], scores: &[f64]) -> Vec<ScoreBin> {
    let edge = |bin: usize| bin as f64 / BINS as f64;
    let empty = |bin: usize| ScoreBin { low: edge(bin), high: edge(bin + 1), negatives: 0, positives: 0 };
    let mut bins: Vec<ScoreBin> = (0..BINS).map(empty).collect();
    for (&label, &score) in labels.iter().zip(scores) {
        // The product may round to the wrong side of an edge: the edges themselves say where the score belongs.
        let near = ((score * BINS as f64) as usize).min(BINS - 1);
        let at = match () {
            () if score < bins[near].low => near - 1,
            () if score >= bins[near].high && near + 1 < BINS => near + 1,
            () => near,
        };
        let count = if label { &mut bins[at].positives } else { &mut bins[at].negatives };
        *count += 1;
    }
    bins
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_score_lies_between_the_edges_of_its_bin() {
        let scores: Vec<f64> = (0..=1000).map(|row| f64::from(row) / 1000.0).chain([0.58_f64.next_down(), 0.58, 1.0]).collect();
        for &score in &scores {
            let bins = score_histogram(&[true], &[score]);
            let bin = bins.iter().find(|bin| bin.positives == 1).expect("it is counted");
            assert!(bin.low <= score && (score < bin.high || score == 1.0), "{score} {bin:?}");
        }
        let bins = score_histogram(&vec![false; scores.len()], &scores);
        assert_eq!(bins.iter().map(|bin| bin.negatives).sum::<u64>(), scores.len() as u64);
        assert_eq!((bins[0].low, bins[BINS - 1].high), (0.0, 1.0));
    }
}
