//! A chart as a value: what is to be seen, without a word of where it lies on the paper.

use super::cells::Cells;
use super::flow::Flow;

/// A picture: some panels, side by side and below each other.
#[derive(Clone, Debug)]
pub struct Figure {
    /// What all the panels show.
    pub title: String,
    /// The run that it is of.
    pub run: String,
    /// How many panels stand side by side.
    pub columns: usize,
    /// Width and height in pixels.
    pub size: (u32, u32),
    /// The panels, row by row.
    pub panels: Vec<Panel>,
    /// How high the last panel is, where it lies below the others and is as wide as all of them.
    pub strip: Option<f64>,
}

impl Figure {
    /// A picture of no run yet, whose panels all stand in the grid.
    pub fn new(title: impl Into<String>, columns: usize, size: (u32, u32), panels: Vec<Panel>) -> Self {
        Self { title: title.into(), run: String::new(), columns, size, panels, strip: None }
    }

    /// The same picture, taller by a last panel below the others.
    pub fn with_strip(mut self, panel: Panel, height: u32) -> Self {
        self.panels.push(panel);
        self.size.1 += height;
        Self { strip: Some(f64::from(height)), ..self }
    }
}

/// One pair of axes and what lies between them.
#[derive(Clone, Debug)]
pub struct Panel {
    /// What is seen here.
    pub title: String,
    /// The horizontal axis.
    pub x: Axis,
    /// The vertical axis.
    pub y: Axis,
    /// The data, in the order of the legend; the first is drawn first.
    pub series: Vec<Series>,
    /// Coloured cells, in the place of series.
    pub cells: Option<Cells>,
    /// Boxes and arrows, in the place of axes and series.
    pub flow: Option<Flow>,
    /// Where small ticks stand on the horizontal axis.
    pub marks: Option<Marks>,
    /// Dashed lines, each with its label.
    pub references: Vec<Reference>,
    /// Translucent fields from left to right, below the data.
    pub zones: Vec<Zone>,
    /// Words in the place of the data, where there are none.
    pub note: String,
    /// Which value a pointer finds.
    pub pointing: Pointing,
}

/// Which value of a panel a pointer finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pointing {
    /// All that lie above the nearest place on the horizontal axis.
    Across,
    /// The one that is nearest in the plane.
    Plane,
}

impl Panel {
    /// A panel without data yet.
    pub fn new(title: impl Into<String>, x: Axis, y: Axis) -> Self {
        let (title, note) = (title.into(), "nothing to show".to_owned());
        Self {
            title,
            x,
            y,
            series: Vec::new(),
            cells: None,
            flow: None,
            marks: None,
            references: Vec::new(),
            zones: Vec::new(),
            note,
            pointing: Pointing::Across,
        }
    }

    /// A panel of coloured cells, its columns named on `x` and its rows on `y`.
    pub fn of_cells(title: impl Into<String>, x: Axis, y: Axis, cells: Cells) -> Self {
        Self { cells: Some(cells), pointing: Pointing::Plane, ..Self::new(title, x, y) }
    }

    /// A panel of boxes and arrows.
    pub fn of_flow(title: impl Into<String>, flow: Flow) -> Self {
        let axis = || Axis::new("", Format::Number);
        Self { flow: Some(flow), pointing: Pointing::Plane, ..Self::new(title, axis(), axis()) }
    }

    /// Whether no series has a point, and there is no cell and no box.
    pub fn is_empty(&self) -> bool {
        let has_cells = self.cells.as_ref().is_some_and(|cells| !cells.all.is_empty());
        let has_boxes = self.flow.as_ref().is_some_and(|flow| !flow.boxes.is_empty());
        !has_cells && !has_boxes && self.series.iter().all(|series| series.points.iter().all(|point| point.y.is_none()))
    }
}

/// One direction of a panel.
#[derive(Clone, Debug)]
pub struct Axis {
    /// What is measured; the unit is added by its format.
    pub label: String,
    /// How values become places.
    pub scale: Scale,
    /// What the axis shows from end to end; else what the data need, rounded outward.
    pub range: Option<(f64, f64)>,
    /// A value that must be on the axis, zero for instance.
    pub include: Option<f64>,
    /// The least that a linear axis spans, lest noise be blown up.
    pub least_span: f64,
    /// What the values can't lie beyond: an axis that is widened ends there.
    pub bounds: (f64, f64),
    /// How values are written.
    pub format: Format,
    /// Names of the places 1, 2, 3 and so on, instead of numbers; on a vertical axis from the top.
    pub names: Vec<String>,
    /// Whether the axis ends where the data end, or at round numbers beyond.
    pub ends: Ends,
}

impl Axis {
    /// A linear axis as long as the data need.
    pub fn new(label: impl Into<String>, format: Format) -> Self {
        let (label, scale) = (label.into(), Scale::Linear);
        let bounds = (f64::NEG_INFINITY, f64::INFINITY);
        Self { label, scale, range: None, include: None, least_span: 0.0, bounds, format, names: Vec::new(), ends: Ends::Round }
    }

    /// The axis of places that have names.
    pub fn of_names(label: impl Into<String>, names: Vec<String>) -> Self {
        let end = names.len().max(1) as f64 + 0.5;
        Self { names, ..Self::new(label, Format::Count).between(0.5, end) }
    }

    /// The axis of the rounds.
    pub fn of_rounds() -> Self {
        Self { ends: Ends::Tight, ..Self::new("round", Format::Count) }
    }

    /// A logarithmic one if `values`, of which only those above 0 count, span more than two decades.
    pub fn log_if_wide(self, values: impl Iterator<Item = f64>) -> Self {
        self.log_if_wider(100.0, values)
    }

    /// A logarithmic one if the greatest of `values`, of which only those above 0 count, is more than `ratio` times the least.
    pub fn log_if_wider(mut self, ratio: f64, values: impl Iterator<Item = f64>) -> Self {
        let (low, high) = values.filter(|&value| value > 0.0).fold((f64::MAX, 0.0_f64), |(low, high), v| (low.min(v), high.max(v)));
        if high > ratio * low {
            self.scale = Scale::Log;
        }
        self
    }

    /// The same axis with zero on it, unless it is logarithmic.
    pub fn and_zero(mut self) -> Self {
        self.include = (self.scale == Scale::Linear).then_some(0.0);
        self
    }

    /// The same axis, spanning at least so much, though nothing beyond `bounds`.
    pub fn spanning(self, least_span: f64, bounds: (f64, f64)) -> Self {
        Self { least_span, bounds, ..self }
    }

    /// The same axis with fixed ends.
    pub fn between(mut self, low: f64, high: f64) -> Self {
        self.range = Some((low, high));
        self
    }
}

/// Where an axis ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ends {
    /// At the data.
    Tight,
    /// At the next round numbers.
    Round,
}

/// How values become places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// Equal differences are equally long.
    Linear,
    /// Equal ratios are equally long.
    Log,
}

/// How values are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// As it stands, without a unit.
    Number,
    /// Whole numbers, without a unit.
    Count,
    /// In B, kB, MB and so on, whichever fits.
    Bytes,
    /// In µs, ms or s, whichever fits.
    Seconds,
    /// A share, in per cent.
    Percent,
}

/// Values that belong together.
#[derive(Clone, Debug)]
pub struct Series {
    /// Its name in the legend.
    pub name: String,
    /// The number of its colour, dash pattern and marker.
    pub look: usize,
    /// How it is drawn.
    pub shape: Shape,
    /// Its points, from left to right, but for [`Shape::Points`].
    pub points: Vec<Point>,
}

impl Series {
    /// A line through `(x, y)`; interrupted where y is missing.
    pub fn line(name: impl Into<String>, look: usize, points: impl Iterator<Item = (f64, Option<f64>)>) -> Self {
        let points = points.map(|(x, y)| Point { x, y, ..Point::default() }).collect();
        Self { name: name.into(), look, shape: Shape::Line, points }
    }
}

/// How a series is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Straight from point to point, with markers where there are few.
    Line,
    /// Straight from point to point, without markers.
    Curve,
    /// The space between `low` and `y`, translucent.
    Band,
    /// A bar from `low` to `y`: what lies below it is another series.
    Stack,
    /// A marker at each point.
    Points,
    /// A thin stroke with two ends from `low` up to `y`.
    Interval,
    /// A thin stroke with two ends from `low` across to `x`.
    Span,
    /// A thick translucent stroke from `low` across to `x`.
    Link,
    /// A bar from `low` across to `x`, beside a name, with its label at its end.
    Bar,
}

impl Shape {
    /// Whether `low` lies on the horizontal axis.
    pub fn is_across(self) -> bool {
        matches!(self, Self::Span | Self::Link | Self::Bar)
    }
}

/// One value.
#[derive(Clone, Debug, Default)]
pub struct Point {
    /// Where it lies horizontally.
    pub x: f64,
    /// Where it lies vertically, unless it is missing.
    pub y: Option<f64>,
    /// The lower end of a band or a bar, or the left one of a stroke across.
    pub low: Option<f64>,
    /// What is written beside it.
    pub label: Option<String>,
    /// What is told where a pointer finds it.
    pub told: Option<String>,
}

/// Small ticks on the horizontal axis.
#[derive(Clone, Debug)]
pub struct Marks {
    /// What they say.
    pub name: String,
    /// Where they stand.
    pub at: Vec<f64>,
}

/// A line to compare with.
#[derive(Clone, Debug)]
pub struct Reference {
    /// Its label, written beside it.
    pub label: String,
    /// Where it runs.
    pub course: Course,
    /// How it is drawn.
    pub dash: Dash,
}

/// All between two heights.
#[derive(Clone, Debug)]
pub struct Zone {
    /// Its name in the legend.
    pub name: String,
    /// Its lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
    /// The number of its colour.
    pub look: usize,
}

/// Where a reference runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Course {
    /// At one height.
    Level(f64),
    /// Where y = x.
    Diagonal,
}

/// How a line is interrupted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dash {
    /// Not at all.
    Solid,
    /// In long strokes.
    Dashed,
    /// In dots.
    Dotted,
    /// In strokes and dots.
    StrokeDot,
}
