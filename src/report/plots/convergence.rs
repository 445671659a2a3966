//! How the global model's figures on the test rows move from round to round.

use super::super::saved::Saved;
use super::figure::{Axis, Course, Dash, Figure, Format, Panel, Reference, Series};
use super::palette::BLUE;
use super::rounds::{aborted, ascending, counted};
use crate::diag::Error;

/// The metrics shown, with their names.
pub(super) const METRICS: [(&str, &str); 4] = [("auc", "AUC"), ("pr_auc", "PR-AUC"), ("f1", "F1"), ("loss", "loss")];

/// The picture.
pub(super) fn figure(saved: &Saved) -> Result<Figure, Error> {
    let mut values: [Vec<(f64, Option<f64>)>; 4] = Default::default();
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
        let axis = Axis::new(*name, Format::Number);
        let axis = if *name == "loss" { axis.log_if_wide(values.iter().filter_map(|(_, value)| *value)) } else { axis };
        let mut panel = Panel::new(ending(name, &values), Axis::of_rounds(), axis);
        panel.note = format!("{name} is not defined on these test rows");
        panel.series = vec![Series::line("federated", BLUE, values.into_iter())];
        panel.references = baseline.map(|value| level("centralised", value)).into_iter().collect();
        panel.marks.clone_from(&marks);
        panel
    });
    let title = format!("Convergence: the global model on the test rows, {}", counted(last as usize, "round"));
    Ok(Figure { title, columns: 2, size: (1600, 1200), panels: panels.collect() })
}

/// A dashed line with its value.
pub(super) fn level(name: &str, value: f64) -> Reference {
    Reference { label: format!("{name} {value:.4}"), course: Course::Level(value), dash: Dash::Dashed }
}

/// A panel's title: the metric and its last value.
pub(super) fn ending(name: &str, values: &[(f64, Option<f64>)]) -> String {
    let name = if name == "loss" { "Loss" } else { name };
    match values.iter().rev().find_map(|(_, value)| *value) {
        Some(value) => format!("{name}: {value:.4} at the end"),
        None => name.to_owned(),
    }
}

/// What central training reached, of each metric; nothing where no comparison was made.
fn centralised(saved: &Saved) -> Result<[Option<f64>; 4], Error> {
    let mut found = [None; 4];
    if saved.has("baseline_vs_fl.csv") {
        saved.rows("baseline_vs_fl.csv", ["metric", "centralized"], |[metric, value]| {
            if let Some(at) = METRICS.iter().position(|(column, _)| *column == metric.text()) {
                found[at] = value.optional()?;
            }
            Ok(())
        })?;
    }
    Ok(found)
}
