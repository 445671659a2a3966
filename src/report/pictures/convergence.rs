//! How the global model's figures on the test rows move from round to round.

use super::rounds::{aborted, ascending, counted};
use crate::charts::figure::{Axis, Course, Dash, Figure, Format, Panel, Point, Reference, Series, Shape};
use crate::charts::palette::{BLACK, BLUE, GREY, VERMILLION};
use crate::diag::Error;
use crate::numeric::quantile;
use crate::numeric::text::grouped;
use crate::runs::Saved;
use crate::tasks::{Metric, Range, Task};

/// A metric's name within a sentence, or at an axis.
pub(super) fn name_of(metric: &Metric) -> &'static str {
    if metric.name == "loss" { "loss" } else { metric.label }
}

/// The picture.
pub(super) fn figure(saved: &Saved, task: Task) -> Result<Figure, Error> {
    let mut values: [Curve; 4] = Default::default();
    let mut last = 0.0;
    let metrics = task.shown();
    let [a, b, c, d] = metrics.map(|metric| metric.name);
    saved.rows("metrics_log.csv", ["round", a, b, c, d], |[round, cells @ ..]| {
        let round = ascending(round, &mut last)?;
        for (values, cell) in values.iter_mut().zip(cells) {
            values.push((round, cell.optional()?));
        }
        Ok(())
    })?;
    let spreads = spreads(saved, task)?;
    let baseline = centralised(saved, task)?;
    let still: Vec<Option<f64>> = values.iter().map(never_moves).collect();
    let all_still = still.iter().all(Option::is_some);
    let mut panels = Vec::new();
    for ((at, values), (spread, baseline)) in values.into_iter().enumerate().zip(spreads.into_iter().zip(baseline)) {
        if still[at].is_none() || all_still {
            panels.push(panel(metrics[at], values, spread, baseline));
        }
    }
    let named = metrics.iter().zip(&still).filter_map(|(metric, value)| Some(format!("{} stays {:.4}", name_of(metric), (*value)?)));
    let still = if all_still { String::new() } else { named.map(|words| format!("; {words}")).collect() };
    let title = format!("Convergence: the global model on the test rows, {}{still}", counted(last as usize, "round"));
    let columns = panels.len().min(2);
    let size = (1600, if panels.len() > 2 { 1240 } else { 740 });
    Ok(Figure::new(title, columns, size, panels).with_strip(survivors(saved)?, 340))
}

/// A metric's value, where it is the same in all of two or more rounds.
fn never_moves(values: &Curve) -> Option<f64> {
    let mut measured = values.iter().filter_map(|(_, value)| *value);
    let first = measured.next()?;
    let mut others = measured.peekable();
    (others.peek().is_some() && others.all(|value| value == first)).then_some(first)
}

/// A metric's course.
fn panel(metric: &Metric, values: Curve, spread: Vec<Point>, baseline: Option<f64>) -> Panel {
    let best = best(metric, &values);
    let shown = values.iter().filter_map(|(_, value)| *value).chain(spread.iter().flat_map(|point| [point.y, point.low]).flatten());
    let axis = axis(metric, shown.collect::<Vec<_>>().into_iter());
    let mut panel = Panel::new(heading(metric.label, &values, best), Axis::of_rounds(), axis);
    panel.note = format!("{} is not defined on these test rows", name_of(metric));
    if !spread.is_empty() {
        let name = "clients' own rows, 10th to 90th percentile".to_owned();
        panel.series.push(Series { name, look: GREY, shape: Shape::Band, points: spread });
    }
    panel.series.push(Series::line("test rows", BLUE, values.into_iter()));
    if let Some((round, value)) = best {
        let points = vec![Point { x: round, y: Some(value), ..Point::default() }];
        panel.series.push(Series { name: "best round".to_owned(), look: BLACK, shape: Shape::Points, points });
    }
    panel.references = baseline.map(|value| level("centralised", value)).into_iter().collect();
    panel
}

/// The round, the first of them, in which a trained model was best, with its value.
fn best(metric: &Metric, values: &Curve) -> Option<(f64, f64)> {
    let is_better = |value: f64, known: f64| metric.worse.is_better(value, known, 0.0);
    let trained = values.iter().filter(|(round, _)| *round > 0.0).filter_map(|(round, value)| Some((*round, (*value)?)));
    trained.reduce(|known, next| if is_better(next.1, known.1) { next } else { known })
}

/// How many clients of each round answered, and where rounds were aborted.
fn survivors(saved: &Saved) -> Result<Panel, Error> {
    let (mut survivors, mut selected, mut last) = (Vec::new(), Vec::new(), 0.0);
    saved.rows("round_log.csv", ["round", "selected", "survivors"], |[round, asked, answered]| {
        let round = ascending(round, &mut last)?;
        if round > 0.0 {
            survivors.push((round, answered.optional()?));
            selected.push((round, asked.optional()?));
        }
        Ok(())
    })?;
    let lost = survivors.iter().zip(&selected).filter(|(answered, asked)| answered.1 != asked.1).count();
    let title = match lost {
        0 => "Survivors a round: every client answered in every round".to_owned(),
        lost => format!("Survivors a round: clients were lost in {} of {}", grouped(&lost.to_string()), counted(survivors.len(), "round")),
    };
    let mut panel = Panel::new(title, Axis::of_rounds(), Axis::new("clients", Format::Count).and_zero());
    panel.note = "no round was run".to_owned();
    panel.series = vec![
        Series { shape: Shape::Curve, ..Series::line("selected", GREY, selected.into_iter()) },
        Series { shape: Shape::Curve, ..Series::line("survivors", VERMILLION, survivors.into_iter()) },
    ];
    panel.marks = aborted(saved)?;
    Ok(panel)
}

/// Of each metric, in each round that has them, the 10th and the 90th percentile over the clients; none where they were not
/// measured.
fn spreads(saved: &Saved, task: Task) -> Result<[Vec<Point>; 4], Error> {
    let mut spreads: [Vec<Point>; 4] = Default::default();
    if !saved.has("client_metrics.csv") {
        return Ok(spreads);
    }
    let (mut values, mut last): ([Vec<f64>; 4], f64) = (Default::default(), 0.0);
    let mut close = |round: f64, values: &mut [Vec<f64>; 4]| {
        for (points, values) in spreads.iter_mut().zip(values) {
            values.sort_unstable_by(f64::total_cmp);
            if let (Some(low), Some(high)) = (quantile(values, 0.1), quantile(values, 0.9)) {
                points.push(Point { x: round, y: Some(high), low: Some(low), ..Point::default() });
            }
            values.clear();
        }
    };
    let [a, b, c, d] = task.shown().map(|metric| metric.name);
    saved.rows("client_metrics.csv", ["round", a, b, c, d], |[round, cells @ ..]| {
        let before = last;
        if ascending(round, &mut last)? > before {
            close(before, &mut values);
        }
        for (values, cell) in values.iter_mut().zip(cells) {
            values.extend(cell.optional()?);
        }
        Ok(())
    })?;
    close(last, &mut values);
    Ok(spreads)
}

/// A metric's values, by rounds or by passes.
pub(super) type Curve = Vec<(f64, Option<f64>)>;

/// Whether more than two values were measured: then those of the trained model show a course by themselves.
pub(super) fn has_a_course(values: &Curve) -> bool {
    values.iter().filter(|(_, value)| value.is_some()).count() > 2
}

/// The untrained model's value, if it comes first, and the others, which it would squeeze to the edge of a panel.
pub(super) fn without_start(mut values: Curve) -> (Option<f64>, Curve) {
    match values.first() {
        Some((at, _)) if *at == 0.0 => (values.remove(0).1, values),
        _ => (None, values),
    }
}

/// The axis of a metric, wide enough that noise looks like noise.
pub(super) fn axis(metric: &Metric, values: impl Iterator<Item = f64> + Clone) -> Axis {
    let axis = Axis::new(name_of(metric), Format::Number);
    let greatest = values.clone().map(f64::abs).fold(0.0, f64::max);
    match metric.range {
        Range::Share => axis.spanning(0.01, (0.0, 1.0)),
        Range::Signed => axis.spanning(0.01, (-1.0, 1.0)),
        Range::AtMostOne => axis.spanning(0.01, (f64::NEG_INFINITY, 1.0)),
        Range::NotNegative => axis.spanning(0.05 * greatest, (0.0, f64::INFINITY)).log_if_wide(values),
        Range::Any => axis.spanning(0.05 * greatest, (f64::NEG_INFINITY, f64::INFINITY)),
    }
}

/// A dashed line with its value.
pub(super) fn level(name: &str, value: f64) -> Reference {
    Reference { label: format!("{name} {value:.4}"), course: Course::Level(value), dash: Dash::Dashed }
}

/// A panel's title: the metric, its last value, and its best with the round.
fn heading(name: &str, values: &Curve, best: Option<(f64, f64)>) -> String {
    let end = values.iter().rev().find_map(|(round, value)| Some((*round, (*value)?)));
    match (end, best) {
        (Some((last, end)), Some((round, _))) if round == last => format!("{name}: {end:.4} at the end, its best"),
        (Some((_, end)), Some((round, best))) => {
            format!("{name}: {end:.4} at last, best {best:.4} in round {}", grouped(&format!("{round:.0}")))
        }
        (Some((_, end)), None) => format!("{name}: {end:.4} at the end"),
        (None, _) => name.to_owned(),
    }
}

/// What central training reached in this run, of each metric; nothing where no comparison was made. Over several seeds
/// `baseline_vs_fl.csv` has means, which would be held against the course of one.
fn centralised(saved: &Saved, task: Task) -> Result<[Option<f64>; 4], Error> {
    let mut last = [None; 4];
    if saved.has("baseline_log.csv") {
        let [a, b, c, d] = task.shown().map(|metric| metric.name);
        saved.rows("baseline_log.csv", ["model", a, b, c, d], |[model, cells @ ..]| {
            if model.text() == "centralized" {
                for (value, cell) in last.iter_mut().zip(cells) {
                    *value = cell.optional()?;
                }
            }
            Ok(())
        })?;
    }
    Ok(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_untrained_model_is_told_apart_where_a_course_is_left() {
        let curve: Curve = vec![(0.0, Some(0.5)), (1.0, Some(0.75)), (2.0, None), (3.0, Some(0.8))];
        assert!(has_a_course(&curve) && !has_a_course(&curve[..3].to_vec()));
        let (start, rest) = without_start(curve.clone());
        assert_eq!((start, rest.as_slice()), (Some(0.5), &curve[1..]));
        // The log may begin later: then nothing is left out.
        assert_eq!(without_start(rest.clone()), (None, rest.clone()));
    }

    #[test]
    fn the_best_round_is_the_first_of_the_best_and_never_the_untrained_one() {
        let curve: Curve = vec![(0.0, Some(0.9)), (1.0, Some(0.75)), (2.0, Some(0.8)), (3.0, Some(0.8)), (4.0, Some(0.7))];
        let metric = |name: &str| Task::Binary.metric(name).expect("a metric");
        assert_eq!((best(metric("auc"), &curve), best(metric("loss"), &curve)), (Some((2.0, 0.8)), Some((4.0, 0.7))));
        assert_eq!(heading("AUC", &curve, best(metric("auc"), &curve)), "AUC: 0.7000 at last, best 0.8000 in round 2");
        assert_eq!(heading("Loss", &curve, best(metric("loss"), &curve)), "Loss: 0.7000 at the end, its best");
        assert_eq!((never_moves(&curve), never_moves(&vec![(0.0, Some(0.5))])), (None, None));
        assert_eq!(never_moves(&vec![(0.0, Some(0.5)), (2.0, None), (4.0, Some(0.5))]), Some(0.5));
    }
}
