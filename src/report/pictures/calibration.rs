//! Whether what is predicted comes true: the test rows in groups by their prediction, predicted against actual.

use crate::charts::figure::{Axis, Course, Dash, Ends, Figure, Format, Panel, Point, Pointing, Reference, Series, Shape};
use crate::charts::palette::{BLUE, VERMILLION};
use crate::diag::Error;
use crate::numeric::text::grouped;
use crate::runs::Saved;

/// A group of test rows.
#[derive(Clone, Copy, Debug)]
struct Group {
    number: u64,
    rows: f64,
    predicted: f64,
    actual: f64,
}

/// The picture.
pub(super) fn figure(saved: &Saved) -> Result<Figure, Error> {
    let mut groups = Vec::new();
    saved.rows("calibration.csv", ["group", "rows", "predicted", "actual"], |[group, rows, predicted, actual]| {
        let (number, rows) = (group.count()?, rows.count()? as f64);
        groups.push(Group { number, rows, predicted: predicted.number()?, actual: actual.number()? });
        Ok(())
    })?;
    // So high, and the plot of the first panel is a square.
    Ok(Figure::new(title(&groups), 2, (1600, 938), vec![against_each_other(&groups), by_group(&groups)]))
}

fn title(groups: &[Group]) -> String {
    let rows: f64 = groups.iter().map(|group| group.rows).sum();
    if rows <= 0.0 {
        return "Calibration: there are no test rows".to_owned();
    }
    let mean = |value: fn(&Group) -> f64| digits(groups.iter().map(|group| group.rows * value(group)).sum::<f64>() / rows);
    let (predicted, actual) = (mean(|group| group.predicted), mean(|group| group.actual));
    format!("Calibration: predicted {predicted} on average, actual {actual}, over {} test rows", grouped(&format!("{rows:.0}")))
}

/// Four significant digits, or as many more as the whole part has.
fn digits(value: f64) -> String {
    match value.abs() {
        size if size >= 1e9 || size > 0.0 && size < 1e-3 => format!("{value:.3e}"),
        size if size >= 1000.0 => format!("{}{}", if value < 0.0 { "−" } else { "" }, grouped(&format!("{size:.0}"))),
        size if size >= 10.0 => format!("{value:.2}"),
        _ => format!("{value:.4}"),
    }
}

/// What both axes show: all values and some room, and zero if that is not far below them.
fn ends(groups: &[Group]) -> (f64, f64) {
    let values = groups.iter().flat_map(|group| [group.predicted, group.actual]);
    let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
    if low > high {
        return (0.0, 1.0);
    }
    let room = if high > low { 0.06 * (high - low) } else { 0.1 * high.abs().max(1e-3) };
    let starts_at_zero = low >= 0.0 && low < 0.5 * high;
    (if starts_at_zero { 0.0 } else { low - room }, high + room)
}

/// The groups' means on two axes that show the same.
fn against_each_other(groups: &[Group]) -> Panel {
    let (low, high) = ends(groups);
    let axis = |label: &str| Axis::new(label, Format::Number).between(low, high);
    let mut panel = Panel::new("A tenth of the test rows each, numbered", axis("mean prediction"), axis("mean of the actual values"));
    panel.note = "there are no test rows".to_owned();
    panel.pointing = Pointing::Plane;
    let point = |group: &Group| Point {
        x: group.predicted,
        y: Some(group.actual),
        label: Some(group.number.to_string()),
        told: Some(format!("group {}: {} rows", group.number, grouped(&format!("{:.0}", group.rows)))),
        ..Point::default()
    };
    panel.series = vec![Series { name: "actual".to_owned(), look: BLUE, shape: Shape::Points, points: groups.iter().map(point).collect() }];
    panel.references = vec![Reference { label: "as predicted".to_owned(), course: Course::Diagonal, dash: Dash::Dashed }];
    panel
}

/// The same means from group to group: how far they are apart, and in which direction.
fn by_group(groups: &[Group]) -> Panel {
    let (low, high) = ends(groups);
    let x = Axis { ends: Ends::Tight, ..Axis::new("group, by ascending prediction", Format::Count) };
    let mut panel = Panel::new("Predicted and actual, group by group", x, Axis::new("mean", Format::Number).between(low, high));
    panel.note = "there are no test rows".to_owned();
    let line = |name: &str, look: usize, value: fn(&Group) -> f64| {
        Series::line(name, look, groups.iter().map(move |group| (group.number as f64, Some(value(group)))))
    };
    panel.series = vec![line("actual", BLUE, |group| group.actual), line("predicted", VERMILLION, |group| group.predicted)];
    panel
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(number: u64, rows: f64, predicted: f64, actual: f64) -> Group {
        Group { number, rows, predicted, actual }
    }

    /// By hand: (3 * 0.2 + 1 * 0.6) / 4 = 0.3 and (3 * 0.1 + 1 * 0.9) / 4 = 0.3.
    #[test]
    fn the_title_weighs_groups_by_their_rows() {
        let groups = [group(1, 3.0, 0.2, 0.1), group(2, 1.0, 0.6, 0.9)];
        assert_eq!(title(&groups), "Calibration: predicted 0.3000 on average, actual 0.3000, over 4 test rows");
        assert_eq!(title(&[]), "Calibration: there are no test rows");
        assert_eq!([digits(-12_345.6), digits(41.239), digits(-0.5), digits(2e-5)], ["−12,346", "41.24", "-0.5000", "2.000e-5"]);
    }

    /// By hand: 0.06 of 80 is 4.8; 20 lies below half of 100, and 60 does not: 0.06 of 40 is 2.4.
    #[test]
    fn both_axes_end_beyond_all_means_and_start_at_zero_where_that_is_near() {
        let near = |found: (f64, f64), wanted: (f64, f64)| (found.0 - wanted.0).abs() < 1e-9 && (found.1 - wanted.1).abs() < 1e-9;
        assert!(near(ends(&[group(1, 1.0, 20.0, 100.0)]), (0.0, 104.8)));
        assert!(near(ends(&[group(1, 1.0, 60.0, 100.0)]), (57.6, 102.4)));
        assert!(near(ends(&[group(1, 1.0, -5.0, -5.0)]), (-5.5, -4.5)));
        assert_eq!(ends(&[]), (0.0, 1.0));
    }
}
