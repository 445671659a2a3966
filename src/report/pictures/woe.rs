//! A scorecard's bins: how much safer or riskier than the whole rows are in each, column by column, the most telling columns first.

use crate::charts::figure::{Axis, Figure, Format, Panel, Point, Pointing, Series, Shape};
use crate::charts::palette::{BLUE, VERMILLION};
use crate::charts::{SMALL, shortened};
use crate::diag::Error;
use crate::numeric::text::grouped;
use crate::runs::Saved;

const FILE: &str = "bins.csv";

/// So many columns of the card are shown: those with the greatest information value.
const COLUMNS_MOST: usize = 10;
/// So many bins of a column are shown: a card that fedsim makes has fewer, but for special numbers.
const BINS_MOST: usize = 80;
/// So many panels stand side by side.
const SIDE_BY_SIDE: usize = 2;
/// A bin's height in pixels.
const ROW: usize = 32;
/// The height of what a panel has beside its bins.
const FRAME: usize = 200;
/// The room of a bin's name.
const NAME: f64 = 240.0;
/// The room of a column's name above its panel.
const TITLE: f64 = 240.0;
/// So many categories of a bin are named.
const NAMED: usize = 2;

/// A column of the card.
#[derive(Clone, Debug, Default)]
struct Column {
    name: String,
    iv: f64,
    bins: Vec<Bin>,
}

/// A bin that has training rows.
#[derive(Clone, Debug)]
struct Bin {
    name: String,
    woe: f64,
    rate: f64,
    rows: u64,
    points: Option<f64>,
}

/// The picture.
pub(super) fn figure(saved: &Saved) -> Result<Figure, Error> {
    let mut columns = read(saved)?;
    let total = columns.len();
    columns.sort_by(|a, b| b.iv.total_cmp(&a.iv));
    columns.truncate(COLUMNS_MOST);
    columns.iter_mut().for_each(|column| column.bins.truncate(BINS_MOST));
    let woes = || columns.iter().flat_map(|column| &column.bins).map(|bin| bin.woe);
    let (low, high) = (woes().fold(0.0, f64::min), woes().fold(0.0, f64::max));
    // Room for the event rates beside the longest bars.
    let span = (high - low).max(0.1);
    let ends = (low - 0.05 * span, high + 0.3 * span);
    let rows = columns.iter().map(|column| column.bins.len()).max().unwrap_or_default();
    let lines = columns.len().div_ceil(SIDE_BY_SIDE).max(1);
    let height = 150 + lines * (FRAME + ROW * rows.max(4));
    let mut panels: Vec<Panel> = columns.iter().map(|column| panel(column, ends)).collect();
    if panels.is_empty() {
        let nothing = Column { name: "no column".to_owned(), ..Column::default() };
        panels.push(Panel { note: "there are no bins".to_owned(), ..panel(&nothing, (-1.0, 1.0)) });
    }
    Ok(Figure::new(title(&columns, total), SIDE_BY_SIDE, (1600, height as u32), panels))
}

/// All columns of the card, with their bins that have rows.
fn read(saved: &Saved) -> Result<Vec<Column>, Error> {
    let mut columns: Vec<Column> = Vec::new();
    let names = ["feature", "bin", "kind", "lower", "upper", "categories", "rows", "rate", "woe", "iv", "points"];
    saved.rows(FILE, names, |[feature, bin, kind, lower, upper, categories, rows, rate, woe, iv, points]| {
        if bin.count()? == 1 {
            columns.push(Column { name: feature.text().to_owned(), ..Column::default() });
        }
        let Some(column) = columns.last_mut() else { return Err(bin.problem("is the first of its column, and not 1")) };
        column.iv += iv.number()?;
        let rows = rows.count()?;
        if rows == 0 {
            return Ok(());
        }
        let name = match kind.text() {
            "number" => between([lower.optional()?, upper.optional()?]),
            "special" => format!("{}, special", lower.number()?),
            "category" => shortly(categories.text()),
            word => word.to_owned(),
        };
        column.bins.push(Bin { name, woe: woe.number()?, rate: rate.number()?, rows, points: points.optional()? });
        Ok(())
    })?;
    Ok(columns)
}

fn between([lower, upper]: [Option<f64>; 2]) -> String {
    match (lower.map(number), upper.map(number)) {
        (None, None) => "all".to_owned(),
        (None, Some(upper)) => format!("below {upper}"),
        (Some(lower), None) => format!("from {lower}"),
        (Some(lower), Some(upper)) => format!("{lower} to {upper}"),
    }
}

/// Four significant digits at most; of thousands, of millions and of billions, three.
fn number(value: f64) -> String {
    let (size, unit) = match value.abs() {
        size if size >= 1e9 => (size / 1e9, "bn"),
        size if size >= 1e6 => (size / 1e6, "M"),
        size if size >= 1e4 => (size / 1e3, "k"),
        size => (size, ""),
    };
    let digits = if unit.is_empty() { 4 } else { 3 };
    let whole = [1000.0, 100.0, 10.0, 1.0, 0.1, 0.01].iter().position(|from| size >= *from).map_or(0, |at| 4 - at.min(4));
    let decimals = if size < 0.01 { 5 } else { usize::saturating_sub(digits, whole) };
    let text = format!("{size:.decimals$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    let sign = if value < 0.0 && text != "0" { "−" } else { "" };
    format!("{sign}{text}{unit}")
}

/// The first of some categories.
fn shortly(categories: &str) -> String {
    let all: Vec<&str> = categories.split(" | ").collect();
    let more = if all.len() > NAMED { format!(" +{}", all.len() - NAMED) } else { String::new() };
    format!("{}{more}", all[..NAMED.min(all.len())].join(", "))
}

fn title(columns: &[Column], total: usize) -> String {
    let shown = if total > columns.len() { format!(": the {} strongest of {total} columns", columns.len()) } else { String::new() };
    format!("Weight of evidence and event rate by bin{shown}")
}

/// A column's bins, from the top.
fn panel(column: &Column, ends: (f64, f64)) -> Panel {
    let names = column.bins.iter().map(|bin| shortened(&bin.name, SMALL, NAME)).collect();
    let y = Axis::of_names("", names);
    let x = Axis::new("weight of evidence", Format::Number).between(ends.0, ends.1);
    let title = format!("{}: IV {:.3}", shortened(&column.name, SMALL, TITLE), column.iv);
    let mut panel = Panel::new(title, x, y);
    panel.pointing = Pointing::Plane;
    let side = |name: &str, look: usize, is_there: fn(f64) -> bool| {
        let bins = (1..).zip(&column.bins).filter(|(_, bin)| is_there(bin.woe));
        Series { name: name.to_owned(), look, shape: Shape::Bar, points: bins.map(point).collect() }
    };
    panel.series = vec![side("safer", BLUE, |woe| woe >= 0.0), side("riskier", VERMILLION, |woe| woe < 0.0)];
    panel
}

fn point((at, bin): (usize, &Bin)) -> Point {
    let points = bin.points.map(|points| format!(", {points} points")).unwrap_or_default();
    let told = format!("{}: {} rows, event rate {}{points}", bin.name, grouped(&bin.rows.to_string()), percent(bin.rate));
    Point { x: bin.woe, y: Some(at as f64), low: Some(0.0), label: Some(percent(bin.rate)), told: Some(told) }
}

fn percent(rate: f64) -> String {
    let percent = 100.0 * rate;
    if percent < 9.95 { format!("{percent:.1}%") } else { format!("{percent:.0}%") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_are_named_shortly() {
        let written = [0.060_477_581, 29.0, -1234.56, 5400.25, 12.345, -0.0, 0.000_01].map(number);
        assert_eq!(written, ["0.0605", "29", "−1235", "5400", "12.35", "0", "0.00001"]);
        assert_eq!([12_672.0, -55_552.0, 250_000.0, 1e6, 2.345e9].map(number), ["12.7k", "−55.6k", "250k", "1M", "2.35bn"]);
        assert_eq!(between([Some(29.0), Some(33.0)]), "29 to 33");
        assert_eq!([between([None, Some(1.0)]), between([Some(1.0), None]), between([None, None])], ["below 1", "from 1", "all"]);
        assert_eq!([shortly("own"), shortly("own | rent"), shortly("a | b | c | d")], ["own", "own, rent", "a, b +2"]);
        assert_eq!([percent(0.0666), percent(0.666), percent(1.0)], ["6.7%", "67%", "100%"]);
    }
}
