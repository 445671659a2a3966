//! Which classes the final model takes for which: a row for each true class, a column for each decision.

use std::collections::BTreeSet;

use super::clients::on_axis;
use crate::charts::cells::{Alike, At, Cell, Cells, Ramp, Shade};
use crate::charts::figure::{Axis, Figure, Format, Panel, Point, Series, Shape};
use crate::charts::palette::{BLUE, GREEN, VERMILLION};
use crate::charts::{SMALL, Weight, text_width};
use crate::diag::Error;
use crate::numeric::text::grouped;
use crate::runs::Saved;

/// Up to so many classes, matrix and shares stand side by side.
const BESIDE_MOST: usize = 6;
/// A row's height in pixels, where the rows are few.
const ROW: usize = 84;
/// All rows' height at most.
const ROWS_HEIGHT_MOST: usize = 1180;

/// The test rows by true class and decision.
#[derive(Debug, Default)]
struct Decided {
    /// In the order of the table.
    classes: Vec<String>,
    /// By true class and decision, (classes, classes).
    rows: Vec<Vec<u64>>,
}

impl Decided {
    fn read(saved: &Saved) -> Result<Self, Error> {
        let mut found = Self::default();
        saved.rows("confusion.csv", ["class", "decided", "rows"], |[class, decided, rows]| {
            let [class, decided] = [class, decided].map(|cell| found.index_of(cell.text()));
            found.rows[class][decided] = rows.count()?;
            Ok(())
        })?;
        Ok(found)
    }

    /// The place of a class, which is a new one if it has not come before.
    fn index_of(&mut self, class: &str) -> usize {
        self.classes.iter().position(|known| known == class).unwrap_or_else(|| {
            self.classes.push(class.to_owned());
            self.rows.iter_mut().for_each(|row| row.push(0));
            self.rows.push(vec![0; self.classes.len()]);
            self.classes.len() - 1
        })
    }

    /// All rows of a class.
    fn of(&self, class: usize) -> f64 {
        self.rows[class].iter().map(|&rows| rows as f64).sum()
    }

    /// All rows that are taken for a class.
    fn taken_for(&self, class: usize) -> f64 {
        self.rows.iter().map(|row| row[class] as f64).sum()
    }

    /// The rows of a class that are taken for it.
    fn right(&self, class: usize) -> f64 {
        self.rows[class][class] as f64
    }

    /// The classes as an axis shows them, numbered where their beginnings don't tell them apart.
    fn names(&self) -> Vec<String> {
        let names: Vec<String> = self.classes.iter().map(|class| on_axis(class)).collect();
        if names.iter().collect::<BTreeSet<_>>().len() == names.len() {
            return names;
        }
        (1..).zip(&self.classes).map(|(number, class)| on_axis(&format!("{number}: {class}"))).collect()
    }
}

/// The share of a part; `None` of nothing.
fn share(part: f64, whole: f64) -> Option<f64> {
    (whole > 0.0).then(|| part / whole)
}

/// The picture.
pub(super) fn figure(saved: &Saved) -> Result<Figure, Error> {
    let decided = Decided::read(saved)?;
    let classes = decided.classes.len();
    let (all, right) = (0..classes).fold((0.0, 0.0), |(all, right), class| (all + decided.of(class), right + decided.right(class)));
    let rows = grouped(&format!("{all:.0}"));
    let title = match share(right, all) {
        Some(share) => format!("Confusion: {:.1}% of {rows} test rows are taken for their own class", 100.0 * share),
        None => "Confusion: no test row has a class".to_owned(),
    };
    let widest = decided.names().iter().map(|name| text_width(name, SMALL, Weight::Regular)).fold(0.0, f64::max);
    let height = (360 + (ROW * classes.max(5)).min(ROWS_HEIGHT_MOST)) as u32 + widest as u32;
    let (matrix, shares) = (matrix(&decided), shares(&decided));
    if classes <= BESIDE_MOST {
        return Ok(Figure::new(title, 2, (1600, height), vec![matrix, shares]));
    }
    Ok(Figure::new(title, 1, (1600, height), vec![matrix]).with_strip(shares, 440 + widest as u32))
}

fn matrix(decided: &Decided) -> Panel {
    let axis = |label: &str| Axis::of_names(label, decided.names());
    let classes = 0..decided.classes.len();
    let all = classes.clone().flat_map(|class| classes.clone().map(move |taken_for| cell(decided, class, taken_for)));
    let ramp = |name: &str, look| Ramp { name: name.to_owned(), look };
    let cells = Cells {
        ramps: vec![ramp("taken for their own class, 0 to 100%", BLUE), ramp("taken for another, 0 to 100%", VERMILLION)],
        measures: vec![("test rows", ""), ("of the true class", "%")],
        alike: Alike::All,
        all: all.collect(),
    };
    let mut panel = Panel::of_cells("Test rows, and their share of the true class", axis("decided class"), axis("true class"), cells);
    panel.note = "no test row has a class".to_owned();
    panel
}

fn cell(decided: &Decided, class: usize, taken_for: usize) -> Cell {
    let rows = decided.rows[class][taken_for];
    let share = share(rows as f64, decided.of(class));
    let percent = share.filter(|share| *share > 0.0).map(|share| format!("{:.1}%", 100.0 * share));
    let look = if class == taken_for { BLUE } else { VERMILLION };
    let [name, other] = [class, taken_for].map(|class| &decided.classes[class]);
    Cell {
        at: At { column: taken_for, row: class },
        shade: share.map(|strength| Shade { look, strength }),
        lines: [grouped(&rows.to_string())].into_iter().chain(percent).collect(),
        told: if class == taken_for { format!("{name}, taken for itself") } else { format!("{name}, taken for {other}") },
        values: vec![Some(rows as f64), share.map(|share| 100.0 * share)],
    }
}

/// How many of each class are found, and how far a decision for it can be trusted.
fn shares(decided: &Decided) -> Panel {
    let y = Axis::new("share of rows", Format::Percent).between(0.0, 1.0);
    let mut panel = Panel::new("By class", Axis::of_names("class", decided.names()), y);
    panel.note = "no test row has a class".to_owned();
    let series = |name: &str, look: usize, whole: fn(&Decided, usize) -> f64| {
        let point =
            |class: usize| Point { x: (class + 1) as f64, y: share(decided.right(class), whole(decided, class)), ..Point::default() };
        let points = (0..decided.classes.len()).map(point).collect();
        Series { name: name.to_owned(), look, shape: Shape::Points, points }
    };
    panel.series = vec![
        series("recall: of its rows, those taken for it", BLUE, Decided::of),
        series("precision: of those taken for it, its own", GREEN, Decided::taken_for),
    ];
    panel
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn decided(rows: &str) -> Decided {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("confusion.csv"), format!("class,decided,rows\n{rows}")).expect("written");
        Decided::read(&Saved::in_folder(folder.path()).expect("the folder")).expect("it can be read")
    }

    /// By hand: of the four rows of class a three are taken for it and one for b; of b's two rows, one each.
    #[test]
    fn a_cell_is_shaded_by_its_share_of_the_true_class() {
        let decided = decided("a,a,3\na,b,1\nb,a,1\nb,b,1\n");
        let found = |class, taken_for| {
            let Cell { shade, lines, values, .. } = cell(&decided, class, taken_for);
            (shade, lines.join(" "), values)
        };
        let shade = |look, strength| Some(Shade { look, strength });
        assert_eq!(found(0, 0), (shade(BLUE, 0.75), "3 75.0%".to_owned(), vec![Some(3.0), Some(75.0)]));
        assert_eq!(found(0, 1), (shade(VERMILLION, 0.25), "1 25.0%".to_owned(), vec![Some(1.0), Some(25.0)]));
        assert_eq!(found(1, 0), (shade(VERMILLION, 0.5), "1 50.0%".to_owned(), vec![Some(1.0), Some(50.0)]));
        // Three of the four rows that are taken for a are of it.
        let panel = shares(&decided);
        let heights = |series: usize| panel.series[series].points.iter().map(|point| point.y).collect::<Vec<_>>();
        assert_eq!((heights(0), heights(1)), (vec![Some(0.75), Some(0.5)], vec![Some(0.75), Some(0.5)]));
    }

    #[test]
    fn classes_with_the_same_long_beginning_are_numbered() {
        let long = "a name that is far too long for an axis, ";
        let decided = decided(&format!("\"{long}1\",\"{long}2\",3\nb,b,1\n"));
        let names = decided.names();
        assert!(names[0].starts_with("1: a name") && names[1].starts_with("2: a name") && names[2] == "3: b", "{names:?}");
    }

    #[test]
    fn classes_keep_the_tables_order_and_one_without_rows_has_no_shares() {
        let decided = decided("b,b,0\nb,a,0\na,b,2\na,a,0\n");
        assert_eq!(decided.classes, ["b", "a"]);
        let empty = cell(&decided, 0, 0);
        assert_eq!((empty.shade, empty.lines, empty.values), (None, vec!["0".to_owned()], vec![Some(0.0), None]));
        let never = cell(&decided, 1, 1);
        assert_eq!((never.lines, never.values), (vec!["0".to_owned()], vec![Some(0.0), Some(0.0)]));
    }
}
