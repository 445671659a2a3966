//! The values in a picture with their places: what the page shows where a pointer rests.

use std::collections::BTreeSet;

use serde::Serialize;

use super::cells::{Cell, Cells};
use super::figure::{Figure, Point, Pointing, Scale, Series, Shape};
use super::flow::{Flow, FlowBox};
use super::layout::Frame;
use super::render::axis_label;
use super::{flow_chart, heat_map};

/// All panels of a picture.
#[derive(Clone, Debug, Serialize)]
pub struct Hover {
    /// The picture's width in the SVG's units.
    pub width: u32,
    /// The picture's height.
    pub height: u32,
    /// All that belongs to each panel, whether it holds data or not, in reading order: left, top, right, bottom.
    pub cells: Vec<[i32; 4]>,
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
    /// Whether a pointer finds the point that is nearest in the plane, rather than all above the nearest place: then no two
    /// series have a value at one entry.
    pub plane: bool,
    /// Width and height of each cell, where the panel has cells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cell: Option<[f64; 2]>,
    /// What the horizontal axis measures, with its unit.
    pub x_label: String,
    /// What each entry is called; empty where entries have no names.
    pub names: Vec<String>,
    /// Values on the horizontal axis, ascending, in its unit; in the plane some may be equal.
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

/// The most entries that a panel has.
const MOST: usize = 500;

impl Hover {
    pub(crate) fn new(figure: &Figure, frames: &[Frame<'_>]) -> Self {
        let panels = frames.iter().filter(|frame| !frame.panel.is_empty()).map(HoverPanel::new).collect();
        let cells = frames.iter().map(|Frame { cell, .. }| [cell.left, cell.top, cell.right, cell.bottom].map(|edge| edge.round() as i32));
        Self { width: figure.size.0, height: figure.size.1, cells: cells.collect(), panels }
    }
}

impl HoverPanel {
    fn new(frame: &Frame<'_>) -> Self {
        let pixel = |value: f64| value.round() as i32;
        let all = Self {
            left: pixel(frame.plot.left),
            top: pixel(frame.plot.top),
            right: pixel(frame.plot.right),
            bottom: pixel(frame.plot.bottom),
            plane: frame.panel.pointing == Pointing::Plane,
            cell: None,
            x_label: if frame.panel.y.names.is_empty() { axis_label(&frame.panel.x, frame.x.ticks.unit) } else { String::new() },
            names: Vec::new(),
            x: Vec::new(),
            x_px: Vec::new(),
            series: Vec::new(),
        };
        match (&frame.panel.cells, &frame.panel.flow) {
            (Some(cells), _) => all.of_cells(frame, cells),
            (None, Some(flow)) => all.of_flow(frame, flow),
            (None, None) if all.plane => all.in_the_plane(frame),
            (None, None) => all.across(frame),
        }
    }

    /// An entry for each place on the horizontal axis.
    fn across(mut self, frame: &Frame<'_>) -> Self {
        let sorted: Vec<Vec<&Point>> = frame.panel.series.iter().map(by_x).collect();
        let mut x: Vec<f64> = sorted.iter().flatten().map(|point| point.x).filter(|&x| frame.x.place(x).is_some()).collect();
        x.sort_unstable_by(f64::total_cmp);
        x.dedup();
        let at = |points: &[&Point]| -> Vec<Option<usize>> {
            x.iter().map(|x| points.binary_search_by(|point| point.x.total_cmp(x)).ok()).collect()
        };
        let found = sorted.iter().map(|points| at(points).into_iter().map(|at| Some(points[at?])).collect::<Vec<_>>());
        self.series = frame.panel.series.iter().zip(found).flat_map(|(series, found)| lines(frame, series, &found)).collect();
        let axis = &frame.panel.x;
        if !axis.names.is_empty() {
            let thing = axis.label.split(',').next().unwrap_or_default();
            let name = |x: &f64| axis.names.get(*x as usize - 1).map(|name| format!("{thing} {name}")).unwrap_or_default();
            self.names = x.iter().map(name).collect();
        }
        self.place(frame, &x).thinned(extremes)
    }

    /// An entry for each point.
    fn in_the_plane(mut self, frame: &Frame<'_>) -> Self {
        let numbered = frame.panel.series.iter().enumerate().filter(|(_, series)| is_told(series));
        let mut points: Vec<(usize, &Point)> =
            numbered.flat_map(|(index, series)| series.points.iter().map(move |point| (index, point))).collect();
        points.retain(|(_, point)| frame.x.place(point.x).is_some() && point.y.is_some_and(|y| frame.y.place(y).is_some()));
        points.sort_by(|a, b| a.1.x.total_cmp(&b.1.x));
        for (index, series) in frame.panel.series.iter().enumerate() {
            let own: Vec<Option<&Point>> = points.iter().map(|(of, point)| (*of == index).then_some(*point)).collect();
            self.series.extend(lines(frame, series, &own));
        }
        if points.iter().any(|(_, point)| point.told.is_some()) {
            self.names = points.iter().map(|(_, point)| point.told.clone().unwrap_or_default()).collect();
        }
        let x: Vec<f64> = points.iter().map(|(_, point)| point.x).collect();
        self.place(frame, &x).thinned(scattered)
    }

    /// An entry for each cell, those of the strongest colours where there are too many.
    fn of_cells(mut self, frame: &Frame<'_>, cells: &Cells) -> Self {
        let mut kept: Vec<&Cell> = cells.all.iter().collect();
        let strength = |cell: &Cell| cell.shade.map_or(0.0, |shade| shade.strength);
        kept.sort_by(|a, b| strength(b).total_cmp(&strength(a)));
        kept.truncate(MOST);
        kept.sort_by_key(|cell| cell.at);
        let (width, height) = heat_map::size(frame);
        self.cell = Some([tenth(width), tenth(height)]);
        self.names = kept.iter().map(|cell| cell.told.clone()).collect();
        let y_px: Vec<Option<f64>> = kept.iter().map(|cell| frame.y.place(cell.at.row as f64 + 1.0).map(tenth)).collect();
        let measure = |(at, (name, unit)): (usize, &(&'static str, &'static str))| HoverSeries {
            name: (*name).to_owned(),
            unit: (*unit).to_owned(),
            y: kept.iter().map(|cell| cell.values.get(at).copied().flatten()).collect(),
            y_px: y_px.clone(),
        };
        self.series = cells.measures.iter().enumerate().map(measure).collect();
        let x: Vec<f64> = kept.iter().map(|cell| cell.at.column as f64 + 1.0).collect();
        self.place(frame, &x)
    }

    /// An entry for each box, column by column.
    fn of_flow(mut self, frame: &Frame<'_>, flow: &Flow) -> Self {
        let mut kept: Vec<&FlowBox> = flow.boxes.iter().collect();
        kept.sort_by(|a, b| a.column.cmp(&b.column).then(a.row.total_cmp(&b.row)));
        kept.truncate(MOST);
        let (width, height) = flow_chart::size(frame, flow);
        self.cell = Some([tenth(width), tenth(height)]);
        self.names = kept.iter().map(|each| each.told.clone()).collect();
        let places: Vec<(f64, f64)> = kept.iter().map(|each| flow_chart::middle(frame, flow, each)).collect();
        let measure = |(at, (name, unit)): (usize, &(&'static str, &'static str))| HoverSeries {
            name: (*name).to_owned(),
            unit: (*unit).to_owned(),
            y: kept.iter().map(|each| each.values.get(at).copied().flatten()).collect(),
            y_px: places.iter().map(|(_, y)| Some(tenth(*y))).collect(),
        };
        self.series = flow.measures.iter().enumerate().map(measure).collect();
        self.x = kept.iter().map(|each| (each.column + 1) as f64).collect();
        self.x_px = places.iter().map(|(x, _)| tenth(*x)).collect();
        self
    }

    fn place(mut self, frame: &Frame<'_>, x: &[f64]) -> Self {
        self.x_px = x.iter().filter_map(|&x| frame.x.place(x)).map(tenth).collect();
        self.x = x.iter().map(|x| x / frame.x.ticks.divisor).collect();
        self
    }

    /// At most [`MOST`] of the entries: `choose` tells which, given how many pixels are one to it.
    fn thinned(mut self, choose: fn(&Self, f64) -> BTreeSet<usize>) -> Self {
        if self.x.len() <= MOST {
            return self;
        }
        let mut pixels = 1.0;
        let mut kept = choose(&self, pixels);
        while kept.len() > MOST {
            pixels *= 1.3;
            kept = choose(&self, pixels);
        }
        let pick = |values: &[Option<f64>]| kept.iter().map(|&at| values[at]).collect::<Vec<_>>();
        for series in &mut self.series {
            (series.y, series.y_px) = (pick(&series.y), pick(&series.y_px));
        }
        self.names = kept.iter().filter_map(|&at| self.names.get(at).cloned()).collect();
        self.x = kept.iter().map(|&at| self.x[at]).collect();
        self.x_px = kept.iter().map(|&at| self.x_px[at]).collect();
        self
    }
}

/// The ends, and of each column of so many pixels the entries at which a series is lowest and highest.
fn extremes(panel: &HoverPanel, pixels: f64) -> BTreeSet<usize> {
    let mut kept = BTreeSet::from([0, panel.x.len() - 1]);
    let column = |at: usize| (panel.x_px[at] / pixels).floor();
    let mut start = 0;
    while start < panel.x.len() {
        let end = (start..panel.x.len()).find(|&at| column(at) != column(start)).unwrap_or(panel.x.len());
        for series in &panel.series {
            let values = || (start..end).filter_map(|at| Some((at, series.y[at]?)));
            kept.extend(values().min_by(|a, b| a.1.total_cmp(&b.1)).map(|(at, _)| at));
            kept.extend(values().max_by(|a, b| a.1.total_cmp(&b.1)).map(|(at, _)| at));
        }
        start = end;
    }
    kept
}

/// The ends and extremes, and the first of the entries in each square of so many pixels.
fn scattered(panel: &HoverPanel, pixels: f64) -> BTreeSet<usize> {
    let mut kept = extremes(panel, f64::MAX);
    let mut taken = BTreeSet::new();
    let cell = |pixel: f64| (pixel / pixels).floor() as i64;
    for at in 0..panel.x.len() {
        let places =
            panel.series.iter().enumerate().filter_map(|(index, series)| Some((index, cell(panel.x_px[at]), cell(series.y_px[at]?))));
        // Every place is taken, though one that is new is enough.
        if places.filter(|place| taken.insert(*place)).count() > 0 {
            kept.insert(at);
        }
    }
    kept
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
fn lines(frame: &Frame<'_>, series: &Series, points: &[Option<&Point>]) -> Vec<HoverSeries> {
    let line = |name: String, value: &dyn Fn(&Point) -> Option<f64>, place: &dyn Fn(&Point) -> Option<f64>| {
        let y = points.iter().map(|point| Some(value(point.as_ref()?)? / frame.y.ticks.divisor)).collect();
        let y_px = points.iter().map(|point| frame.y.place(place(point.as_ref()?)?).map(tenth)).collect();
        HoverSeries { name, unit: frame.y.ticks.unit.to_owned(), y, y_px }
    };
    // Beside named places the values lie across.
    if !frame.panel.y.names.is_empty() && is_told(series) {
        let y = points.iter().map(|point| Some(point.as_ref()?.x / frame.x.ticks.divisor)).collect();
        let y_px = points.iter().map(|point| frame.y.place(point.as_ref()?.y?).map(tenth)).collect();
        return vec![HoverSeries { name: series.name.clone(), unit: frame.x.ticks.unit.to_owned(), y, y_px }];
    }
    match series.shape {
        _ if !is_told(series) => Vec::new(),
        Shape::Span | Shape::Link | Shape::Bar => Vec::new(),
        // A logarithmic axis has no 0 for bars to stand on.
        Shape::Stack if frame.panel.y.scale == Scale::Log => vec![line(series.name.clone(), &|point| point.y, &|point| point.y)],
        Shape::Line | Shape::Curve | Shape::Points => vec![line(series.name.clone(), &|point| point.y, &|point| point.y)],
        Shape::Stack => vec![line(series.name.clone(), &|point| Some(point.y? - point.low.unwrap_or(0.0)), &|point| point.y)],
        Shape::Band | Shape::Interval => vec![
            line(format!("{}, lower end", series.name), &|point| point.low, &|point| point.low),
            line(format!("{}, upper end", series.name), &|point| point.y, &|point| point.y),
        ],
    }
}

/// Whether a pointer finds a series: one without a name belongs to another.
fn is_told(series: &Series) -> bool {
    !series.name.is_empty() && !matches!(series.shape, Shape::Span | Shape::Link)
}

/// A tenth of a pixel is all that a screen can show.
fn tenth(pixel: f64) -> f64 {
    (pixel * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::super::figure::{Axis, Format, Panel};
    use super::super::layout::lay_out;
    use super::*;

    fn hover(points: Vec<(f64, f64)>, pointing: Pointing) -> HoverPanel {
        let mut panel = Panel::new("a", Axis::new("x", Format::Number), Axis::new("y", Format::Number));
        panel.series = vec![Series::line("s", 0, points.into_iter().map(|(x, y)| (x, Some(y))))];
        panel.pointing = pointing;
        let figure = Figure::new("", 1, (1600, 1000), vec![panel]);
        let mut all = Hover::new(&figure, &lay_out(&figure)).panels;
        all.pop().expect("one panel")
    }

    #[test]
    fn a_spike_in_thousands_of_rounds_is_found() {
        let height = |at: usize| if at == 7_777 { 50.0 } else { (at % 10) as f64 };
        let panel = hover((0..10_000).map(|at| (at as f64, height(at))).collect(), Pointing::Across);
        assert!(panel.x.len() <= MOST && panel.x.len() > MOST / 4, "{}", panel.x.len());
        let at = panel.x.iter().position(|x| *x == 7_777.0).expect("the spike");
        assert_eq!(panel.series[0].y[at], Some(50.0));
        assert_eq!((panel.x[0], panel.x.last()), (0.0, Some(&9_999.0)));
    }

    #[test]
    fn points_at_one_place_do_not_hide_each_other_in_the_plane() {
        let points = vec![(0.0, 0.0), (0.0, 0.4), (0.0, 0.9), (1.0, 1.0)];
        let panel = hover(points.clone(), Pointing::Plane);
        assert_eq!(panel.x, [0.0, 0.0, 0.0, 1.0]);
        assert_eq!(panel.series[0].y, [Some(0.0), Some(0.4), Some(0.9), Some(1.0)]);
        assert_eq!(hover(points, Pointing::Across).series[0].y, [Some(0.9), Some(1.0)]);
    }

    #[test]
    fn a_thinned_cloud_keeps_its_extremes() {
        let points = (0..5_000).map(|at| ((at * 37 % 5_000) as f64, if at == 4_321 { -9.0 } else { (at % 71) as f64 }));
        let panel = hover(points.collect(), Pointing::Plane);
        assert!(panel.x.len() <= MOST);
        assert!(panel.series[0].y.contains(&Some(-9.0)) && panel.series[0].y.contains(&Some(70.0)));
    }
}
