//! Central and federated training beside each other, by passes over the data, among the clients alone.

use super::convergence::{Curve, axis, has_a_course, level, name_of, without_start};
use super::rounds::counted;
use crate::charts::figure::{Axis, Dash, Ends, Figure, Format, Panel, Point, Reference, Series, Shape, Zone};
use crate::charts::palette::{BLUE, GREEN, GREY, VERMILLION};
use crate::diag::Error;
use crate::federation::baseline::Gate;
use crate::runs::{ComparisonTerms, Saved};
use crate::tasks::{Metric, Task};

/// One model's values, a curve for each metric.
type Curves = [Curve; 4];

/// What a comparison found of one metric.
#[derive(Clone, Debug, Default)]
struct Found {
    centralised: Curve,
    federated: Curve,
    /// Mean, worst and best of the clients, each alone.
    alone: [Option<f64>; 3],
    /// Whether what was asked for holds; `None` of a metric that is not judged.
    holds: Option<bool>,
    /// Each seed's centralised and federated value.
    seeds: [Vec<f64>; 2],
}

/// The picture.
pub(super) fn figure(saved: &Saved, task: Task, terms: Option<&ComparisonTerms>) -> Result<Figure, Error> {
    let mut found = courses(saved, task)?;
    judge(saved, task, terms, &mut found)?;
    seeds(saved, task, &mut found)?;
    let title = title(task, terms, &found);
    let tolerance = terms.map(|terms| terms.tolerance);
    let panels = task.shown().into_iter().zip(found).map(|(metric, found)| panel(metric, found, tolerance)).collect();
    Ok(Figure::new(title, 2, (1600, 1280), panels))
}

fn courses(saved: &Saved, task: Task) -> Result<[Found; 4], Error> {
    let (mut centralised, mut federated): (Curves, Curves) = Default::default();
    let mut found: [Found; 4] = Default::default();
    let [a, b, c, d] = task.shown().map(|metric| metric.name);
    saved.rows("baseline_log.csv", ["model", "passes", a, b, c, d], |[model, passes, cells @ ..]| {
        let alone = ["local_mean", "local_worst", "local_best"].iter().position(|name| *name == model.text());
        let passes = if alone.is_some() { 0.0 } else { passes.number()? };
        for (at, cell) in cells.into_iter().enumerate() {
            match (model.text(), alone) {
                (_, Some(which)) => found[at].alone[which] = cell.optional()?,
                ("centralized", _) => centralised[at].push((passes, cell.optional()?)),
                ("federated", _) => federated[at].push((passes, cell.optional()?)),
                _ => return Err(model.problem("names no model")),
            }
        }
        Ok(())
    })?;
    for ((found, centralised), federated) in found.iter_mut().zip(centralised).zip(federated) {
        (found.centralised, found.federated) = (centralised, federated);
    }
    Ok(found)
}

/// Adds whether each judged metric passes.
fn judge(saved: &Saved, task: Task, terms: Option<&ComparisonTerms>, found: &mut [Found; 4]) -> Result<(), Error> {
    let (Some(terms), true) = (terms, saved.has("baseline_vs_fl.csv")) else { return Ok(()) };
    let column = match terms.gate {
        Gate::Equivalence => "equivalent",
        Gate::NonInferiority => "non_inferior",
    };
    saved.rows("baseline_vs_fl.csv", ["metric", column], |[metric, verdict]| {
        if let Some(at) = task.shown().iter().position(|shown| shown.name == metric.text()) {
            found[at].holds = (!verdict.text().is_empty()).then(|| verdict.text() == "yes");
        }
        Ok(())
    })
}

/// Adds what each seed came to, where there are several.
fn seeds(saved: &Saved, task: Task, found: &mut [Found; 4]) -> Result<(), Error> {
    if !saved.has("baseline_seeds.csv") {
        return Ok(());
    }
    saved.rows("baseline_seeds.csv", ["metric", "centralized", "federated"], |[metric, cells @ ..]| {
        if let Some(at) = task.shown().iter().position(|shown| shown.name == metric.text()) {
            for (values, cell) in found[at].seeds.iter_mut().zip(cells) {
                values.extend(cell.optional()?);
            }
        }
        Ok(())
    })
}

/// The verdict, where there is one.
fn title(task: Task, terms: Option<&ComparisonTerms>, found: &[Found; 4]) -> String {
    let judged = || task.shown().into_iter().zip(found).filter_map(|(metric, found)| Some((name_of(metric), found.holds?)));
    let Some(terms) = terms.filter(|_| judged().next().is_some()) else {
        return "Central against federated training, by passes over the data".to_owned();
    };
    let names = |wanted: bool| judged().filter(|(_, holds)| *holds == wanted).map(|(name, _)| name).collect::<Vec<_>>().join(", ");
    let passes = judged().all(|(_, holds)| holds);
    let word = match (terms.gate, passes) {
        (Gate::Equivalence, true) => "equivalent",
        (Gate::Equivalence, false) => "not shown to be equivalent",
        (Gate::NonInferiority, true) => "not inferior",
        (Gate::NonInferiority, false) => "not shown to be no worse",
    };
    let seeds = if terms.seeds > 1 { format!(", {}", counted(usize::from(terms.seeds), "seed")) } else { String::new() };
    format!("Federated against central: {word} in {} within {}{seeds}", names(passes), terms.tolerance)
}

fn panel(metric: &Metric, found: Found, tolerance: Option<f64>) -> Panel {
    let Found { centralised, federated, alone: [mean, worst, best], holds, seeds } = found;
    let last = |curve: &[(f64, Option<f64>)]| curve.last().and_then(|(_, value)| *value);
    let goal = last(&centralised);
    // Over several seeds it is their mean that is judged.
    let mean_of = |values: &[f64]| (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64);
    let [central_mean, federated_mean] = seeds.each_ref().map(|values| mean_of(values));
    let ends = federated_mean.zip(central_mean).or(last(&federated).zip(goal));
    let gap = ends.map(|(federated, centralised)| federated - centralised);
    let heading = metric.label;
    let on_average = if federated_mean.is_some() { " on average" } else { "" };
    let title = gap.map_or(heading.to_owned(), |gap| format!("{heading}: federated {} central{on_average}", apart(gap)));
    let (passes, centralised, federated) = if has_a_course(&centralised) && has_a_course(&federated) {
        let ((_, centralised), (start, federated)) = (without_start(centralised), without_start(federated));
        // Both models start as the same one.
        let untrained = start.map(|value| format!(" (untrained {value:.4})")).unwrap_or_default();
        (Axis::new(format!("passes over the data{untrained}"), Format::Number), centralised, federated)
    } else {
        (Axis::new("passes over the data", Format::Number).and_zero(), centralised, federated)
    };
    let end = federated.iter().chain(&centralised).map(|(passes, _)| *passes).fold(0.0, f64::max);
    let values = centralised.iter().chain(&federated).filter_map(|(_, value)| *value).chain(seeds.iter().flatten().copied());
    let axis = axis(metric, values.collect::<Vec<_>>().into_iter());
    let mut panel = Panel::new(title, Axis { ends: Ends::Tight, ..passes }, axis);
    panel.note = format!("{} is not defined on these test rows", name_of(metric));
    panel.series =
        vec![Series::line("federated", BLUE, federated.into_iter()), Series::line("centralised", VERMILLION, centralised.into_iter())];
    let [central, federated] = seeds;
    for (name, look, values) in [("federated, each seed", BLUE, federated), ("centralised, each seed", VERMILLION, central)] {
        let points: Vec<Point> = values.into_iter().map(|value| Point { x: end, y: Some(value), ..Point::default() }).collect();
        if points.len() > 1 {
            panel.series.push(Series { name: name.to_owned(), look, shape: Shape::Points, points });
        }
    }
    if let Some((one, other)) = worst.zip(best) {
        let (low, high) = (one.min(other), one.max(other));
        panel.zones.push(Zone { name: format!("each alone, {low:.4} to {high:.4}"), low, high, look: GREY });
    }
    if let (Some(tolerance), Some(goal), Some(_)) = (tolerance, goal, holds) {
        panel.zones.push(Zone { name: format!("tolerance ±{tolerance}"), low: goal - tolerance, high: goal + tolerance, look: GREEN });
    }
    panel.references = mean.map(|value| Reference { dash: Dash::Dotted, ..level("each alone, mean", value) }).into_iter().collect();
    panel
}

/// A difference in words.
fn apart(gap: f64) -> String {
    match gap {
        gap if gap.abs() < 0.000_05 => "equals".to_owned(),
        gap if gap > 0.0 => format!("{gap:.4} above"),
        gap => format!("{:.4} below", -gap),
    }
}
