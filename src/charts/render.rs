//! Draws any figure on any of plotters' backends.

use std::cmp::Ordering;

use plotters::backend::DrawingBackend;

use super::canvas::{Align, Canvas, Medium, Rect, Text, Turn};
use super::cells::Shade;
use super::figure::{Axis, Course, Dash, Figure, Scale, Shape};
use super::flow_chart;
use super::font::{Weight, shortened, text_width};
use super::heat_map;
use super::labels::{self, Obstacles};
use super::layout::{Entry, Frame, HEAD, LABEL, MARGIN, Mapping, SMALL, SWATCH, Swatch, TITLE};
use super::palette::{FAINT, GRID, INK, PAPER, colour, look};
use super::shapes;
use crate::diag::Error;

/// Draws the figure, laid out in `frames`.
pub(crate) fn draw<B: DrawingBackend>(figure: &Figure, frames: &[Frame<'_>], backend: &mut B, medium: Medium) -> Result<(), Error> {
    let mut canvas = Canvas::new(backend, medium);
    let (width, height) = (f64::from(figure.size.0), f64::from(figure.size.1));
    canvas.rect(Rect { left: 0.0, top: 0.0, right: width, bottom: height }, colour(PAPER))?;
    let room = width - 2.0 * MARGIN;
    let head = Text { at: (MARGIN, MARGIN + HEAD), ..title(&figure.title, HEAD, room) };
    canvas.text(&head)?;
    let run = shortened(&figure.run, SMALL, room);
    canvas.text(&Text {
        at: (MARGIN, MARGIN + HEAD + 36.0),
        weight: Weight::Regular,
        colour: colour(FAINT),
        ..title(&run, SMALL, f64::MAX)
    })?;
    frames.iter().try_for_each(|frame| panel(&mut canvas, frame))
}

/// A bold text of this size, or a smaller one if it would be longer than `room`.
fn title(words: &str, size: f64, room: f64) -> Text<'_> {
    let size = size * (room / text_width(words, size, Weight::Bold).max(1.0)).min(1.0);
    Text { words, at: (0.0, 0.0), size, weight: Weight::Bold, colour: colour(INK), align: Align::Start, turn: Turn::None }
}

fn panel<B: DrawingBackend>(canvas: &mut Canvas<'_, B>, frame: &Frame<'_>) -> Result<(), Error> {
    let (plot, cell) = (&frame.plot, &frame.cell);
    let words = format!("{}{}", frame.panel.title, heat_map::note(frame));
    canvas.text(&Text { at: (plot.left, cell.top + TITLE), ..title(&words, TITLE, cell.right - plot.left) })?;
    if frame.panel.is_empty() {
        return note(canvas, frame);
    }
    if frame.panel.flow.is_none() {
        axes(canvas, frame)?;
    }
    frame.legend.iter().try_for_each(|entry| legend(canvas, frame, entry))?;
    frame.panel.cells.iter().try_for_each(|all| heat_map::draw(canvas, frame, all))?;
    frame.panel.flow.iter().try_for_each(|flow| flow_chart::draw(canvas, frame, flow))?;
    let mut obstacles = shapes::draw(canvas, frame)?;
    references(canvas, frame, &mut obstacles)?;
    point_labels(canvas, frame, &obstacles)
}

/// Words in the place of data that are not there.
fn note<B: DrawingBackend>(canvas: &mut Canvas<'_, B>, frame: &Frame<'_>) -> Result<(), Error> {
    let Rect { left, top, right, bottom } = frame.plot;
    canvas.line(&[(left, top), (right, top), (right, bottom), (left, bottom), (left, top)], colour(GRID), 2.0)?;
    let at = ((left + right) / 2.0, (top + bottom) / 2.0);
    let words =
        Text { weight: Weight::Regular, colour: colour(FAINT), align: Align::Middle, at, ..title(&frame.panel.note, LABEL, right - left) };
    canvas.text(&words)
}

fn axes<B: DrawingBackend>(canvas: &mut Canvas<'_, B>, frame: &Frame<'_>) -> Result<(), Error> {
    let Rect { left, top, right, bottom } = frame.plot;
    let number = Text { size: SMALL, weight: Weight::Regular, colour: colour(FAINT), align: Align::Middle, ..title("", SMALL, 1.0) };
    for (value, words) in &frame.x.ticks.ticks {
        let Some(x) = frame.x.place(*value) else { continue };
        if frame.panel.x.names.is_empty() {
            canvas.line(&[(x, top), (x, bottom)], colour(GRID), 1.0)?;
        }
        canvas.line(&[(x, bottom), (x, bottom + 8.0)], colour(FAINT), 2.0)?;
        let place = match frame.turn {
            Turn::Up if !frame.panel.x.names.is_empty() => {
                Text { at: (x + 0.36 * SMALL, bottom + 14.0), turn: Turn::Up, align: Align::End, ..number }
            }
            _ => Text { at: (x, bottom + 12.0 + SMALL), ..number },
        };
        canvas.text(&Text { words, ..place })?;
    }
    for (value, words) in &frame.y.ticks.ticks {
        let Some(y) = frame.y.place(*value) else { continue };
        // A line through the labels behind bars would strike them out.
        if frame.panel.cells.is_none() && frame.panel.series.iter().all(|series| series.shape != Shape::Bar) {
            canvas.line(&[(left, y), (right, y)], colour(GRID), 1.0)?;
        }
        canvas.text(&Text { words, at: (left - 12.0, y + 0.36 * SMALL), align: Align::End, ..number })?;
    }
    canvas.line(&[(left, top), (left, bottom), (right, bottom)], colour(FAINT), 2.0)?;
    let label = |words, room| Text { weight: Weight::Regular, align: Align::Middle, ..title(words, LABEL, room) };
    let words = axis_label(&frame.panel.x, frame.x.ticks.unit) + &thinned(&frame.panel.x, &frame.x);
    canvas.text(&Text { at: ((left + right) / 2.0, frame.cell.bottom - 10.0), ..label(&words, right - left) })?;
    let words = axis_label(&frame.panel.y, frame.y.ticks.unit) + &thinned(&frame.panel.y, &frame.y);
    let at = (frame.cell.left + LABEL, (top + bottom) / 2.0);
    canvas.text(&Text { at, turn: Turn::Up, ..label(&words, frame.cell.bottom - frame.cell.top - 2.0 * TITLE) })
}

/// What an axis's label adds where not all of its names have room.
fn thinned(axis: &Axis, mapping: &Mapping) -> String {
    match &mapping.ticks.ticks[..] {
        [(first, _), (second, _), ..] if !axis.names.is_empty() && second - first > 1.0 => format!(", one in {} named", second - first),
        _ => String::new(),
    }
}

/// An axis's label, with its unit, and with its scale where that is not the one expected.
pub(crate) fn axis_label(axis: &Axis, unit: &str) -> String {
    match (unit, axis.scale) {
        ("", Scale::Linear) => axis.label.clone(),
        ("", Scale::Log) => format!("{} (log scale)", axis.label),
        (unit, Scale::Linear) => format!("{} ({unit})", axis.label),
        (unit, Scale::Log) => format!("{} ({unit}, log scale)", axis.label),
    }
}

fn legend<B: DrawingBackend>(canvas: &mut Canvas<'_, B>, frame: &Frame<'_>, entry: &Entry) -> Result<(), Error> {
    let (x, y) = (frame.plot.left + entry.at.0, frame.cell.top + TITLE + 4.0 + entry.at.1);
    let middle = y - 0.36 * SMALL;
    let field = Rect { left: x, top: middle - 10.0, right: x + SWATCH - 12.0, bottom: middle + 10.0 };
    let ends = [(field.left, middle), (field.right, middle)];
    let centre = ((field.left + field.right) / 2.0, middle);
    match entry.swatch {
        Swatch::Line(index, dash) => {
            canvas.dashed(&ends, look(index).colour, 4.0, dash)?;
            canvas.marker(centre, look(index).marker, 7.0, look(index).colour)?;
        }
        Swatch::Curve(index) => canvas.line(&ends, look(index).colour, 4.0)?,
        Swatch::Band(index, alpha) => canvas.polygon(&shapes::corners(&field), look(index).colour, alpha)?,
        Swatch::Field(index) => canvas.rect(field, look(index).colour)?,
        Swatch::Point(index, marker) => canvas.marker(centre, marker, 9.0, look(index).colour)?,
        Swatch::Ramp(look) => ramp(canvas, &field, look)?,
        Swatch::Mark(index) => canvas.line(&[(centre.0, field.top), (centre.0, field.bottom)], look(index).colour, 4.0)?,
    }
    let words = Text { weight: Weight::Regular, at: (x + SWATCH, y), ..title(&entry.words, SMALL, f64::MAX) };
    canvas.text(&words)
}

/// A colour in steps, to its full strength.
fn ramp<B: DrawingBackend>(canvas: &mut Canvas<'_, B>, field: &Rect, index: usize) -> Result<(), Error> {
    const STEPS: usize = 4;
    let width = (field.right - field.left) / STEPS as f64;
    (0..STEPS).try_for_each(|step| {
        let left = field.left + width * step as f64;
        let strength = (step + 1) as f64 / STEPS as f64;
        let part = shapes::corners(&Rect { left, right: left + width, ..*field });
        canvas.polygon(&part, look(index).colour, Shade { look: index, strength }.opacity())
    })
}

fn references<B: DrawingBackend>(canvas: &mut Canvas<'_, B>, frame: &Frame<'_>, obstacles: &mut Obstacles) -> Result<(), Error> {
    let plot = &frame.plot;
    for reference in &frame.panel.references {
        let dash = if reference.dash == Dash::Solid { Dash::Dashed } else { reference.dash };
        let side = if let Course::Level(level) = reference.course { frame.y.side(level) } else { Ordering::Equal };
        let arrow = if side == Ordering::Greater { "↑" } else { "↓" };
        let pointing = format!("{} {arrow}", reference.label);
        let label = match reference.course {
            Course::Level(_) if side != Ordering::Equal => labels::at_edge(&pointing, side, plot, canvas.texts(), obstacles),
            Course::Level(level) => {
                let Some(y) = frame.y.place(level) else { continue };
                let ends = [(plot.left, y), (plot.right, y)];
                canvas.dashed(&ends, colour(INK), 3.0, dash)?;
                let label = labels::beside_level(&reference.label, y, plot, canvas.texts(), obstacles);
                obstacles.add_line(&ends);
                label
            }
            Course::Diagonal => {
                let (low, high) = (frame.x.ticks.low.max(frame.y.ticks.low), frame.x.ticks.high.min(frame.y.ticks.high));
                let place = |value| Some((frame.x.place(value)?, frame.y.place(value)?));
                // On two axes of different scales the diagonal is a curve.
                let points: Vec<_> = shapes::between(low, high, frame.panel.x.scale).into_iter().filter_map(place).collect();
                canvas.dashed(&points, colour(FAINT), 3.0, dash)?;
                let label = labels::beside_diagonal(&reference.label, &points, plot, canvas.texts(), obstacles);
                obstacles.add_line(&points);
                label
            }
        };
        label.iter().try_for_each(|label| canvas.text(label))?;
    }
    Ok(())
}

fn point_labels<B: DrawingBackend>(canvas: &mut Canvas<'_, B>, frame: &Frame<'_>, obstacles: &Obstacles) -> Result<(), Error> {
    let beside = frame.panel.series.iter().filter(|series| series.shape != Shape::Bar);
    let labelled = beside.flat_map(|series| &series.points).filter_map(|point| {
        let at = (frame.x.place(point.x)?, frame.y.place(point.y?)?);
        Some((point.label.as_deref()?, at))
    });
    let labelled: Vec<_> = labelled.collect();
    if labelled.len() > labels::NAMED_MOST {
        return Ok(());
    }
    for (words, at) in labelled {
        if let Some(label) = labels::beside_point(words, at, &frame.plot, canvas.texts(), obstacles) {
            canvas.text(&label)?;
        }
    }
    Ok(())
}
