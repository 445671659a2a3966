//! How well each feature alone parts two classes: its information value over the bins, by which drawn trees may choose what they look at
//! (Siddiqi, "Credit Risk Scorecards", Wiley 2006, chapter 6; the divergence of Kullback and Leibler, 1951, in both directions).

use super::cuts::Cuts;
use crate::numeric::math::ln;
use crate::numeric::rows::Rows;

/// How many rows of each class lie in each bin of each feature, (features, bins and one for missing cells, 2), end to end.
pub fn class_counts(x: Rows<'_>, labels: &[bool], cuts: &Cuts) -> Vec<i128> {
    let mut counts = vec![0; 2 * (cuts.bins() + cuts.features())];
    let mut cells = vec![0.0; x.features()];
    for (row, &label) in labels.iter().enumerate() {
        x.copy_row(row, &mut cells);
        for (feature, cell) in cells.iter().enumerate() {
            let (own, range) = (cuts.of(feature), cuts.range(feature));
            let bin = if cell.is_nan() { range.len() } else { own.partition_point(|cut| cut <= cell) };
            counts[2 * (range.start + feature + bin) + usize::from(label)] += 1;
        }
    }
    counts
}

/// Each feature's information value, from the counts of all rows: the sum over its bins of the difference of the two classes' shares
/// times the logarithm of their ratio. To each count of a bin that holds rows a half is added, so that no share is 0.
pub fn information_values(counts: &[i128], cuts: &Cuts) -> Vec<f64> {
    let of_feature = |feature: usize| {
        let range = cuts.range(feature);
        let first = range.start + feature;
        let bins: Vec<[f64; 2]> = counts[2 * first..2 * (first + range.len() + 1)]
            .as_chunks::<2>()
            .0
            .iter()
            .filter(|bin| bin[0] + bin[1] > 0)
            .map(|bin| bin.map(|count| count as f64 + 0.5))
            .collect();
        let totals = bins.iter().fold([0.0; 2], |sum, bin| [sum[0] + bin[0], sum[1] + bin[1]]);
        bins.iter().map(|bin| [bin[0] / totals[0], bin[1] / totals[1]]).map(|[good, bad]| (good - bad) * ln(good / bad)).sum()
    };
    (0..cuts.features()).map(of_feature).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::rows::{Matrix, Storage};

    /// By hand, of the first feature: rows of 0 are 3 to 1 in the lower bin and 1 to 3 above, with the halves 3.5 and 1.5 of 5, so that it
    /// is 2 * 0.4 * ln(0.7 / 0.3). The second has each class alike in its bins, but for missing cells, which are of one class alone; the
    /// third tells nothing.
    #[test]
    fn a_feature_is_worth_what_the_classes_shares_differ_by() {
        let labels = [false, false, false, true, false, true, true, true];
        let second = [0.0, 0.0, 9.0, f64::NAN, 9.0, f64::NAN, 0.0, 9.0];
        let x = Matrix::build((8, 3), Storage::Double, |row, out| {
            out.copy_from_slice(&[if row < 4 { 1.0 } else { 2.0 }, second[row], 5.0]);
        });
        let cuts = Cuts::new(vec![vec![2.0], vec![4.5], Vec::new()]);
        let counts = class_counts(x.rows(), &labels, &cuts);
        assert_eq!(counts, [3, 1, 1, 3, 0, 0, 2, 1, 2, 1, 0, 2, 4, 4, 0, 0]);
        let found = information_values(&counts, &cuts);
        let [low, high] = [2.5 / 5.5, 1.5 / 5.5];
        let missing = [0.5 / 5.5, 2.5 / 5.5];
        let second = 2.0 * (low - high) * ln(low / high) + (missing[0] - missing[1]) * ln(missing[0] / missing[1]);
        for (found, wanted) in found.iter().zip([0.8 * ln(7.0 / 3.0), second, 0.0]) {
            assert!((found - wanted).abs() < 1e-12, "{found} for {wanted}");
        }
    }

    #[test]
    fn counts_of_two_clients_add_up_to_those_of_one() {
        let x = Matrix::build((60, 2), Storage::Double, |row, out| out.copy_from_slice(&[(row % 7) as f64, (row % 4) as f64]));
        let labels: Vec<bool> = (0..60).map(|row| row % 3 == 0).collect();
        let cuts = Cuts::new(vec![vec![2.0, 5.0], vec![1.0]]);
        let all = class_counts(x.rows(), &labels, &cuts);
        let parts = [0..25, 25..60].map(|range| class_counts(x.range(range.clone()), &labels[range], &cuts));
        assert_eq!(parts[0].iter().zip(&parts[1]).map(|(a, b)| a + b).collect::<Vec<_>>(), all);
        assert_eq!(all.iter().sum::<i128>(), 120);
    }
}
