//! The final model's curves, thin enough to draw: ROC, precision against recall, and calibration.

use super::calibration::{Bin, bins};

/// The three curves of one set of scores.
#[derive(Clone, Debug)]
pub struct Curves {
    /// (false positive rate, true positive rate), from (0, 0) to (1, 1).
    pub roc: Vec<(f64, f64)>,
    /// (recall, precision), by ascending recall, from the greatest score's.
    pub precision_recall: Vec<(f64, f64)>,
    /// Bins of about equally many rows, by ascending score.
    pub calibration: Vec<Bin>,
}

/// How many bins the calibration curve has, at most.
const CALIBRATION_BINS: usize = 20;

/// Points nearer to the one before, in both coordinates, are left out.
const STEP: f64 = 1.0 / 1024.0;

impl Curves {
    /// Of labels, (rows,), and finite scores, (rows,); `None` if a class is missing.
    pub fn of(labels: &[bool], scores: &[f64]) -> Option<Self> {
        let positives = labels.iter().filter(|&&label| label).count() as f64;
        let negatives = labels.len() as f64 - positives;
        if positives == 0.0 || negatives == 0.0 {
            return None;
        }
        let mut ranked: Vec<(f64, bool)> = scores.iter().copied().zip(labels.iter().copied()).collect();
        ranked.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
        let (mut hits, mut alarms) = (0.0, 0.0);
        let (mut roc, mut precision_recall) = (vec![(0.0, 0.0)], Vec::new());
        for tied in ranked.chunk_by(|a, b| a.0 == b.0) {
            let positive = tied.iter().filter(|(_, label)| *label).count() as f64;
            hits += positive;
            alarms += tied.len() as f64 - positive;
            roc.push((alarms / negatives, hits / positives));
            precision_recall.push((hits / positives, hits / (hits + alarms)));
        }
        Some(Self { roc: thin(&roc), precision_recall: thin(&precision_recall), calibration: bins(&ranked, CALIBRATION_BINS) })
    }
}

/// Leaves out points that lie on the straight line between their neighbours or within a step of the last one kept.
fn thin(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let mut kept: Vec<(f64, f64)> = Vec::new();
    for (at, &point) in points.iter().enumerate() {
        let is_end = at == 0 || at + 1 == points.len();
        let is_far = kept.last().is_none_or(|last| (point.0 - last.0).abs() >= STEP || (point.1 - last.1).abs() >= STEP);
        let is_straight = || {
            let (before, after) = (points[at - 1], points[at + 1]);
            (point.0 == before.0 && point.0 == after.0) || (point.1 == before.1 && point.1 == after.1)
        };
        if is_end || (is_far && !is_straight()) {
            kept.push(point);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Ranking;

    /// By hand: 0.8 is a hit, 0.6 an alarm, 0.4 a hit, 0.2 an alarm.
    #[test]
    fn the_curves_step_up_at_positives_and_aside_at_negatives() {
        let curves = Curves::of(&[true, false, true, false], &[0.8, 0.6, 0.4, 0.2]).expect("both classes");
        assert_eq!(curves.roc, [(0.0, 0.0), (0.0, 0.5), (0.5, 0.5), (0.5, 1.0), (1.0, 1.0)]);
        assert_eq!(curves.precision_recall, [(0.5, 1.0), (0.5, 0.5), (1.0, 2.0 / 3.0), (1.0, 0.5)]);
        assert!(Curves::of(&[true, true], &[0.1, 0.2]).is_none());
    }

    #[test]
    fn a_thinned_curve_has_nearly_the_area_of_the_whole_one() {
        let scores: Vec<f64> = (0..20_000_u32).map(|row| f64::from(row.wrapping_mul(2_654_435_761) >> 8)).collect();
        let labels: Vec<bool> = (0..20_000).map(|row| row % 7 == 0 || (row % 3 == 0 && scores[row] > 8e6)).collect();
        let curves = Curves::of(&labels, &scores).expect("both classes");
        assert!(curves.roc.len() < 2100 && curves.precision_recall.len() < 4000, "{}", curves.precision_recall.len());
        let area: f64 = curves.roc.windows(2).map(|pair| (pair[1].0 - pair[0].0) * (pair[1].1 + pair[0].1) / 2.0).sum();
        let auc = Ranking::of(&labels, &scores).expect("both classes").auc;
        assert!((area - auc).abs() < 2.0 * STEP, "{area} {auc}");
        assert_eq!((curves.roc[0], curves.roc.last()), ((0.0, 0.0), Some(&(1.0, 1.0))));
    }
}
