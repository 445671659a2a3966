//! Performing loans of five banks with the columns of both [`super::credit`] and [`super::lgd`], so that models of defaults and of
//! losses given default can be asked of each, and with what is owed and how it stands.
//!
//! The process, row by row:
//! - the columns of a row of the credit table, but for `default` and its bank; and those of a row of the table of losses given
//!   default, with its bank, but for `lgd`. Both are made by their own processes, independent of each other.
//! - `id`: L and the row's number, from 1.
//! - `class`: revolving where the loan is unsecured and a draw of 40 % says so, mortgage where it is secured and the industry is
//!   real_estate, else other. `segment`: the class and, of others, the industry.
//! - `limit`: the loan's exposure; `drawn`: of revolving loans a share of it, uniform from 0.1 to 0.95; of others all of it.
//! - `days_past_due`: 0 for 90 %; else 1 to 29 in 60, 30 to 89 in 25, 90 to 359 in 15 of 100 cases, uniform within.
//! - `rate`: 0.02 plus up to 0.10 for unsecured and up to 0.03 for secured loans, uniform. `years`: whole, 1 to 25 for mortgages,
//!   else 1 to 7, uniform.

use super::Generator;
use super::credit::Credit;
use super::lgd::Lgd;
use crate::numeric::rng::Stream;
use crate::numeric::sample::{below, happens, unit};
use crate::registry::Entry;

/// Performing loans.
#[derive(Clone, Copy, Debug)]
pub struct Portfolio;

impl Portfolio {
    pub(super) const ENTRY: Entry = Entry {
        kind: "portfolio",
        summary: "loans of five banks for expected-loss, with what is owed and the columns of credit and lgd",
        paper: "none",
        example: "",
        argument: None,
    };
}

/// The columns of a row's own.
const OWN: &str = "id,class,segment,limit,drawn,days_past_due,rate,years";

/// A line without its first field and its last.
fn inner(line: &str) -> &str {
    let (_, rest) = line.split_once(',').expect("a row of several columns");
    without_last(rest)
}

fn without_last(line: &str) -> &str {
    line.rsplit_once(',').expect("a row of several columns").0
}

impl Generator for Portfolio {
    fn header(&self) -> String {
        format!("{OWN},{},{}", without_last(&Lgd.header()), inner(&Credit.header()))
    }

    fn row(&self, index: usize, rows: usize, stream: &mut Stream) -> String {
        let (lgd, credit) = (Lgd.row(index, rows, stream), Credit.row(index, rows, stream));
        let cells: Vec<&str> = lgd.split(',').collect();
        let [_, industry, seniority, exposure, ..] = cells[..] else { unreachable!("the table has these columns first") };
        let is_secured = seniority == "secured";
        let class = match () {
            () if !is_secured && happens(0.4, stream) => "revolving",
            () if is_secured && industry == "real_estate" => "mortgage",
            () => "other",
        };
        let segment = if class == "other" { industry } else { class };
        let limit: f64 = exposure.parse().expect("an amount");
        let share = if class == "revolving" { 0.1 + 0.85 * unit(stream) } else { 1.0 };
        let drawn = (limit * share).round();
        let days_past_due = if happens(0.9, stream) { 0 } else { days_past_due(stream) };
        let margin = if is_secured { 0.03 } else { 0.10 };
        let rate = (1e4 * (0.02 + margin * unit(stream))).round() / 1e4;
        let years = 1 + below(if class == "mortgage" { 25 } else { 7 }, stream);
        let own = format!("L{},{class},{segment},{limit},{drawn},{days_past_due},{rate},{years}", index + 1);
        format!("{own},{},{}", without_last(&lgd), inner(&credit))
    }
}

/// The days of a loan that is past due.
fn days_past_due(stream: &mut Stream) -> usize {
    let draw = unit(stream);
    match () {
        () if draw < 0.60 => 1 + below(29, stream),
        () if draw < 0.85 => 30 + below(60, stream),
        () => 90 + below(270, stream),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::columns;

    const ROWS: usize = 20_000;

    #[test]
    fn rows_have_the_columns_of_both_tables_but_for_their_labels() {
        let table = columns("portfolio", 10, 1);
        for kind in ["credit", "lgd"] {
            for name in columns(kind, 1, 1).keys().filter(|name| !["default", "lgd"].contains(&name.as_str())) {
                assert!(table.contains_key(name), "{name}");
            }
        }
        assert!(!table.contains_key("default") && !table.contains_key("lgd"));
    }

    #[test]
    fn shares_and_ranges_are_the_documented_ones() {
        let table = columns("portfolio", ROWS, 1);
        let share = |is: &dyn Fn(usize) -> bool| (0..ROWS).filter(|&row| is(row)).count() as f64 / ROWS as f64;
        let number = |column: &str, row: usize| table[column][row].parse::<f64>().expect("a number");
        // 0.6 of the loans are secured; a share has a standard error of 0.0035 at most.
        assert!((share(&|row| table["class"][row] == "revolving") - 0.16).abs() < 0.015);
        assert!((share(&|row| table["class"][row] == "mortgage") - 0.6 * 0.14).abs() < 0.015);
        assert!((share(&|row| number("days_past_due", row) == 0.0) - 0.9).abs() < 0.015);
        assert!((share(&|row| number("days_past_due", row) >= 90.0) - 0.015).abs() < 0.006);
        assert!((0..ROWS).all(|row| (0.02..=0.12).contains(&number("rate", row)) && (1.0..=25.0).contains(&number("years", row))));
        let cells = |row: usize| ["class", "segment", "drawn", "limit"].map(|column| table[column][row].as_str());
        for [class, segment, drawn, limit] in (0..ROWS).map(cells) {
            assert_eq!((segment == class, drawn == limit), (class != "other", class != "revolving"), "{class} {drawn} {limit}");
        }
        assert!((0..ROWS).all(|row| (0.0..=1.0).contains(&(number("drawn", row) / number("limit", row)))));
    }
}
