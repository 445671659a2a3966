//! What features add to what trees say of rows: of one score a swarm of points a feature, coloured by its cells; of several classes a bar a
//! feature, parted by class.

use super::rounds::counted;
use crate::charts::figure::{Axis, Figure, Format, Panel, Point, Pointing, Series, Shape};
use crate::charts::palette::{BLACK, BLUE, GREY, VERMILLION};
use crate::charts::{SMALL, shortened};
use crate::diag::Error;
use crate::numeric::quantile;
use crate::numeric::text::shortest;
use crate::runs::{Cell, Saved};
use crate::tasks::Task;

const FILE: &str = "shap.csv";

/// A feature's height in pixels.
const ROW: usize = 54;
/// The room of a feature's name.
const NAME: f64 = 420.0;
/// So many points side by side would fill the width.
const SLOTS: f64 = 110.0;
/// How far points of one slot lie apart at most, where a feature is 1 high.
const STEP: f64 = 0.09;
/// How far they lie from the middle at most.
const REACH: f64 = 0.38;

/// A value of one row.
struct Value {
    /// The row's cell; `None` where it is missing.
    cell: Option<f64>,
    /// What it adds.
    shap: f64,
}

/// What a feature adds, of each class.
struct Feature {
    name: String,
    /// Of each class, in the order in which they come first; of one score there is one.
    values: Vec<(String, Vec<Value>)>,
}

/// How a cell compares with the others of its feature.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Low,
    Middle,
    High,
    Missing,
}

/// The levels with their names and looks, as they are drawn.
const LEVELS: [(Level, &str, usize); 4] = [
    (Level::Low, "low cell", BLUE),
    (Level::Middle, "middle cell", GREY),
    (Level::High, "high cell", VERMILLION),
    (Level::Missing, "missing", BLACK),
];

/// The picture.
pub(super) fn figure(saved: &Saved, task: Task) -> Result<Figure, Error> {
    let features = read(saved, task)?;
    let rows = features.first().map_or(0, |feature| feature.values.first().map_or(0, |(_, values)| values.len()));
    let names = features.iter().map(|feature| shortened(&feature.name, SMALL, NAME)).collect();
    let y = Axis::of_names("feature, greatest mean magnitude first", names);
    let heading = format!("{}, {}", counted(features.len(), "feature"), counted(rows, "row"));
    let x = Axis::new(label(task), Format::Number).and_zero();
    let mut panel = Panel::new(heading, x, y);
    panel.note = "no feature adds anything".to_owned();
    panel.pointing = Pointing::Plane;
    panel.series = if task == Task::Multiclass { bars(&features) } else { swarms(&features) };
    Ok(Figure::new(title(&features, task), 1, (1600, (300 + ROW * features.len().max(5)) as u32), vec![panel]))
}

/// What the horizontal axis measures.
fn label(task: Task) -> &'static str {
    match task {
        Task::Multiclass => "mean magnitude of what it adds to each class's log-odds",
        Task::Binary => "what the cell adds to its row's log-odds",
        _ => "what the cell adds to what is predicted of its row",
    }
}

/// The features in their order, as the table has them.
fn read(saved: &Saved, task: Task) -> Result<Vec<Feature>, Error> {
    let mut features: Vec<Feature> = Vec::new();
    let mut add = |name: Cell<'_>, class: &str, cell: Cell<'_>, shap: Cell<'_>| {
        if features.last().is_none_or(|feature| feature.name != name.text()) {
            features.push(Feature { name: name.text().to_owned(), values: Vec::new() });
        }
        let values = &mut features.last_mut().expect("one was added").values;
        let at = values.iter().position(|(known, _)| known == class).unwrap_or_else(|| {
            values.push((class.to_owned(), Vec::new()));
            values.len() - 1
        });
        values[at].1.push(Value { cell: cell.optional()?, shap: shap.number()? });
        Ok(())
    };
    if task == Task::Multiclass {
        saved.rows(FILE, ["feature", "class", "cell", "shap"], |[name, class, cell, shap]| add(name, class.text(), cell, shap))?;
    } else {
        saved.rows(FILE, ["feature", "cell", "shap"], |[name, cell, shap]| add(name, "", cell, shap))?;
    }
    Ok(features)
}

/// The mean magnitude of some values.
fn magnitude(values: &[Value]) -> f64 {
    values.iter().map(|value| value.shap.abs()).sum::<f64>() / values.len().max(1) as f64
}

fn title(features: &[Feature], task: Task) -> String {
    let Some(first) = features.first() else { return "SHAP values: no feature adds anything".to_owned() };
    let mean: f64 = first.values.iter().map(|(_, values)| magnitude(values)).sum();
    let what = match task {
        Task::Multiclass => "the classes' log-odds",
        Task::Binary => "the log-odds",
        _ => "what is predicted",
    };
    let how = if task == Task::Multiclass { "in all" } else { "on average" };
    format!("SHAP values: {} moves {what} by {mean:.3} {how}", shortened(&first.name, SMALL, NAME))
}

/// Of each cell where it lies between the low and the high ones of its feature, of which one in twenty count as no lower and no higher.
fn levels(values: &[Value]) -> Vec<Level> {
    let mut cells: Vec<f64> = values.iter().filter_map(|value| value.cell).collect();
    cells.sort_by(f64::total_cmp);
    let between = |shares: [f64; 2]| shares.map(|share| quantile(&cells, share).unwrap_or(0.0));
    let ends = Some(between([0.05, 0.95])).filter(|[low, high]| low < high).unwrap_or_else(|| between([0.0, 1.0]));
    let level = |value: &Value| match value.cell {
        None => Level::Missing,
        Some(_) if ends[0] >= ends[1] => Level::Middle,
        Some(cell) => match (cell - ends[0]) / (ends[1] - ends[0]) {
            share if share < 1.0 / 3.0 => Level::Low,
            share if share > 2.0 / 3.0 => Level::High,
            _ => Level::Middle,
        },
    };
    values.iter().map(level).collect()
}

/// How far each value's point lies beside its feature's line, so that those of about one value do not hide each other.
fn beside(values: &[Value], width: f64) -> Vec<f64> {
    let slot = |value: &Value| if width > 0.0 { (value.shap / width * SLOTS).round() as i64 } else { 0 };
    let slots: Vec<i64> = values.iter().map(slot).collect();
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by_key(|&at| slots[at]);
    let mut offsets = vec![0.0; values.len()];
    for same in order.chunk_by(|&a, &b| slots[a] == slots[b]) {
        let step = STEP.min(2.0 * REACH / same.len() as f64);
        for (place, &at) in same.iter().enumerate() {
            let side = if place % 2 == 0 { 1.0 } else { -1.0 };
            offsets[at] = side * place.div_ceil(2) as f64 * step;
        }
    }
    offsets
}

/// A point for each value of one score.
fn swarms(features: &[Feature]) -> Vec<Series> {
    let values = || features.iter().filter_map(|feature| Some((&feature.name, &feature.values.first()?.1)));
    let all = values().flat_map(|(_, values)| values).map(|value| value.shap);
    let (low, high) = all.fold((0.0_f64, 0.0_f64), |(low, high), shap| (low.min(shap), high.max(shap)));
    let mut series = LEVELS.map(|(_, name, look)| Series { name: name.to_owned(), look, shape: Shape::Points, points: Vec::new() });
    for (at, (name, values)) in (1..).zip(values()) {
        let offsets = beside(values, high - low);
        for ((value, level), offset) in values.iter().zip(levels(values)).zip(offsets) {
            let cell = value.cell.map_or("missing".to_owned(), shortest);
            let place = LEVELS.iter().position(|(known, ..)| *known == level).expect("every level is listed");
            let y = Some(f64::from(at) + offset);
            series[place].points.push(Point { x: value.shap, y, told: Some(format!("{name}: {cell}")), ..Point::default() });
        }
    }
    series.into_iter().filter(|series| !series.points.is_empty()).collect()
}

/// A bar for each class, end to end.
fn bars(features: &[Feature]) -> Vec<Series> {
    let Some(first) = features.first() else { return Vec::new() };
    let mut ends = vec![0.0; features.len()];
    let of_class = |(look, (class, _)): (usize, &(String, Vec<Value>))| {
        let point = |(at, feature): (usize, &Feature)| {
            let (_, values) = feature.values.iter().find(|(known, _)| known == class)?;
            let (low, mean) = (ends[at], magnitude(values));
            ends[at] = low + mean;
            let told = Some(format!("{}, {class}: {mean:.4}", feature.name));
            Some(Point { x: low + mean, y: Some(at as f64 + 1.0), low: Some(low), label: None, told })
        };
        let points = features.iter().enumerate().filter_map(point).collect();
        Series { name: shortened(class, SMALL, NAME / 2.0), look, shape: Shape::Bar, points }
    };
    first.values.iter().enumerate().map(of_class).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(cells: &[Option<f64>]) -> Vec<Value> {
        cells.iter().map(|&cell| Value { cell, shap: 0.0 }).collect()
    }

    /// Of a share that few rows are of, those are high and the others low; of cells that are all alike none is either.
    #[test]
    fn cells_are_low_or_high_by_their_features_own_range() {
        let rare: Vec<Option<f64>> = (0..100).map(|row| Some(if row == 7 { 1.0 } else { 0.0 })).collect();
        let found = levels(&values(&rare));
        assert!(found[7] == Level::High && found.iter().filter(|level| **level == Level::Low).count() == 99);
        assert!(levels(&values(&[Some(2.0), Some(2.0), None])) == [Level::Middle, Level::Middle, Level::Missing]);
        // Of 0 to 39 and one far away the ends are 2 and 38.
        let far: Vec<Option<f64>> = (0..40).map(|cell| Some(f64::from(cell))).chain([Some(1e9)]).collect();
        let found = levels(&values(&far));
        assert!([found[0], found[20], found[39], found[40]] == [Level::Low, Level::Middle, Level::High, Level::High]);
    }

    /// Five of one value lie beside each other on both sides, within the feature's own height.
    #[test]
    fn points_of_one_value_lie_beside_each_other() {
        let of = |shaps: &[f64]| shaps.iter().map(|&shap| Value { cell: None, shap }).collect::<Vec<_>>();
        let found = beside(&of(&[0.5, 0.5, 0.5, 0.5, 0.5, -3.0]), 4.0);
        assert_eq!(found, [0.0, -STEP, STEP, -2.0 * STEP, 2.0 * STEP, 0.0]);
        let many = beside(&of(&vec![1.0; 300]), 4.0);
        assert!(many.iter().all(|offset| offset.abs() <= REACH + 1e-9));
    }
}
