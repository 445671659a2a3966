//! Columns that look as if they should be no features: identifiers, which tell a model nothing of new rows, and dates, of which each
//! would become a category.

use std::collections::BTreeSet;

use super::table::{Kind, Table};
use crate::diag::Problem;

/// Of fewer rows nothing is said: any column may have as many values.
const ROWS_MIN: usize = 50;

/// So many rows are looked at first: most columns of whole numbers have a value twice among them.
const FIRST_ROWS: usize = 1000;

/// So many texts are looked at.
const TEXTS: usize = 50;

/// Why a column may be meant to be no feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suspicion {
    /// It holds dates.
    Dates,
    /// More than half of its texts stand in a single row.
    Texts,
    /// It has another whole number in every row.
    Numbering,
}

/// What a column is suspected of; of a table of few rows, nothing.
pub(super) fn suspicion(table: &Table, index: usize) -> Option<Suspicion> {
    match &table.columns[index].kind {
        _ if table.rows() < ROWS_MIN => None,
        Kind::Category(texts) if are_dates(texts) => Some(Suspicion::Dates),
        Kind::Category(texts) if 2 * texts.len() > table.rows() => Some(Suspicion::Texts),
        Kind::Number if is_numbering(table, index) => Some(Suspicion::Numbering),
        _ => None,
    }
}

/// A warning for each suspicious column.
pub(super) fn suspects(table: &Table) -> Vec<Problem> {
    let mut warnings = Vec::new();
    for (index, column) in table.columns.iter().enumerate() {
        let name = &column.name;
        let (looks, then) = match suspicion(table, index) {
            Some(Suspicion::Dates) => ("holds dates", "as texts, each of them becomes a category of its own"),
            Some(Suspicion::Texts) => ("looks like an identifier", "more than half of its texts stand in a single row"),
            Some(Suspicion::Numbering) => ("looks like an identifier", "it has another whole number in every row"),
            None => continue,
        };
        let problem = Problem::new(format!("column `{name}` {looks}: {then}"));
        let problem = match table.header.find(name) {
            Some(place) => problem.at(table.header.place(place), "read as a feature"),
            None => problem,
        };
        let help = if looks == "holds dates" {
            format!(
                "leave it out with data.drop = [\"{name}\"], or give numbers instead, such as days since some date: \
                 split = \"time\" takes them, too"
            )
        } else {
            format!("data.id = \"{name}\" keeps it beside the scores, data.drop = [\"{name}\"] leaves it out")
        };
        warnings.push(problem.help(help).as_warning());
    }
    warnings
}

/// Whether a column of numbers has another whole number in every row.
fn is_numbering(table: &Table, column: usize) -> bool {
    let are_different = |rows: usize| {
        let mut seen = BTreeSet::new();
        (0..rows).map(|row| table.row(row)[column]).all(|cell| cell.trunc() == cell && seen.insert(cell.to_bits()))
    };
    are_different(table.rows().min(FIRST_ROWS)) && are_different(table.rows())
}

/// Whether nearly all texts are dates as they are mostly written, with or without a time of day behind them.
fn are_dates(texts: &[String]) -> bool {
    let looked_at = texts.len().min(TEXTS);
    let dates = texts.iter().take(TEXTS).filter(|text| is_date(text)).count();
    looked_at > 1 && 10 * dates >= 9 * looked_at
}

/// Whether a text begins with three numbers between two equal marks, of which one is a month and one a year.
fn is_date(text: &str) -> bool {
    let date = text.trim().split(['T', ' ']).next().unwrap_or_default();
    let Some(mark) = date.chars().find(|c| ['-', '/', '.'].contains(c)) else { return false };
    let parts: Vec<&str> = date.split(mark).collect();
    let number = |text: &str| text.parse::<u32>().ok().filter(|_| text.len() <= 4 && text.bytes().all(|byte| byte.is_ascii_digit()));
    let [Some(a), Some(b), Some(c)] = [0, 1, 2].map(|at| parts.get(at).copied().and_then(number)) else { return false };
    let is_year = |text: &str, number: u32| text.len() == 4 && (1800..2200).contains(&number);
    let (is_day, is_month) = (|number: u32| (1..=31).contains(&number), |number: u32| (1..=12).contains(&number));
    let by_year_first = is_year(parts[0], a) && is_month(b) && is_day(c);
    let by_year_last = is_year(parts[2], c) && (is_month(a) && is_day(b) || is_day(a) && is_month(b));
    parts.len() == 3 && (by_year_first || by_year_last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_told_from_other_texts() {
        for date in ["2021-03-04", "2021-03-04T10:00:00Z", "2021-03-04 10:00", "31/12/1999", "12/31/1999", "4.3.2021"] {
            assert!(is_date(date), "{date}");
        }
        for other in ["", "2021", "A-12-2021", "1.2.3", "192.168.2021", "2021-13-40", "own-rent-free", "2021-03", "5-10-15"] {
            assert!(!is_date(other), "{other}");
        }
    }

    #[test]
    fn what_numbers_the_rows_is_suspicious_and_what_varies_is_not() {
        let names: Vec<String> = (0..100).map(|row| format!("customer {row}")).collect();
        let cells: Vec<f64> =
            (0..100).flat_map(|row| [f64::from(row) + 7.0, f64::from(row) + 0.5, f64::from(row % 90), f64::from(row)]).collect();
        let columns = [("id", Kind::Number), ("amount", Kind::Number), ("age", Kind::Number), ("name", Kind::Category(names))];
        let told: Vec<String> = suspects(&Table::of_test(&columns, &cells)).iter().map(|warning| warning.message().to_owned()).collect();
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told[0].starts_with("column `id`") && told[1].starts_with("column `name`"), "{told:?}");
        assert!(suspects(&Table::of_test(&[("id", Kind::Number)], &(0..20).map(f64::from).collect::<Vec<_>>())).is_empty());
    }
}
