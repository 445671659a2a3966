//! Central and federated training beside each other, by passes over the data.

use super::convergence::{Curve, METRICS, axis, has_a_course, without_start};
use super::figure::{Axis, Dash, Ends, Figure, Format, Panel, Reference, Series};
use super::palette::{BLUE, VERMILLION};
use crate::diag::Error;
use crate::runs::Saved;

/// One model's values, a curve for each metric.
type Curves = [Curve; 4];

/// The picture.
pub(super) fn figure(saved: &Saved) -> Result<Figure, Error> {
    let (mut centralised, mut federated): (Curves, Curves) = Default::default();
    let mut local = [None; 4];
    let [a, b, c, d] = METRICS.map(|(column, _)| column);
    saved.rows("baseline_log.csv", ["model", "passes", a, b, c, d], |[model, passes, cells @ ..]| {
        let passes = if model.text().starts_with("local_") { 0.0 } else { passes.number()? };
        for (at, cell) in cells.into_iter().enumerate() {
            match model.text() {
                "centralized" => centralised[at].push((passes, cell.optional()?)),
                "federated" => federated[at].push((passes, cell.optional()?)),
                "local_mean" => local[at] = cell.optional()?,
                "local_worst" | "local_best" => {}
                _ => return Err(model.problem("names no model")),
            }
        }
        Ok(())
    })?;
    let panels = METRICS.iter().zip(centralised).zip(federated).zip(local).map(|((((_, name), centralised), federated), local)| {
        let last = |curve: &[(f64, Option<f64>)]| curve.last().and_then(|(_, value)| *value);
        let gap = last(&federated).zip(last(&centralised)).map(|(federated, centralised)| federated - centralised);
        let heading = if *name == "loss" { "Loss" } else { name };
        let title = gap.map_or(heading.to_owned(), |gap| format!("{heading}: federated {} central", apart(gap)));
        let (passes, centralised, federated) = if has_a_course(&centralised) && has_a_course(&federated) {
            let ((_, centralised), (start, federated)) = (without_start(centralised), without_start(federated));
            // Both models start as the same one.
            let untrained = start.map(|value| format!(" (untrained {value:.4})")).unwrap_or_default();
            (Axis::new(format!("passes over the data{untrained}"), Format::Number), centralised, federated)
        } else {
            (Axis::new("passes over the data", Format::Number).and_zero(), centralised, federated)
        };
        let axis = axis(name, centralised.iter().chain(&federated).filter_map(|(_, value)| *value));
        let mut panel = Panel::new(title, Axis { ends: Ends::Tight, ..passes }, axis);
        panel.note = format!("{name} is not defined on these test rows");
        panel.series =
            vec![Series::line("centralised", VERMILLION, centralised.into_iter()), Series::line("federated", BLUE, federated.into_iter())];
        panel.series.swap(0, 1);
        let reference = |value: f64| Reference { dash: Dash::Dotted, ..super::convergence::level("each alone, mean", value) };
        panel.references = local.map(reference).into_iter().collect();
        panel
    });
    let title = "Central against federated training, by passes over the data".to_owned();
    Ok(Figure { title, columns: 2, size: (1600, 1200), panels: panels.collect() })
}

/// A difference in words.
fn apart(gap: f64) -> String {
    match gap {
        gap if gap.abs() < 0.000_05 => "equals".to_owned(),
        gap if gap > 0.0 => format!("{gap:.4} above"),
        gap => format!("{:.4} below", -gap),
    }
}
