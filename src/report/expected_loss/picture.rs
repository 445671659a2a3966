//! The picture of a portfolio's losses: who is expected to lose what, and what for each unit that is owed.

use super::losses::Losses;
use crate::charts::figure::{Axis, Figure, Format, Panel, Point, Pointing, Series, Shape};
use crate::charts::palette::BLUE;
use crate::charts::{SMALL, shortened};
use crate::losses::Total;
use crate::numeric::text::grouped;

/// So many groups of a kind are shown: those that lose most.
const GROUPS_MOST: usize = 12;
/// A row's height in pixels.
const ROW: usize = 42;
/// The room of a group's name.
const NAME: f64 = 300.0;

/// The picture: a row of panels for banks, and one for segments, where there are some; else for classes.
pub(super) fn figure(losses: &Losses) -> Figure {
    let named: Vec<_> = losses.groups().iter().filter(|(by, _)| matches!(*by, "bank" | "segment")).collect();
    let shown = if named.is_empty() { losses.groups().iter().filter(|(by, _)| *by == "class").collect() } else { named };
    let mut panels = Vec::new();
    let mut most = 0;
    for (by, groups) in &shown {
        let mut groups: Vec<&(String, Total)> = groups.iter().collect();
        groups.sort_by(|(_, a), (_, b)| b.expected_loss.total_cmp(&a.expected_loss));
        let all = groups.len();
        groups.truncate(GROUPS_MOST);
        most = most.max(groups.len());
        let unit = Unit::of(&groups);
        let heading =
            if all > groups.len() { format!("the {} of {all} that lose most", groups.len()) } else { "greatest first".to_owned() };
        panels.push(bars(format!("Expected loss by {by}, {heading}"), by, &groups, Measure::Loss(unit)));
        panels.push(bars(format!("Of the exposure, by {by}"), by, &groups, Measure::Share));
    }
    let all = losses.all();
    let share = if all.ead > 0.0 { 100.0 * all.expected_loss / all.ead } else { 0.0 };
    let amount = grouped(&format!("{:.0}", all.expected_loss));
    let title = format!("Expected loss: {amount} in a year, {share:.2}% of the exposure at default");
    let height = 180 + shown.len() * (170 + ROW * most.max(3));
    Figure::new(title, 2, (1600, height as u32), panels)
}

/// What a bar's length is.
#[derive(Clone, Copy)]
enum Measure {
    Loss(Unit),
    Share,
}

/// In what amounts are shown.
#[derive(Clone, Copy)]
struct Unit {
    one: f64,
    words: &'static str,
    decimals: usize,
}

impl Unit {
    /// One in which the greatest loss has few digits.
    fn of(groups: &[&(String, Total)]) -> Self {
        let most = groups.iter().map(|(_, total)| total.expected_loss).fold(0.0, f64::max);
        match most {
            _ if most >= 1e6 => Self { one: 1e6, words: "expected loss, in millions", decimals: 2 },
            _ if most >= 1e4 => Self { one: 1e3, words: "expected loss, in thousands", decimals: 1 },
            _ => Self { one: 1.0, words: "expected loss", decimals: 0 },
        }
    }
}

fn bars(title: String, by: &str, groups: &[&(String, Total)], measure: Measure) -> Panel {
    let names = groups.iter().map(|(name, _)| shortened(name, SMALL, NAME)).collect();
    let y = Axis::of_names(by, names);
    let x = match measure {
        Measure::Loss(unit) => Axis::new(unit.words, Format::Number).and_zero(),
        Measure::Share => Axis::new("of the exposure at default", Format::Percent).and_zero(),
    };
    let point = |(at, (name, total)): (usize, &&(String, Total))| {
        let share = if total.ead > 0.0 { total.expected_loss / total.ead } else { 0.0 };
        let (x, label) = match measure {
            Measure::Loss(Unit { one, decimals, .. }) => (total.expected_loss / one, format!("{:.decimals$}", total.expected_loss / one)),
            Measure::Share => (share, format!("{:.2}%", 100.0 * share)),
        };
        let told = Some(format!("{name}: {label}, {} loans", grouped(&total.loans.to_string())));
        Point { x, y: Some(at as f64), low: Some(0.0), label: Some(label), told }
    };
    let points = (1..).zip(groups).map(point).collect();
    let mut panel = Panel::new(title, x, y);
    panel.pointing = Pointing::Plane;
    panel.series = vec![Series { name: "expected loss".to_owned(), look: BLUE, shape: Shape::Bar, points }];
    panel
}
