//! How the global model's figures on the test rows move from round to round.

use super::figure::{Axis, Course, Dash, Figure, Format, Panel, Reference, Series};
use super::palette::BLUE;
use super::rounds::{aborted, ascending, counted};
use crate::diag::Error;
use crate::runs::Saved;

/// The metrics shown, with their names.
pub(super) const METRICS: [(&str, &str); 4] = [("auc", "AUC"), ("pr_auc", "PR-AUC"), ("f1", "F1"), ("loss", "loss")];

/// The picture.
pub(super) fn figure(saved: &Saved) -> Result<Figure, Error> {
    let mut values: [Curve; 4] = Default::default();
    let mut last = 0.0;
    let [a, b, c, d] = METRICS.map(|(column, _)| column);
    saved.rows("metrics_log.csv", ["round", a, b, c, d], |[round, cells @ ..]| {
        let round = ascending(round, &mut last)?;
        for (values, cell) in values.iter_mut().zip(cells) {
            values.push((round, cell.optional()?));
        }
        Ok(())
    })?;
    let marks = aborted(saved)?;
    let baseline = centralised(saved)?;
    let panels = METRICS.iter().zip(values).zip(baseline).map(|(((_, name), values), baseline)| {
        let (start, values) = if has_a_course(&values) { without_start(values) } else { (None, values) };
        let axis = axis(name, values.iter().filter_map(|(_, value)| *value));
        let mut panel = Panel::new(heading(name, start, &values), Axis::of_rounds(), axis);
        panel.note = format!("{name} is not defined on these test rows");
        panel.series = vec![Series::line("federated", BLUE, values.into_iter())];
        panel.references = baseline.map(|value| level("centralised", value)).into_iter().collect();
        panel.marks.clone_from(&marks);
        panel
    });
    let title = format!("Convergence: the global model on the test rows, {}", counted(last as usize, "round"));
    Ok(Figure { title, columns: 2, size: (1600, 1200), panels: panels.collect() })
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
pub(super) fn axis(name: &str, values: impl Iterator<Item = f64> + Clone) -> Axis {
    let axis = Axis::new(name, Format::Number);
    if name == "loss" {
        let greatest = values.clone().fold(0.0, f64::max);
        return axis.spanning(0.05 * greatest, (0.0, f64::INFINITY)).log_if_wide(values);
    }
    axis.spanning(0.01, (0.0, 1.0))
}

/// A dashed line with its value.
pub(super) fn level(name: &str, value: f64) -> Reference {
    Reference { label: format!("{name} {value:.4}"), course: Course::Level(value), dash: Dash::Dashed }
}

/// A panel's title: the metric, its last value, and its first, unless it is drawn.
fn heading(name: &str, start: Option<f64>, values: &[(f64, Option<f64>)]) -> String {
    let name = if name == "loss" { "Loss" } else { name };
    match (start, values.iter().rev().find_map(|(_, value)| *value)) {
        (Some(start), Some(end)) => format!("{name}: {start:.4} at start, {end:.4} at end"),
        (None, Some(end)) => format!("{name}: {end:.4} at the end"),
        (_, None) => name.to_owned(),
    }
}

/// What central training reached in this run, of each metric; nothing where no comparison was made. Over several seeds
/// `baseline_vs_fl.csv` has means, which would be held against the course of one.
fn centralised(saved: &Saved) -> Result<[Option<f64>; 4], Error> {
    let mut last = [None; 4];
    if saved.has("baseline_log.csv") {
        let [a, b, c, d] = METRICS.map(|(column, _)| column);
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
        assert_eq!(heading("AUC", start, &rest), "AUC: 0.5000 at start, 0.8000 at end");
        assert_eq!(heading("loss", None, &rest), "Loss: 0.8000 at the end");
    }
}
