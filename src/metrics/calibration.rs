//! Whether scores are the probabilities that they claim to be.

/// How many bins of equal width the expected calibration error has.
pub const BINS: usize = 10;

/// By bin, the sum of scores less the sum of labels.
#[derive(Clone, Copy, Debug, Default)]
pub struct Excess(pub [f64; BINS]);

impl Excess {
    /// Adds a row of this label and a score from 0 to 1.
    pub(super) fn add_row(&mut self, label: bool, score: f64) {
        // A score of 1 belongs to the last bin.
        let bin = ((score * BINS as f64) as usize).min(BINS - 1);
        self.0[bin] += score - f64::from(label);
    }

    /// That of both sets of rows.
    pub(super) fn add(mut self, other: Self) -> Self {
        self.0.iter_mut().zip(other.0).for_each(|(sum, more)| *sum += more);
        self
    }

    /// The expected calibration error of the probability of label 1 (Naeini, Cooper and Hauskrecht, "Obtaining Well
    /// Calibrated Probabilities Using Bayesian Binning", AAAI 2015): over ten bins of equal width, the mean distance of the
    /// mean score and the share of positives, weighted by rows.
    pub(super) fn error(&self, rows: f64) -> f64 {
        self.0.iter().map(|excess| excess.abs()).sum::<f64>() / rows
    }
}

/// Rows of similar scores.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bin {
    /// Their mean score.
    pub mean_score: f64,
    /// The share of label 1 among them.
    pub positive_share: f64,
    /// How many they are.
    pub rows: usize,
}

/// Bins of about equally many rows, by ascending score, of rows sorted by descending score: (score, label). Rows of one score
/// share a bin.
pub(super) fn bins(ranked: &[(f64, bool)], count: usize) -> Vec<Bin> {
    let mut bins = Vec::new();
    let (mut scores, mut positives, mut rows, mut seen) = (0.0, 0.0, 0_usize, 0_usize);
    let groups: Vec<&[(f64, bool)]> = ranked.chunk_by(|a, b| a.0 == b.0).collect();
    for tied in groups.into_iter().rev() {
        scores += tied[0].0 * tied.len() as f64;
        positives += tied.iter().filter(|(_, label)| *label).count() as f64;
        rows += tied.len();
        seen += tied.len();
        // The bin ends where its share of all rows does.
        if seen * count >= (bins.len() + 1) * ranked.len() {
            bins.push(Bin { mean_score: scores / rows as f64, positive_share: positives / rows as f64, rows });
            (scores, positives, rows) = (0.0, 0.0, 0);
        }
    }
    bins
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(labels: &[bool], scores: &[f64]) -> f64 {
        let mut excess = Excess::default();
        labels.iter().zip(scores).for_each(|(&label, &score)| excess.add_row(label, score));
        excess.error(labels.len() as f64)
    }

    /// By hand: the bin of 0.15 has mean 0.15 and no positive, the bin of 0.85 and 0.81 has mean 0.83 and one of two positive:
    /// (1 * 0.15 + 2 * 0.33) / 3.
    #[test]
    fn the_calibration_error_weighs_each_bins_distance_by_its_rows() {
        let error = error(&[false, true, false], &[0.15, 0.85, 0.81]);
        assert!((error - 0.27).abs() < 1e-15, "{error}");
    }

    #[test]
    fn scores_that_are_the_shares_have_no_error_and_certainty_belongs_to_the_last_bin() {
        assert_eq!(error(&[false, true, true, false], &[0.0, 1.0, 1.0, 0.0]), 0.0);
        assert_eq!(error(&[false, true], &[0.5, 0.5]), 0.0);
    }

    #[test]
    fn every_row_is_in_one_bin_and_ties_stay_together() {
        let ranked: Vec<(f64, bool)> = (0..100).rev().map(|row| (f64::from(row / 30), row % 2 == 1)).collect();
        let bins = bins(&ranked, 20);
        assert_eq!(bins.iter().map(|bin| bin.rows).collect::<Vec<_>>(), [30, 30, 30, 10]);
        assert!(bins.windows(2).all(|pair| pair[0].mean_score < pair[1].mean_score));
        assert_eq!(bins[1], Bin { mean_score: 1.0, positive_share: 0.5, rows: 30 });
    }
}
