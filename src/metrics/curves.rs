//! The final model's curves, thin enough to draw: ROC, precision against recall, and calibration.

use super::calibration::{Bin, bins};

/// The three curves of one set of scores.
#[derive(Clone, Debug)]
pub struct Curves {
    /// False positive rate and true positive rate, from (0, 0) to (1, 1).
    pub roc: Vec<CurvePoint>,
    /// Recall and precision, by ascending recall, from the greatest score's.
    pub precision_recall: Vec<CurvePoint>,
    /// Bins of about equally many rows, by ascending score.
    pub calibration: Vec<Bin>,
}

/// What comes of one threshold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CurvePoint {
    /// The curve's horizontal figure.
    pub x: f64,
    /// The curve's vertical figure.
    pub y: f64,
    /// The least score that is decided 1; `None` where no row is.
    pub threshold: Option<f64>,
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
        let (mut roc, mut precision_recall) = (vec![CurvePoint { x: 0.0, y: 0.0, threshold: None }], Vec::new());
        for tied in ranked.chunk_by(|a, b| a.0 == b.0) {
            let positive = tied.iter().filter(|(_, label)| *label).count() as f64;
            hits += positive;
            alarms += tied.len() as f64 - positive;
            let at = |x: f64, y: f64| CurvePoint { x, y, threshold: Some(tied[0].0) };
            roc.push(at(alarms / negatives, hits / positives));
            precision_recall.push(at(hits / positives, hits / (hits + alarms)));
        }
        Some(Self { roc: thin(&roc), precision_recall: thin(&precision_recall), calibration: bins(&ranked, CALIBRATION_BINS) })
    }
}

/// Leaves out points that lie on the straight line between their neighbours or within a step of the last one kept.
fn thin(points: &[CurvePoint]) -> Vec<CurvePoint> {
    let mut kept: Vec<CurvePoint> = Vec::new();
    for (at, &point) in points.iter().enumerate() {
        let is_end = at == 0 || at + 1 == points.len();
        let is_far = kept.last().is_none_or(|last| (point.x - last.x).abs() >= STEP || (point.y - last.y).abs() >= STEP);
        let is_straight = || {
            let (before, after) = (points[at - 1], points[at + 1]);
            (point.x == before.x && point.x == after.x) || (point.y == before.y && point.y == after.y)
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
        let places = |points: &[CurvePoint]| points.iter().map(|point| (point.x, point.y)).collect::<Vec<_>>();
        let thresholds = |points: &[CurvePoint]| points.iter().map(|point| point.threshold).collect::<Vec<_>>();
        assert_eq!(places(&curves.roc), [(0.0, 0.0), (0.0, 0.5), (0.5, 0.5), (0.5, 1.0), (1.0, 1.0)]);
        assert_eq!(thresholds(&curves.roc), [None, Some(0.8), Some(0.6), Some(0.4), Some(0.2)]);
        assert_eq!(places(&curves.precision_recall), [(0.5, 1.0), (0.5, 0.5), (1.0, 2.0 / 3.0), (1.0, 0.5)]);
        assert!(Curves::of(&[true, true], &[0.1, 0.2]).is_none());
    }

    #[test]
    fn a_thinned_curve_has_nearly_the_area_of_the_whole_one() {
        let scores: Vec<f64> = (0..20_000_u32).map(|row| f64::from(row.wrapping_mul(2_654_435_761) >> 8)).collect();
        let labels: Vec<bool> = (0..20_000).map(|row| row % 7 == 0 || (row % 3 == 0 && scores[row] > 8e6)).collect();
        let curves = Curves::of(&labels, &scores).expect("both classes");
        assert!(curves.roc.len() < 2100 && curves.precision_recall.len() < 4000, "{}", curves.precision_recall.len());
        let area: f64 = curves.roc.windows(2).map(|pair| (pair[1].x - pair[0].x) * (pair[1].y + pair[0].y) / 2.0).sum();
        let auc = Ranking::of(&labels, &scores).expect("both classes").auc;
        assert!((area - auc).abs() < 2.0 * STEP, "{area} {auc}");
        let ends = [curves.roc[0], curves.roc[curves.roc.len() - 1]].map(|point| (point.x, point.y));
        assert_eq!(ends, [(0.0, 0.0), (1.0, 1.0)]);
    }
}
