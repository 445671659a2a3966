//! What each client gains in AUC by joining the federation, against its size.

use super::figure::{Axis, Course, Dash, Ends, Figure, Format, Panel, Point, Pointing, Reference, Series, Shape};
use super::labels::NAMED_MOST;
use super::palette::{BLUE, VERMILLION};
use super::rounds::counted;
use crate::diag::Error;
use crate::runs::Saved;

/// The picture.
pub(super) fn figure(saved: &Saved) -> Result<Figure, Error> {
    let (mut better, mut worse) = (Vec::new(), Vec::new());
    saved.rows("join.csv", ["client", "examples", "auc_alone", "auc_federated"], |[client, examples, alone, federated]| {
        if let (Some(alone), Some(federated)) = (alone.optional()?, federated.optional()?) {
            let gain = federated - alone;
            let point = Point { x: examples.number()?, y: Some(gain), low: None, label: Some(client.text().to_owned()) };
            if gain > 0.0 { better.push(point) } else { worse.push(point) }
        }
        Ok(())
    })?;
    let count = better.len() + worse.len();
    let title = format!("Joining pays for {} of {}: gain in AUC against size", better.len(), counted(count, "client"));
    let sizes = better.iter().chain(&worse).map(|point| point.x);
    let (least, greatest) =
        sizes.clone().fold((f64::MAX, 0.0), |(least, greatest), size| (f64::min(least, size), f64::max(greatest, size)));
    // Sizes that differ by a row or two are one size to the eye.
    let x = Axis::new("training rows", Format::Count).spanning(0.1 * (least + greatest), (0.0, f64::INFINITY)).log_if_wider(10.0, sizes);
    let y = Axis::new("AUC in the federation − AUC alone", Format::Number).and_zero();
    let by_number = if count <= NAMED_MOST { ", by its number" } else { "" };
    let named = format!("{}{by_number}", measured_on(saved)?);
    let mut panel = Panel::new(named, Axis { ends: Ends::Tight, ..x }, y);
    panel.pointing = Pointing::Plane;
    panel.note = "no client's AUC is defined".to_owned();
    let series = |name: &str, look, points| Series { name: name.to_owned(), look, shape: Shape::Points, points };
    panel.series = vec![series("gains by joining", BLUE, better), series("does not gain", VERMILLION, worse)];
    panel.series.retain(|series| !series.points.is_empty());
    panel.references = vec![Reference { label: "no gain".to_owned(), course: Course::Level(0.0), dash: Dash::Dashed }];
    Ok(Figure { title, columns: 1, size: (1600, 1000), panels: vec![panel] })
}

/// On which rows the AUCs were measured, in words.
fn measured_on(saved: &Saved) -> Result<&'static str, Error> {
    let (mut own, mut test) = (false, false);
    if saved.columns("join.csv")?.iter().any(|column| column == "measured_on") {
        saved.rows("join.csv", ["measured_on"], |[rows]| {
            match rows.text() {
                "own" => own = true,
                "test" => test = true,
                "" => {}
                _ => return Err(rows.problem("is neither own nor test")),
            }
            Ok(())
        })?;
    }
    Ok(match (own, test) {
        (true, false) => "Each client on its own held-out rows",
        (false, true) => "Each client on the test rows",
        (true, true) => "Each client on its own held-out rows, or the test rows",
        (false, false) => "Each client",
    })
}
