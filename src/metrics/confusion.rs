//! Right and wrong decisions at a threshold, by class.

/// How many rows of each class were decided which way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Confusion {
    /// Positive rows that were decided 1.
    pub true_positives: u64,
    /// Negative rows that were decided 1.
    pub false_positives: u64,
    /// Negative rows that were decided 0.
    pub true_negatives: u64,
    /// Positive rows that were decided 0.
    pub false_negatives: u64,
}

impl Confusion {
    /// Of labels, (rows,), and scores, (rows,); a score at or above `threshold` decides for 1.
    pub fn of(labels: &[bool], scores: &[f64], threshold: f64) -> Self {
        let mut confusion = Self::default();
        for (&label, &score) in labels.iter().zip(scores) {
            let count = match (label, score >= threshold) {
                (true, true) => &mut confusion.true_positives,
                (false, true) => &mut confusion.false_positives,
                (false, false) => &mut confusion.true_negatives,
                (true, false) => &mut confusion.false_negatives,
            };
            *count += 1;
        }
        confusion
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: 0.9 is found, 0.5 stands on the threshold and is a false alarm, 0.4 is missed, 0.1 and 0.2 are left alone.
    #[test]
    fn each_row_is_counted_once_in_its_place() {
        let confusion = Confusion::of(&[true, false, true, false, false], &[0.9, 0.5, 0.4, 0.1, 0.2], 0.5);
        let Confusion { true_positives, false_positives, true_negatives, false_negatives } = confusion;
        assert_eq!([true_positives, false_positives, true_negatives, false_negatives], [1, 1, 2, 1]);
    }
}
