//! How well the final model ranks and how honest its scores are: ROC, precision against recall, calibration.

use super::convergence::level;
use super::figure::{Axis, Course, Dash, Ends, Figure, Format, Panel, Pointing, Reference, Scale, Series, Shape};
use super::palette::{BLUE, GREEN, VERMILLION};
use super::rounds::counted;
use crate::diag::Error;
use crate::runs::Saved;

/// A point of a curve.
type Corner = (f64, Option<f64>);

/// The points of one curve.
type Curve = Vec<Corner>;

/// The picture.
pub(super) fn figure(saved: &Saved) -> Result<Figure, Error> {
    let (mut roc, mut pr, mut calibration) = (Curve::new(), Curve::new(), Curve::new());
    let (mut rows_all, mut positives) = (0.0, 0.0);
    saved.rows("curves.csv", ["curve", "x", "y", "rows"], |[curve, x, y, rows]| {
        let point = (x.number()?, Some(y.number()?));
        match curve.text() {
            "roc" => roc.push(point),
            "pr" => pr.push(point),
            "calibration" => {
                let count = rows.number()?;
                rows_all += count;
                positives += count * y.number()?;
                calibration.push(point);
            }
            _ => return Err(curve.problem("names no curve")),
        }
        Ok(())
    })?;
    let base_rate = (rows_all > 0.0).then(|| positives / rows_all);
    let panels = vec![roc_panel(&roc), low_panel(&roc), precision_panel(pr, base_rate), calibration_panel(calibration)];
    Ok(Figure { title: "The final model on the test rows".to_owned(), columns: 2, size: (1600, 1200), panels })
}

fn share(label: &str) -> Axis {
    Axis::new(label, Format::Number).between(0.0, 1.0)
}

const ONE_CLASS: &str = "not defined: the test rows have one class";

fn chance() -> Reference {
    Reference { label: "chance".to_owned(), course: Course::Diagonal, dash: Dash::Dashed }
}

fn roc_panel(roc: &Curve) -> Panel {
    let mut panel = Panel::new("ROC", share("false positive rate"), share("true positive rate (recall)"));
    panel.note = ONE_CLASS.to_owned();
    panel.pointing = Pointing::Plane;
    panel.series = vec![curve(BLUE, roc.clone())];
    panel.references = vec![chance()];
    panel
}

/// The same curve where a fraud team works: at few false alarms.
fn low_panel(roc: &Curve) -> Panel {
    let least = roc.iter().map(|(x, _)| *x).filter(|&x| x > 0.0).fold(0.1, f64::min).max(1e-6);
    // What lies left of the axis's end is told by the height at which the curve comes in.
    let entry = roc.iter().rev().find(|(x, _)| *x <= least).map(|(_, y)| (least, *y));
    let inside: Curve = entry.into_iter().chain(roc.iter().copied().filter(|(x, _)| *x > least)).collect();
    // A rate holds until the next one is reached: straight on a linear axis would not be straight on this one.
    let steps = stepped(&inside, |before, after| (after.0, before.1));
    let mut panel = Panel::new("ROC at low false positive rates", share("false positive rate"), share("true positive rate (recall)"));
    panel.x = Axis { scale: Scale::Log, ..panel.x.between(least, 1.0) };
    panel.note = ONE_CLASS.to_owned();
    panel.pointing = Pointing::Plane;
    panel.series = vec![curve(BLUE, steps)];
    panel.references = vec![chance()];
    panel
}

fn precision_panel(pr: Curve, base_rate: Option<f64>) -> Panel {
    let mut panel = Panel::new("Precision against recall", share("recall"), share("precision"));
    panel.note = ONE_CLASS.to_owned();
    panel.pointing = Pointing::Plane;
    // Average precision takes each threshold's precision for all the recall gained since the threshold before.
    let from_zero = pr.first().map(|(_, precision)| (0.0, *precision));
    let whole: Curve = from_zero.into_iter().chain(pr).collect();
    panel.series = vec![curve(GREEN, stepped(&whole, |before, after| (before.0, after.1)))];
    panel.references = base_rate.map(|rate| Reference { label: format!("base rate {rate:.4}"), ..level("", rate) }).into_iter().collect();
    panel
}

fn calibration_panel(calibration: Curve) -> Panel {
    let values = calibration.iter().flat_map(|(x, y)| [Some(*x), *y]).flatten();
    let (low, high) = values.clone().filter(|&value| value > 0.0).fold((1.0, 0.0_f64), |(low, high), v| (f64::min(low, v), high.max(v)));
    let mut x = Axis::new("mean score of the bin", Format::Number).log_if_wide(values);
    x.ends = Ends::Round;
    let range = if x.scale == Scale::Log {
        (low / 1.3, (high * 1.3).min(1.0))
    } else {
        (0.0, if high > 0.0 { (high * 1.05).min(1.0) } else { 1.0 })
    };
    let y = Axis { scale: x.scale, ..Axis::new("share of positives", Format::Number) };
    let without = calibration.iter().filter(|(_, y)| *y == Some(0.0)).count();
    let title = match (x.scale, without) {
        (Scale::Linear, _) | (_, 0) => "Calibration".to_owned(),
        (Scale::Log, count) => format!("Calibration; {} at 0 not shown", counted(count, "bin")),
    };
    let mut panel = Panel::new(title, x.between(range.0, range.1), y.between(range.0, range.1));
    panel.note = "not defined on these test rows".to_owned();
    panel.series = vec![Series::line("bins of test rows", VERMILLION, calibration.into_iter())];
    panel.references = vec![Reference { label: "perfect".to_owned(), course: Course::Diagonal, dash: Dash::Dashed }];
    panel
}

fn curve(look: usize, points: Curve) -> Series {
    Series { shape: Shape::Curve, ..Series::line("model", look, points.into_iter()) }
}

/// The curve with a corner between each two points that differ in both coordinates.
fn stepped(points: &Curve, corner: fn(Corner, Corner) -> Corner) -> Curve {
    let mut steps: Curve = points.first().copied().into_iter().collect();
    for pair in points.windows(2) {
        if pair[0].0 != pair[1].0 && pair[0].1 != pair[1].1 {
            steps.push(corner(pair[0], pair[1]));
        }
        steps.push(pair[1]);
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_turns_at_a_corner_and_only_where_it_is_slanted() {
        let slanted = vec![(0.0, Some(0.2)), (0.5, Some(0.2)), (1.0, Some(0.8))];
        let aside_first = stepped(&slanted, |before, after| (after.0, before.1));
        assert_eq!(aside_first, [(0.0, Some(0.2)), (0.5, Some(0.2)), (1.0, Some(0.2)), (1.0, Some(0.8))]);
        let up_first = stepped(&slanted, |before, after| (before.0, after.1));
        assert_eq!(up_first, [(0.0, Some(0.2)), (0.5, Some(0.2)), (0.5, Some(0.8)), (1.0, Some(0.8))]);
        assert!(stepped(&Curve::new(), |before, _| before).is_empty());
    }
}
