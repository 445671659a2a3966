//! How well the final model ranks and how honest its scores are: ROC, precision against recall, calibration, score distribution.

use super::convergence::level;
use crate::charts::between;
use crate::charts::figure::{Axis, Course, Dash, Figure, Format, Panel, Point, Pointing, Reference, Scale, Series, Shape};
use crate::charts::palette::{BLACK, BLUE, GREEN, SKY, VERMILLION};
use crate::diag::Error;
use crate::numeric::binomial::wilson_interval;
use crate::report::decisions::Decisions;
use crate::runs::Saved;

/// The points of one curve, each with its threshold.
type Curve = Vec<Point>;

/// A bin of test rows.
#[derive(Clone, Copy, Debug)]
struct Bin {
    score: f64,
    share: f64,
    rows: f64,
}

/// The picture.
pub(super) fn figure(saved: &Saved) -> Result<Figure, Error> {
    let (mut roc, mut pr, mut bins) = (Curve::new(), Curve::new(), Vec::new());
    saved.rows("curves.csv", ["curve", "x", "y", "rows", "threshold"], |[curve, x, y, rows, threshold]| {
        let told = threshold.optional()?.map(|threshold| format!("threshold {}", four_digits(threshold)));
        let point = Point { x: x.number()?, y: Some(y.number()?), told, ..Point::default() };
        match curve.text() {
            "roc" => roc.push(point),
            "pr" => pr.push(point),
            "calibration" => bins.push(Bin { score: x.number()?, share: y.number()?, rows: rows.number()? }),
            _ => return Err(curve.problem("names no curve")),
        }
        Ok(())
    })?;
    let (rows, positives) = bins.iter().fold((0.0, 0.0), |(rows, positives), bin| (rows + bin.rows, positives + bin.rows * bin.share));
    let base_rate = (rows > 0.0).then(|| positives / rows);
    let decisions = Decisions::read(saved)?;
    let panels =
        vec![roc_panel(&roc, decisions), low_panel(&roc, decisions), precision_panel(pr, base_rate, decisions), calibration_panel(&bins)];
    let auc = decisions.and_then(|decisions| decisions.auc).map(|auc| format!(": AUC {auc:.4}")).unwrap_or_default();
    let figure = Figure::new(format!("The final model on the test rows{auc}"), 2, (1600, 1240), panels);
    if !saved.has("scores.csv") {
        return Ok(figure);
    }
    Ok(figure.with_strip(scores(saved)?, 400))
}

/// A threshold as short as it can be told from its neighbours in most cases.
fn four_digits(threshold: f64) -> String {
    if threshold != 0.0 && threshold.abs() < 1e-3 { format!("{threshold:.2e}") } else { format!("{threshold:.4}") }
}

fn share(label: &str) -> Axis {
    Axis::new(label, Format::Number).between(0.0, 1.0)
}

const ONE_CLASS: &str = "not defined: the test rows have one class";

fn chance() -> Reference {
    Reference { label: "chance".to_owned(), course: Course::Diagonal, dash: Dash::Dashed }
}

/// Where the scenario's threshold lies on a curve, with what is read off there; nothing where it decides nothing.
fn operating(decisions: Option<Decisions>, place: fn(&Decisions) -> Option<(f64, f64)>, names: [&str; 2]) -> Option<Series> {
    let decisions = decisions?;
    let (x, y) = place(&decisions)?;
    let threshold = format!("threshold {}", four_digits(decisions.threshold));
    let name = format!("{threshold}: {} {}, {} {}", names[0], four_digits(y), names[1], four_digits(x));
    let points = vec![Point { x, y: Some(y), told: Some(threshold), ..Point::default() }];
    Some(Series { name, look: BLACK, shape: Shape::Points, points })
}

fn on_roc(decisions: Option<Decisions>) -> Option<Series> {
    let place = |decisions: &Decisions| Some((decisions.false_positive_rate()?, decisions.true_positive_rate()?));
    operating(decisions, place, ["TPR", "FPR"])
}

fn roc_panel(roc: &Curve, decisions: Option<Decisions>) -> Panel {
    let mut panel = Panel::new("ROC", share("false positive rate"), share("true positive rate (recall)"));
    panel.note = ONE_CLASS.to_owned();
    panel.pointing = Pointing::Plane;
    panel.series = [curve(BLUE, roc.clone())].into_iter().chain(on_roc(decisions)).collect();
    panel.references = vec![chance()];
    panel
}

/// The same curve where a fraud team works: at few false alarms.
fn low_panel(roc: &Curve, decisions: Option<Decisions>) -> Panel {
    let least = roc.iter().map(|point| point.x).filter(|&x| x > 0.0).fold(0.1, f64::min).max(1e-6);
    let mut panel = Panel::new("ROC at low false positive rates", share("false positive rate"), share("true positive rate (recall)"));
    panel.x = Axis { scale: Scale::Log, ..panel.x.between(least, 1.0) };
    panel.note = ONE_CLASS.to_owned();
    panel.pointing = Pointing::Plane;
    panel.series = vec![curve(BLUE, bent(roc, least))];
    panel.series.extend(on_roc(decisions).filter(|series| series.points.iter().all(|point| point.x >= least)));
    panel.references = vec![chance()];
    panel
}

/// The curve right of `least` as a logarithmic axis shows it. Between two points it is straight on a linear axis: rows of one score
/// can be decided 1 in part, by lot.
fn bent(roc: &Curve, least: f64) -> Curve {
    let mut bent = Curve::new();
    for pair in roc.windows(2) {
        let (Some(from), Some(to)) = (pair[0].y, pair[1].y) else { continue };
        if pair[1].x < least {
            continue;
        }
        let start = pair[0].x.max(least);
        let rate = |x: f64| from + (to - from) * ((x - pair[0].x) / (pair[1].x - pair[0].x)).clamp(0.0, 1.0);
        if bent.is_empty() && pair[1].x > start {
            let told = pair[0].told.clone().filter(|_| start == pair[0].x);
            bent.push(Point { x: start, y: Some(rate(start)), told, ..Point::default() });
        }
        if from != to && pair[1].x > 1.05 * start {
            let steps = between(start, pair[1].x, Scale::Log);
            bent.extend(steps[1..steps.len() - 1].iter().map(|&x| Point { x, y: Some(rate(x)), ..Point::default() }));
        }
        bent.push(pair[1].clone());
    }
    bent
}

fn precision_panel(pr: Curve, base_rate: Option<f64>, decisions: Option<Decisions>) -> Panel {
    let mut panel = Panel::new("Precision against recall", share("recall"), share("precision"));
    panel.note = ONE_CLASS.to_owned();
    panel.pointing = Pointing::Plane;
    // Average precision takes each threshold's precision for all the recall gained since the threshold before.
    let from_zero = pr.first().map(|point| Point { x: 0.0, ..point.clone() });
    let whole: Curve = from_zero.into_iter().chain(pr).collect();
    let place = |decisions: &Decisions| Some((decisions.true_positive_rate()?, decisions.precision()?));
    panel.series = [curve(GREEN, stepped(&whole))].into_iter().chain(operating(decisions, place, ["precision", "recall"])).collect();
    panel.references = base_rate.map(|rate| Reference { label: format!("base rate {rate:.4}"), ..level("", rate) }).into_iter().collect();
    panel
}

fn calibration_panel(bins: &[Bin]) -> Panel {
    let interval = |bin: &Bin| wilson_interval((bin.rows * bin.share).round(), bin.rows.max(1.0));
    let greatest = bins.iter().flat_map(|bin| [bin.score, interval(bin)[1]]).fold(0.0, f64::max);
    let end = if greatest > 0.0 { (1.05 * greatest).min(1.0) } else { 1.0 };
    let axis = |label: &str| Axis::new(label, Format::Number).between(0.0, end);
    let mut panel = Panel::new("Calibration: bins of test rows", axis("mean score of the bin"), axis("share of positives"));
    panel.note = "not defined on these test rows".to_owned();
    let ends = bins.iter().map(|bin| {
        let [low, high] = interval(bin);
        Point { x: bin.score, y: Some(high), low: Some(low), ..Point::default() }
    });
    panel.series = vec![
        Series { name: "95% interval".to_owned(), look: VERMILLION, shape: Shape::Interval, points: ends.collect() },
        Series { shape: Shape::Points, ..Series::line("share", VERMILLION, bins.iter().map(|bin| (bin.score, Some(bin.share)))) },
    ];
    panel.references = vec![Reference { label: "perfect".to_owned(), course: Course::Diagonal, dash: Dash::Dashed }];
    panel
}

/// How the scores of each class are distributed, on a scale on which single rows are seen beside many.
fn scores(saved: &Saved) -> Result<Panel, Error> {
    const NONE: f64 = 0.5;
    let (mut negatives, mut positives, mut most) = (Vec::new(), Vec::new(), 1.0_f64);
    saved.rows("scores.csv", ["score_from", "score_to", "negatives", "positives"], |[from, to, zeros, ones]| {
        let (from, to, zeros, ones) = (from.number()?, to.number()?, zeros.count()? as f64, ones.count()? as f64);
        most = most.max(zeros).max(ones);
        let bar = |rows: f64| Point { x: (from + to) / 2.0, y: (rows > 0.0).then_some(rows), low: Some(NONE), ..Point::default() };
        negatives.push(bar(zeros));
        positives.push(Point { low: None, ..bar(ones) });
        Ok(())
    })?;
    let y = Axis { scale: Scale::Log, ..Axis::new("test rows", Format::Count).between(NONE, 2.0 * most) };
    let mut panel = Panel::new("Scores of the test rows by class", share("score"), y);
    panel.note = "no test row has a score".to_owned();
    panel.series = vec![
        Series { name: "negatives".to_owned(), look: SKY, shape: Shape::Stack, points: negatives },
        Series { name: "positives".to_owned(), look: VERMILLION, shape: Shape::Points, points: positives },
    ];
    Ok(panel)
}

fn curve(look: usize, points: Curve) -> Series {
    Series { name: "model".to_owned(), look, shape: Shape::Curve, points }
}

/// The curve with a corner between each two points that differ in both coordinates: first up or down, then across.
fn stepped(points: &Curve) -> Curve {
    let mut steps: Curve = points.first().cloned().into_iter().collect();
    for pair in points.windows(2) {
        if pair[0].x != pair[1].x && pair[0].y != pair[1].y {
            steps.push(Point { x: pair[0].x, ..pair[1].clone() });
        }
        steps.push(pair[1].clone());
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(points: &[(f64, f64)]) -> Curve {
        points.iter().map(|&(x, y)| Point { x, y: Some(y), ..Point::default() }).collect()
    }

    fn places(curve: &Curve) -> Vec<(f64, f64)> {
        curve.iter().map(|point| (point.x, point.y.expect("it has a height"))).collect()
    }

    #[test]
    fn a_step_turns_at_a_corner_and_only_where_it_is_slanted() {
        let steps = stepped(&curve(&[(0.0, 0.2), (0.5, 0.2), (1.0, 0.8)]));
        assert_eq!(places(&steps), [(0.0, 0.2), (0.5, 0.2), (0.5, 0.8), (1.0, 0.8)]);
        assert!(stepped(&Curve::new()).is_empty());
    }

    /// One score for all rows: the rate of either class is whatever share of the rows a lot picks.
    #[test]
    fn ties_are_straight_between_their_ends_on_the_logarithmic_axis_too() {
        let bent = places(&bent(&curve(&[(0.0, 0.0), (1.0, 1.0)]), 0.1));
        assert_eq!((bent[0], bent[bent.len() - 1]), ((0.1, 0.1), (1.0, 1.0)));
        assert!(bent.len() > 50 && bent.iter().all(|(x, y)| (x - y).abs() < 1e-12), "{bent:?}");
    }

    /// By hand: halfway from (0.1, 0.2) to (0.3, 0.6) the rate is 0.4; what lies left of 0.2 is left out.
    #[test]
    fn the_curve_comes_in_at_the_height_that_it_has_at_the_axis_end() {
        let bent = places(&bent(&curve(&[(0.0, 0.0), (0.1, 0.2), (0.3, 0.6), (1.0, 0.6)]), 0.2));
        assert!((bent[0].1 - 0.4).abs() < 1e-12 && bent[0].0 == 0.2, "{bent:?}");
        assert_eq!(&bent[bent.len() - 2..], [(0.3, 0.6), (1.0, 0.6)]);
    }
}
