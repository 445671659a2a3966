//! The data between the axes: lines, bands, stacks and points, no more of them than can be seen.

use std::collections::BTreeSet;

use plotters::backend::DrawingBackend;

use super::canvas::{Align, Canvas, Place, Rect, Text, Turn};
use super::figure::{Point, Scale, Series, Shape, Zone};
use super::font::{Weight, text_width};
use super::labels::Obstacles;
use super::layout::{Frame, RIGHT, SMALL, ZONE_ALPHA, band_alpha, bar_width, dash_of};
use super::palette::{FAINT, INK, PAPER, VERMILLION, colour, look};
use super::thin::thinned;
use super::ticks::log10;
use crate::diag::Error;
use crate::numeric::math;

/// The pixels of a column in which four points tell all of a line.
const COLUMN: f64 = 2.0;
/// Up to so many points, each has a marker.
const MARKERS_MOST: usize = 40;
/// From one marker to the next, where there are more.
const MARKER_STEP: f64 = 36.0;
/// From so many points on, a line is thin.
const DENSE: usize = 400;
/// The most points of a cloud.
const POINTS_MOST: usize = 1500;

/// Draws all series and marks of a panel, and gives the lines that labels should keep clear of.
pub(crate) fn draw<B: DrawingBackend>(canvas: &mut Canvas<'_, B>, frame: &Frame<'_>) -> Result<Obstacles, Error> {
    let mut obstacles = Obstacles::default();
    frame.panel.zones.iter().try_for_each(|each| zone(canvas, frame, each))?;
    let mut bands = 0;
    for (index, series) in frame.panel.series.iter().enumerate() {
        match series.shape {
            Shape::Line | Shape::Curve => {
                let dash = dash_of(frame.panel, index);
                for line in lines(frame, series) {
                    // A line that fills every column would be a field if it were thick.
                    let width = if line.len() > DENSE { 2.0 } else { 4.0 };
                    canvas.dashed(&line, look(series.look).colour, width, dash)?;
                    obstacles.add_line(&line);
                }
                if series.shape == Shape::Line {
                    markers(canvas, frame, series, 7.0)?;
                }
            }
            Shape::Band => {
                bands += 1;
                band(canvas, frame, series, band_alpha(bands - 1))?;
            }
            Shape::Interval | Shape::Span | Shape::Link => strokes(canvas, frame, series)?,
            Shape::Bar => bars(canvas, frame, series)?,
            Shape::Stack => stack(canvas, frame, series)?.iter().for_each(|top| obstacles.add_line(top)),
            Shape::Points => {
                for place in cloud(frame, series) {
                    canvas.marker(place, look(series.look).marker, 8.0, look(series.look).colour)?;
                    obstacles.add_marker(place);
                }
            }
        }
    }
    marks(canvas, frame)?;
    Ok(obstacles)
}

fn place(frame: &Frame<'_>, point: &Point) -> Option<Place> {
    Some((frame.x.place(point.x)?, frame.y.place(point.y?)?))
}

/// The unbroken parts of a line.
fn lines(frame: &Frame<'_>, series: &Series) -> Vec<Vec<Place>> {
    let at: Vec<Option<Place>> = series.points.iter().map(|point| place(frame, point)).collect();
    let kept: Vec<Option<Place>> = thinned(&at, COLUMN).into_iter().map(|index| at[index]).collect();
    kept.split(Option::is_none).map(|part| part.iter().flatten().copied().collect()).filter(|part: &Vec<Place>| !part.is_empty()).collect()
}

/// A field between two heights, as far as it lies on the axis.
fn zone<B: DrawingBackend>(canvas: &mut Canvas<'_, B>, frame: &Frame<'_>, zone: &Zone) -> Result<(), Error> {
    let (Some(bottom), Some(top)) = (frame.y.place(zone.low.max(frame.y.ticks.low)), frame.y.place(zone.high.min(frame.y.ticks.high)))
    else {
        return Ok(());
    };
    // One of no height is still a line.
    let (top, bottom) = if bottom - top < 3.0 && bottom >= top { (top - 1.5, bottom + 1.5) } else { (top, bottom) };
    let field = Rect { top, bottom, ..frame.plot };
    if top < bottom { canvas.polygon(&corners(&field), look(zone.look).colour, ZONE_ALPHA) } else { Ok(()) }
}

/// Strokes from `low` up to `y`, or across to `x`.
fn strokes<B: DrawingBackend>(canvas: &mut Canvas<'_, B>, frame: &Frame<'_>, series: &Series) -> Result<(), Error> {
    const CAP: f64 = 7.0;
    const HALF: f64 = 5.0;
    let colour = look(series.look).colour;
    for point in &series.points {
        let (Some((x, y)), Some(low)) = (place(frame, point), point.low) else { continue };
        let from = if series.shape.is_across() { frame.x.place(low).map(|x| (x, y)) } else { frame.y.place(low).map(|y| (x, y)) };
        let Some((left, lower)) = from else { continue };
        match series.shape {
            Shape::Link => {
                let bar = Rect { left: left.min(x), right: left.max(x), top: y - HALF, bottom: y + HALF };
                canvas.polygon(&corners(&bar), colour, 0.5)?;
            }
            Shape::Span => {
                canvas.line(&[(left, y), (x, y)], colour, 3.0)?;
                [left, x].into_iter().try_for_each(|end| canvas.line(&[(end, y - CAP), (end, y + CAP)], colour, 3.0))?;
            }
            _ => {
                canvas.line(&[(x, lower), (x, y)], colour, 3.0)?;
                [lower, y].into_iter().try_for_each(|end| canvas.line(&[(x - CAP, end), (x + CAP, end)], colour, 3.0))?;
            }
        }
    }
    Ok(())
}

/// Bars from `low` across to `x`, each with its label behind its end, or within where there is no room.
fn bars<B: DrawingBackend>(canvas: &mut Canvas<'_, B>, frame: &Frame<'_>, series: &Series) -> Result<(), Error> {
    const HALF: f64 = 0.36;
    const APART: f64 = 10.0;
    for point in &series.points {
        let (Some((x, y)), Some(from)) = (place(frame, point), frame.x.place(point.low.unwrap_or(0.0))) else { continue };
        let Some(below) = point.y.and_then(|y| frame.y.place(y + HALF)) else { continue };
        let (left, x) = (from.min(x), from.max(x));
        canvas.rect(Rect { left, top: 2.0 * y - below, right: x.max(left + 1.0), bottom: below }, look(series.look).colour)?;
        let Some(words) = point.label.as_deref() else { continue };
        let has_room = x + APART + text_width(words, SMALL, Weight::Regular) <= frame.plot.right + RIGHT;
        let (end, align, ink) = if has_room { (x + APART, Align::Start, FAINT) } else { (x - APART, Align::End, PAPER) };
        let at = (end, y + 0.36 * SMALL);
        canvas.text(&Text { words, at, size: SMALL, weight: Weight::Regular, colour: colour(ink), align, turn: Turn::None })?;
    }
    Ok(())
}

/// Markers at the points of a line, some way apart where it has many; and at any point without neighbours, which no line would show.
fn markers<B: DrawingBackend>(canvas: &mut Canvas<'_, B>, frame: &Frame<'_>, series: &Series, radius: f64) -> Result<(), Error> {
    let all = if series.points.len() <= MARKERS_MOST {
        series.points.iter().filter_map(|point| place(frame, point)).collect()
    } else {
        let lonely = lines(frame, series).into_iter().filter(|line| line.len() == 1).flatten();
        let mut next = f64::NEG_INFINITY;
        let apart = series.points.iter().filter_map(|point| place(frame, point)).filter(|(x, _)| {
            let is_due = *x >= next;
            next = if is_due { x + MARKER_STEP } else { next };
            is_due
        });
        lonely.chain(apart).collect::<Vec<_>>()
    };
    all.into_iter().try_for_each(|at| canvas.marker(at, look(series.look).marker, radius, look(series.look).colour))
}

fn band<B: DrawingBackend>(canvas: &mut Canvas<'_, B>, frame: &Frame<'_>, series: &Series, alpha: f64) -> Result<(), Error> {
    let is_there = |point: &&Point| point.y.is_some() && point.low.is_some();
    for part in series.points.split(|point| !is_there(&point)) {
        let ends = |point: &Point| Some((frame.x.place(point.x)?, frame.y.place(point.low?)?, frame.y.place(point.y?)?));
        let ends: Vec<(f64, f64, f64)> = part.iter().filter_map(ends).collect();
        let upper: Vec<Option<Place>> = ends.iter().map(|&(x, _, high)| Some((x, high))).collect();
        let lower: Vec<Option<Place>> = ends.iter().map(|&(x, low, _)| Some((x, low))).collect();
        let mut outline: Vec<Place> = thinned(&upper, COLUMN).into_iter().filter_map(|index| upper[index]).collect();
        outline.extend(thinned(&lower, COLUMN).into_iter().rev().filter_map(|index| lower[index]));
        if let [(x, low, high)] = ends[..] {
            // A single round has a width as well.
            outline = corners(&Rect { left: x - 9.0, top: high, right: x + 9.0, bottom: low }).to_vec();
        }
        if !outline.is_empty() {
            canvas.polygon(&outline, look(series.look).colour, alpha)?;
        }
    }
    Ok(())
}

fn stack<B: DrawingBackend>(canvas: &mut Canvas<'_, B>, frame: &Frame<'_>, series: &Series) -> Result<Vec<[Place; 2]>, Error> {
    let half = bar_width(series) / 2.0;
    let mut tops = Vec::with_capacity(series.points.len());
    for point in &series.points {
        let edges = (frame.x.place(point.x - half), frame.x.place(point.x + half));
        let ends = (frame.y.place(point.low.unwrap_or(0.0)), point.y.and_then(|y| frame.y.place(y)));
        let ((Some(left), Some(right)), (Some(bottom), Some(top))) = (edges, ends) else { continue };
        let width = right - left;
        // A single bar is no wall, and bars of a few pixels have no room for gaps.
        let gap = if width < 8.0 { 0.0 } else { 0.1 * width.min(200.0) } + (width - 160.0).max(0.0) / 2.0;
        let (left, right) = (left + gap, (right - gap).min(frame.plot.right));
        if bottom - top > 0.2 && left < right {
            canvas.rect(Rect { left, top, right, bottom }, look(series.look).colour)?;
        }
        tops.push([(left, top), (right, top)]);
    }
    Ok(tops)
}

/// The places of a cloud's points; of those that hide each other only some.
fn cloud(frame: &Frame<'_>, series: &Series) -> Vec<Place> {
    let all: Vec<Place> = series.points.iter().filter_map(|point| place(frame, point)).collect();
    let mut pixels = 2.0;
    loop {
        let mut taken = BTreeSet::new();
        let cell = |&(x, y): &Place| ((x / pixels).floor() as i64, (y / pixels).floor() as i64);
        let kept: Vec<Place> = all.iter().filter(|place| taken.insert(cell(place))).copied().collect();
        if kept.len() <= POINTS_MOST || pixels > 64.0 {
            return kept;
        }
        pixels *= 1.5;
    }
}

fn marks<B: DrawingBackend>(canvas: &mut Canvas<'_, B>, frame: &Frame<'_>) -> Result<(), Error> {
    let places = frame.panel.marks.iter().flat_map(|marks| &marks.at).filter_map(|&at| frame.x.place(at));
    let columns: BTreeSet<i64> = places.map(|x| (x / COLUMN).round() as i64).collect();
    let bottom = frame.plot.bottom;
    columns
        .into_iter()
        .map(|column| column as f64 * COLUMN)
        .try_for_each(|x| canvas.line(&[(x, bottom - 22.0), (x, bottom)], look(VERMILLION).colour, 4.0))
}

/// Writes small print, line by line, in the middle of a rectangle, from one baseline to the next so many pixels.
pub(super) fn lines_within<B: DrawingBackend>(canvas: &mut Canvas<'_, B>, rect: &Rect, lines: &[&str], pitch: f64) -> Result<(), Error> {
    let (x, middle) = ((rect.left + rect.right) / 2.0, (rect.top + rect.bottom) / 2.0 + 0.36 * SMALL);
    let first = middle - pitch * (lines.len().max(1) - 1) as f64 / 2.0;
    for (at, words) in lines.iter().enumerate() {
        let (at, colour) = ((x, first + pitch * at as f64), colour(INK));
        canvas.text(&Text { words, at, size: SMALL, weight: Weight::Regular, colour, align: Align::Middle, turn: Turn::None })?;
    }
    Ok(())
}

/// The corners of a rectangle, going round.
pub(crate) fn corners(rect: &Rect) -> [Place; 4] {
    [(rect.left, rect.top), (rect.right, rect.top), (rect.right, rect.bottom), (rect.left, rect.bottom)]
}

/// Values from `low` to `high`, equally far apart on this scale.
pub fn between(low: f64, high: f64, scale: Scale) -> Vec<f64> {
    const STEPS: usize = 100;
    let share = |step: usize| step as f64 / STEPS as f64;
    let value = |step: usize| match scale {
        Scale::Linear => low + share(step) * (high - low),
        Scale::Log => low * math::exp(share(step) * (log10(high) - log10(low)) * std::f64::consts::LN_10),
    };
    (0..=STEPS).map(value).collect()
}
