//! Where everything in a figure lies: panels in a grid, their margins as wide as their labels, their axes aligned.

use std::cmp::Ordering;

use super::canvas::{Place, Rect, Turn};
use super::figure::{Axis, Course, Dash, Ends, Figure, Format, Panel, Point, Scale, Series, Shape};
use super::font::{Weight, text_width};
use super::palette::{self, Marker, VERMILLION};
use super::ticks::{Ticks, Wanted, log10, ticks};

/// The em of the numbers on the axes and the legend, in pixels of 1600: 12 where the picture is shown 800 wide.
pub const SMALL: f64 = 24.0;
/// The em of the axes' labels.
pub(crate) const LABEL: f64 = 25.0;
/// The em of a panel's title.
pub(crate) const TITLE: f64 = 28.0;
/// The em of the figure's title.
pub(crate) const HEAD: f64 = 34.0;
/// The white around a figure.
pub(crate) const MARGIN: f64 = 30.0;

const HEAD_HEIGHT: f64 = 124.0;
const TITLE_HEIGHT: f64 = 48.0;
const LEGEND_ROW: f64 = 36.0;
const BELOW: f64 = 84.0;
/// What stays free to the right of a plot.
pub(crate) const RIGHT: f64 = 44.0;
const GAP: f64 = 24.0;
/// Between a legend's swatch and its word, and between two entries.
pub(crate) const SWATCH: f64 = 44.0;
const BETWEEN: f64 = 34.0;
/// What an axis that ends at its data leaves free, so that no point touches the other axis.
const INSET: f64 = 16.0;

/// The distance between two bars.
pub(crate) fn bar_width(series: &Series) -> f64 {
    match &series.points[..] {
        [first, second, ..] if second.x > first.x => second.x - first.x,
        _ => 1.0,
    }
}

/// A panel whose every part has its place.
#[derive(Debug)]
pub(crate) struct Frame<'f> {
    pub panel: &'f Panel,
    /// All that belongs to the panel.
    pub cell: Rect,
    /// What lies between the axes.
    pub plot: Rect,
    pub x: Mapping,
    pub y: Mapping,
    pub legend: Vec<Entry>,
    /// Which way the names below the horizontal axis run.
    pub turn: Turn,
}

/// An entry of a legend.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub words: String,
    pub swatch: Swatch,
    /// Where the swatch begins, to the right of the plot's left, and the words' baseline, below the cell's title.
    pub at: Place,
}

/// What stands before an entry's words.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Swatch {
    /// A line of a look's colour, with its marker.
    Line(usize, Dash),
    /// A line of a look's colour.
    Curve(usize),
    /// A translucent field.
    Band(usize, f64),
    /// A field.
    Field(usize),
    /// A point.
    Point(usize, Marker),
    /// The tick of a mark.
    Mark(usize),
    /// A colour, from none of it to all of it.
    Ramp(usize),
}

/// How one axis's values become places.
#[derive(Clone, Debug)]
pub(crate) struct Mapping {
    scale: Scale,
    from: f64,
    to: f64,
    pub ticks: Ticks,
}

impl Mapping {
    /// The pixel of a value; none for one that a logarithmic axis can't show.
    pub(crate) fn place(&self, value: f64) -> Option<f64> {
        let along = |value: f64, low: f64, high: f64| (value - low) / (high - low);
        let share = match self.scale {
            Scale::Linear => along(value, self.ticks.low, self.ticks.high),
            Scale::Log if value > 0.0 => along(log10(value), log10(self.ticks.low), log10(self.ticks.high)),
            Scale::Log => return None,
        };
        Some(self.from + share.clamp(-1.0, 2.0) * (self.to - self.from))
    }

    /// Whether a value lies below the axis, on it, or above it.
    pub(crate) fn side(&self, value: f64) -> Ordering {
        match (value < self.ticks.low, value > self.ticks.high) {
            (true, _) => Ordering::Less,
            (_, true) => Ordering::Greater,
            _ => Ordering::Equal,
        }
    }
}

/// How translucent a zone is.
pub(crate) const ZONE_ALPHA: f64 = 0.2;

/// How translucent the band of this number among its panel's bands is.
pub(crate) fn band_alpha(number: usize) -> f64 {
    if number == 0 { 0.22 } else { 0.45 }
}

/// A series' dash pattern: only a panel's further lines are interrupted.
pub(crate) fn dash_of(panel: &Panel, index: usize) -> Dash {
    let lines_before = panel.series[..index].iter().filter(|series| series.shape == Shape::Line).count();
    if lines_before == 0 { Dash::Solid } else { palette::look(panel.series[index].look).dash }
}

/// The frames of all panels.
pub(crate) fn lay_out(figure: &Figure) -> Vec<Frame<'_>> {
    // How a legend breaks into rows depends on the room beside the numbers, and these on the height that the legend leaves.
    let first = arrange(figure, |cell| cell.right - cell.left - 170.0);
    let left = |cell: &Rect| first.iter().find(|frame| frame.cell == *cell).map_or(cell.left, |frame| frame.plot.left);
    arrange(figure, |cell| cell.right - left(cell) - 8.0)
}

/// The frames of all panels, given how wide a legend may be in each cell.
fn arrange(figure: &Figure, legend_width: impl Fn(&Rect) -> f64) -> Vec<Frame<'_>> {
    let cells = cells(figure);
    let legends: Vec<Vec<Entry>> = figure.panels.iter().zip(&cells).map(|(panel, cell)| legend(panel, legend_width(cell))).collect();
    let legend_height = |index: usize| legends[index].iter().map(|entry| entry.at.1).fold(0.0, f64::max);
    let in_grid = in_grid(figure);
    let row_of = |index: usize| {
        let first = index / figure.columns * figure.columns;
        if index < in_grid { first..(first + figure.columns).min(in_grid) } else { index..index + 1 }
    };
    let turns: Vec<Turn> = figure.panels.iter().zip(&cells).map(|(panel, cell)| turn(&panel.x, cell)).collect();
    let mut plots = Vec::with_capacity(cells.len());
    for (index, cell) in cells.iter().enumerate() {
        let top = cell.top + TITLE_HEIGHT + row_of(index).map(legend_height).fold(0.0, f64::max) + 8.0;
        plots.push(Rect {
            left: cell.left,
            top,
            right: cell.right - RIGHT,
            bottom: cell.bottom - BELOW - names_height(&figure.panels[index].x, turns[index]),
        });
    }
    let vertical: Vec<Mapping> = figure.panels.iter().zip(&plots).map(|(panel, plot)| vertical(panel, plot)).collect();
    let label_width = |index: usize| {
        let widths = vertical[index].ticks.ticks.iter().map(|(_, label)| text_width(label, SMALL, Weight::Regular));
        widths.fold(0.0, f64::max)
    };
    for (index, plot) in plots.iter_mut().enumerate() {
        let column_of = |index: usize| if index < in_grid { index % figure.columns } else { 0 };
        let column = (0..cells.len()).filter(|other| column_of(*other) == column_of(index));
        plot.left += LABEL + 18.0 + column.map(label_width).fold(0.0, f64::max) + 12.0;
        if figure.panels[index].flow.is_some() {
            // There are no axes to be labelled.
            (plot.left, plot.right, plot.bottom) = (cells[index].left, cells[index].right, cells[index].bottom);
        }
    }
    let parts = figure.panels.iter().zip(cells).zip(plots).zip(vertical).zip(legends).zip(turns);
    let frame = |(((((panel, cell), plot), y), legend), turn)| Frame { panel, cell, plot, x: horizontal(panel, &plot), y, legend, turn };
    parts.map(frame).collect()
}

/// How many panels stand in the grid: all, but for the strip below.
fn in_grid(figure: &Figure) -> usize {
    figure.panels.len() - usize::from(figure.strip.is_some())
}

fn cells(figure: &Figure) -> Vec<Rect> {
    let (width, whole) = (f64::from(figure.size.0), f64::from(figure.size.1));
    let height = whole - figure.strip.unwrap_or(0.0);
    let rows = in_grid(figure).div_ceil(figure.columns);
    let (columns, rows) = (figure.columns as f64, rows as f64);
    let wide = (width - 2.0 * MARGIN - (columns - 1.0) * GAP) / columns;
    let high = (height - HEAD_HEIGHT - 16.0 - (rows - 1.0) * GAP) / rows;
    let cell = |index: usize| {
        if index == in_grid(figure) {
            return Rect { left: MARGIN, top: height - 16.0 + GAP, right: width - MARGIN, bottom: whole - 16.0 };
        }
        let (row, column) = ((index / figure.columns) as f64, (index % figure.columns) as f64);
        let (left, top) = (MARGIN + column * (wide + GAP), HEAD_HEIGHT + row * (high + GAP));
        Rect { left, top, right: left + wide, bottom: top + high }
    };
    (0..figure.panels.len()).map(cell).collect()
}

fn legend(panel: &Panel, width: f64) -> Vec<Entry> {
    let mut bands = 0;
    let mut entries: Vec<(String, Swatch)> = Vec::new();
    for (index, series) in panel.series.iter().enumerate().filter(|(_, series)| !series.name.is_empty()) {
        let swatch = match series.shape {
            Shape::Line => Swatch::Line(series.look, dash_of(panel, index)),
            Shape::Curve | Shape::Interval | Shape::Span | Shape::Link => Swatch::Curve(series.look),
            Shape::Stack | Shape::Bar => Swatch::Field(series.look),
            Shape::Points => Swatch::Point(series.look, palette::look(series.look).marker),
            Shape::Band => {
                bands += 1;
                Swatch::Band(series.look, band_alpha(bands - 1))
            }
        };
        entries.push((series.name.clone(), swatch));
    }
    entries.extend(panel.zones.iter().map(|zone| (zone.name.clone(), Swatch::Band(zone.look, ZONE_ALPHA))));
    entries.extend(panel.marks.iter().map(|marks| (marks.name.clone(), Swatch::Mark(VERMILLION))));
    let of_flow = panel.flow.iter().flat_map(|flow| &flow.ramps);
    let ramps = panel.cells.iter().flat_map(|cells| &cells.ramps).chain(of_flow);
    entries.extend(ramps.map(|ramp| (ramp.name.clone(), Swatch::Ramp(ramp.look))));
    if panel.is_empty() || entries.len() < 2 && panel.cells.is_none() && panel.flow.is_none() {
        return Vec::new();
    }
    let (mut x, mut y) = (0.0, LEGEND_ROW);
    let mut placed = Vec::with_capacity(entries.len());
    for (words, swatch) in entries {
        let length = SWATCH + text_width(&words, SMALL, Weight::Regular);
        if x > 0.0 && x + length > width {
            (x, y) = (0.0, y + LEGEND_ROW);
        }
        placed.push(Entry { words, swatch, at: (x, y) });
        x += length + BETWEEN;
    }
    placed
}

fn horizontal(panel: &Panel, plot: &Rect) -> Mapping {
    let axis = &panel.x;
    let is_stacked = panel.series.iter().any(|series| series.shape == Shape::Stack);
    let values = panel.series.iter().flat_map(|series| {
        let there = series.points.iter().filter(|point| point.y.is_some());
        there.flat_map(|point| [Some(point.x), point.low.filter(|_| series.shape.is_across())]).flatten()
    });
    let marks = panel.marks.iter().flat_map(|marks| marks.at.iter().copied());
    let mut extent = extent(axis, values.chain(marks));
    let is_tight = axis.ends == Ends::Tight && axis.range.is_none();
    let inset = if is_tight && !is_stacked { INSET } else { 0.0 };
    if is_stacked && axis.range.is_none() {
        let half = panel.series.first().map_or(0.5, |series| bar_width(series) / 2.0);
        extent = (extent.0 - half, extent.1 + half);
    }
    let length = plot.right - plot.left - 2.0 * inset;
    let wanted = Wanted {
        scale: axis.scale,
        format: axis.format,
        low: extent.0,
        high: extent.1,
        is_rounded: axis.ends == Ends::Round && axis.range.is_none(),
        length,
        spacing: 80.0,
    };
    let mut ticks = ticks(&wanted, |label| text_width(label, SMALL, Weight::Regular) + SMALL);
    if !axis.names.is_empty() {
        ticks.ticks = named(axis, plot.right - plot.left);
    }
    Mapping { scale: axis.scale, from: plot.left + inset, to: plot.right - inset, ticks }
}

/// Ticks with the axis's names: of as many as have room on this length, every second one where all would touch, and so on.
fn named(axis: &Axis, length: f64) -> Vec<(f64, String)> {
    let step = (0.95 * SMALL * axis.names.len() as f64 / length.max(1.0)).ceil().max(1.0) as usize;
    axis.names.iter().enumerate().step_by(step).map(|(index, name)| ((index + 1) as f64, name.clone())).collect()
}

/// The width of the longest of an axis's names.
fn widest(axis: &Axis) -> f64 {
    axis.names.iter().map(|name| text_width(name, SMALL, Weight::Regular)).fold(0.0, f64::max)
}

/// Which way an axis's names must run to have room beside each other.
fn turn(axis: &Axis, cell: &Rect) -> Turn {
    const BESIDE: f64 = 220.0;
    let room = (cell.right - cell.left - BESIDE) / axis.names.len().max(1) as f64;
    if widest(axis) + 0.6 * SMALL > room { Turn::Up } else { Turn::None }
}

/// What names that run upward take of a panel's height, beyond the line that every axis has.
fn names_height(axis: &Axis, turn: Turn) -> f64 {
    if turn == Turn::Up && !axis.names.is_empty() { (widest(axis) - SMALL).max(0.0) } else { 0.0 }
}

fn vertical(panel: &Panel, plot: &Rect) -> Mapping {
    let axis = &panel.y;
    let low = |series: &Series, point: &Point| point.low.filter(|_| !series.shape.is_across());
    let values = panel.series.iter().flat_map(|series| series.points.iter().flat_map(move |point| [point.y, low(series, point)])).flatten();
    let levels = panel.references.iter().filter_map(|reference| match reference.course {
        Course::Level(level) => Some(level),
        Course::Diagonal => None,
    });
    let levels = levels.chain(panel.zones.iter().flat_map(|zone| [zone.low, zone.high]));
    let (low, high) = with_near(axis, extent(axis, values), levels.collect());
    let wanted = Wanted {
        scale: axis.scale,
        format: axis.format,
        low,
        high,
        is_rounded: axis.range.is_none(),
        length: plot.bottom - plot.top,
        spacing: 62.0,
    };
    let mut ticks = ticks(&wanted, |_| 2.0 * SMALL);
    if axis.names.is_empty() {
        return Mapping { scale: axis.scale, from: plot.bottom, to: plot.top, ticks };
    }
    ticks.ticks = named(axis, plot.bottom - plot.top);
    Mapping { scale: axis.scale, from: plot.top, to: plot.bottom, ticks }
}

/// The least and the greatest of what an axis must show.
fn extent(axis: &Axis, values: impl Iterator<Item = f64>) -> (f64, f64) {
    if let Some(range) = axis.range {
        return range;
    }
    let shown = values.chain(axis.include).filter(|&value| axis.scale == Scale::Linear || value > 0.0);
    let (low, high) = shown.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
    if low > high { (if axis.format == Format::Count { 1.0 } else { 0.0 }, 1.0) } else { widened(axis, (low, high)) }
}

/// The range, on both sides larger where it spans too little.
fn widened(axis: &Axis, (low, high): (f64, f64)) -> (f64, f64) {
    let room = (axis.least_span - (high - low)) / 2.0;
    if room <= 0.0 || axis.scale == Scale::Log {
        return (low, high);
    }
    let shift = (axis.bounds.0 - (low - room)).max(0.0) - (high + room - axis.bounds.1).max(0.0);
    ((low - room + shift).max(axis.bounds.0), (high + room + shift).min(axis.bounds.1))
}

/// The range with those levels to compare with that leave the data a third of it; the others are told at the axis's end.
fn with_near(axis: &Axis, data: (f64, f64), mut levels: Vec<f64>) -> (f64, f64) {
    let away = |level: &f64| (data.0 - level).max(level - data.1);
    levels.sort_by(|a, b| away(a).total_cmp(&away(b)));
    let is_near = |(low, high): (f64, f64)| axis.scale == Scale::Log || data.0 == data.1 || high - low <= 3.0 * (data.1 - data.0);
    let shown = levels.into_iter().filter(|&level| axis.range.is_none() && (axis.scale == Scale::Linear || level > 0.0));
    let wider = |(low, high): (f64, f64), level: f64| (low.min(level), high.max(level));
    shown.fold(data, |range, level| if is_near(wider(range, level)) { wider(range, level) } else { range })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A name needs 22.8 pixels along the axis: a hundred of them on 1000 pixels need 2280, so that every third is named.
    #[test]
    fn names_that_would_touch_are_thinned() {
        let axis = Axis::of_names("class", (1..=100).map(|name| name.to_string()).collect());
        let named_on = |length: f64| named(&axis, length).into_iter().map(|(at, _)| at).collect::<Vec<_>>();
        assert_eq!(named_on(1000.0)[..3], [1.0, 4.0, 7.0]);
        assert_eq!((named_on(1000.0).len(), named_on(2280.0).len()), (34, 100));
        assert_eq!(named(&Axis::of_names("class", Vec::new()), 1000.0), []);
    }
}
