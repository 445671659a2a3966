//! The values in a picture with their places: what the page shows where a pointer rests.

use serde::Serialize;

use super::figure::{Figure, Point, Series, Shape};
use super::layout::Frame;
use super::render::axis_label;

/// All panels of a picture.
#[derive(Clone, Debug, Serialize)]
pub struct Hover {
    /// The picture's width in the SVG's units.
    pub width: u32,
    /// The picture's height.
    pub height: u32,
    /// The panels that hold data.
    pub panels: Vec<HoverPanel>,
}

/// The data of one panel.
#[derive(Clone, Debug, Serialize)]
pub struct HoverPanel {
    /// The left of what lies between the axes, in the SVG's units.
    pub left: i32,
    /// Its top.
    pub top: i32,
    /// Its right.
    pub right: i32,
    /// Its bottom.
    pub bottom: i32,
    /// What the horizontal axis measures, with its unit.
    pub x_label: String,
    /// Values on the horizontal axis, ascending, in its unit.
    pub x: Vec<f64>,
    /// Where each of them lies.
    pub x_px: Vec<f64>,
    /// The values above them.
    pub series: Vec<HoverSeries>,
}

/// One series' values at its panel's places.
#[derive(Clone, Debug, Serialize)]
pub struct HoverSeries {
    /// The series' name.
    pub name: String,
    /// The values' unit; empty if they have none.
    pub unit: String,
    /// A value for each x, where there is one.
    pub y: Vec<Option<f64>>,
    /// Where it lies.
    pub y_px: Vec<Option<f64>>,
}

/// The most values of x that a panel has.
const MOST: usize = 500;

impl Hover {
    pub(super) fn new(figure: &Figure, frames: &[Frame<'_>]) -> Self {
        let panels = frames.iter().filter(|frame| !frame.panel.is_empty()).map(HoverPanel::new).collect();
        Self { width: figure.size.0, height: figure.size.1, panels }
    }
}

impl HoverPanel {
    fn new(frame: &Frame<'_>) -> Self {
        let sorted: Vec<Vec<&Point>> = frame.panel.series.iter().map(by_x).collect();
        let mut x: Vec<f64> = sorted.iter().flatten().map(|point| point.x).filter(|&x| frame.x.place(x).is_some()).collect();
        x.sort_unstable_by(f64::total_cmp);
        x.dedup();
        let every = x.len().div_ceil(MOST).max(1);
        let last = x.len().saturating_sub(1);
        // From the end, so that the last round is among them.
        let x: Vec<f64> = x.into_iter().enumerate().filter(|(index, _)| (last - index).is_multiple_of(every)).map(|(_, x)| x).collect();
        let series = frame.panel.series.iter().zip(&sorted).flat_map(|(series, points)| lines(frame, series, points, &x)).collect();
        let pixel = |value: f64| value.round() as i32;
        Self {
            left: pixel(frame.plot.left),
            top: pixel(frame.plot.top),
            right: pixel(frame.plot.right),
            bottom: pixel(frame.plot.bottom),
            x_label: axis_label(&frame.panel.x, frame.x.ticks.unit),
            x_px: x.iter().filter_map(|&x| frame.x.place(x)).map(tenth).collect(),
            x: x.into_iter().map(|x| x / frame.x.ticks.divisor).collect(),
            series,
        }
    }
}

/// The points in the order of their places; of those at one place the one that comes last.
fn by_x(series: &Series) -> Vec<&Point> {
    let mut points: Vec<&Point> = series.points.iter().collect();
    points.sort_by(|a, b| a.x.total_cmp(&b.x));
    points.reverse();
    points.dedup_by(|a, b| a.x == b.x);
    points.reverse();
    points
}

/// A series' values: of a band both its ends, of a stack's layer its height.
fn lines(frame: &Frame<'_>, series: &Series, points: &[&Point], x: &[f64]) -> Vec<HoverSeries> {
    let line = |name: String, value: &dyn Fn(&Point) -> Option<f64>, place: &dyn Fn(&Point) -> Option<f64>| {
        let found: Vec<Option<&Point>> =
            x.iter().map(|x| points.binary_search_by(|point| point.x.total_cmp(x)).ok().map(|at| points[at])).collect();
        let y = found.iter().map(|point| Some(value(point.as_ref()?)? / frame.y.ticks.divisor)).collect();
        let y_px = found.iter().map(|point| frame.y.place(place(point.as_ref()?)?).map(tenth)).collect();
        HoverSeries { name, unit: frame.y.ticks.unit.to_owned(), y, y_px }
    };
    match series.shape {
        Shape::Line | Shape::Points => vec![line(series.name.clone(), &|point| point.y, &|point| point.y)],
        Shape::Stack => vec![line(series.name.clone(), &|point| Some(point.y? - point.low.unwrap_or(0.0)), &|point| point.y)],
        Shape::Band => vec![
            line(format!("{}, lower end", series.name), &|point| point.low, &|point| point.low),
            line(format!("{}, upper end", series.name), &|point| point.y, &|point| point.y),
        ],
    }
}

/// A tenth of a pixel is all that a screen can show.
fn tenth(pixel: f64) -> f64 {
    (pixel * 10.0).round() / 10.0
}
