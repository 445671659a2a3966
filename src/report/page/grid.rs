//! Tables: numbers as numbers, and of a great many rows an even choice.

use super::markup::escape;
use super::names;
use crate::diag::Error;
use crate::logs::{Decimals, Unit};
use crate::runs::Cell;
use crate::runs::Saved;

/// The most rows that a table on the page has.
pub(super) const ROWS_MAX: usize = 2_000;

/// A column's head, and how its cells are shown.
#[derive(Clone, Debug)]
pub(super) struct Column {
    /// The words in the head.
    pub(super) label: String,
    /// What its numbers measure.
    pub(super) unit: Unit,
}

impl Column {
    /// The column that the files call `name`.
    pub(super) fn named(name: &str) -> Self {
        Self { label: names::label(name), unit: names::unit(name) }
    }

    /// A column with words of its own.
    pub(super) fn new(label: &str, unit: Unit) -> Self {
        Self { label: label.to_owned(), unit }
    }
}

/// What stands in a cell.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    /// Nothing: sorted behind everything else.
    Empty,
    /// A number, of its column's unit.
    Number(f64),
    /// A number whose unit differs from row to row.
    Of(Unit, f64),
    /// Words.
    Words(String),
}

impl Value {
    /// A cell of a column that measures `unit`.
    ///
    /// # Errors
    /// When it must hold a number and doesn't.
    pub(super) fn read(cell: Cell<'_>, unit: Unit) -> Result<Self, Error> {
        match unit {
            Unit::Text if cell.text().is_empty() => Ok(Self::Empty),
            Unit::Text => Ok(Self::Words(cell.text().to_owned())),
            _ => Ok(cell.optional()?.map_or(Self::Empty, Self::Number)),
        }
    }

    /// Whether it says that a round was aborted.
    fn is_abort(&self) -> bool {
        matches!(self, Self::Words(words) if words.starts_with("aborted"))
    }
}

impl From<Option<f64>> for Value {
    fn from(number: Option<f64>) -> Self {
        number.map_or(Self::Empty, Self::Number)
    }
}

/// Of `total` rows at most so many, evenly spread, the first and the last among them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Choice {
    total: usize,
    most: usize,
}

impl Choice {
    /// At most `most` (two or more) of `total` rows.
    pub(super) fn new(total: usize, most: usize) -> Self {
        assert!(most >= 2, "the first row and the last are always chosen");
        Self { total, most }
    }

    /// Whether row `at`, counted from 0, is chosen.
    pub(super) fn has(self, at: usize) -> bool {
        if self.total <= self.most {
            return at < self.total;
        }
        // Choice k is row floor(k (total - 1) / (most - 1)): row `at` is chosen if the least k that reaches it lands on it.
        let (gaps, last) = (self.most - 1, self.total - 1);
        at <= last && (at * gaps).div_ceil(last) * last / gaps == at
    }

    /// What the page says of rows left out, if there are any; `file` has them all.
    pub(super) fn note(self, things: &str, file: &str) -> Option<String> {
        let [shown, total] = [self.most, self.total].map(|count| Unit::Plain.show(count as f64));
        (self.total > self.most).then(|| format!("{shown} of {total} {things} are shown, evenly chosen; {file} has all."))
    }
}

/// A table.
#[derive(Clone, Debug)]
pub(super) struct Grid {
    /// The heads.
    pub(super) columns: Vec<Column>,
    /// The rows, each with a cell for each column.
    pub(super) rows: Vec<Vec<Value>>,
}

impl Grid {
    /// All columns of a CSV file that have anything in them, and those of its rows that `choice` has.
    ///
    /// # Errors
    /// When the file is not as fedsim wrote it.
    pub(super) fn of_csv(saved: &Saved, file: &'static str, choice: Choice) -> Result<Self, Error> {
        let names = saved.columns(file)?;
        Self::of_rows(saved, file, &names, |at| choice.has(at)).map(|(grid, _)| grid)
    }

    /// Some columns of the first rows of a CSV file, at most so many, and how many it has.
    ///
    /// # Errors
    /// When the file is not as fedsim wrote it.
    pub(super) fn head_of_csv(saved: &Saved, file: &'static str, columns: &[&str], most: usize) -> Result<(Self, usize), Error> {
        let names: Vec<String> = columns.iter().map(|name| (*name).to_owned()).collect();
        Self::of_rows(saved, file, &names, |at| at < most)
    }

    /// These columns of the chosen rows of a CSV file, counted from 0, and how many rows it has.
    fn of_rows(saved: &Saved, file: &'static str, names: &[String], is_chosen: impl Fn(usize) -> bool) -> Result<(Self, usize), Error> {
        let columns: Vec<Column> = names.iter().map(|name| Column::named(name)).collect();
        let (mut rows, mut at) = (Vec::new(), 0);
        saved.rows_of(file, names, |cells| {
            if is_chosen(at) {
                rows.push(cells.iter().zip(&columns).map(|(cell, column)| Value::read(*cell, column.unit)).collect::<Result<_, _>>()?);
            }
            at += 1;
            Ok(())
        })?;
        let mut grid = Self { columns, rows };
        grid.drop_empty_columns();
        Ok((grid, at))
    }

    /// Takes away the columns in which no row has anything.
    pub(super) fn drop_empty_columns(&mut self) {
        let used: Vec<bool> = (0..self.columns.len()).map(|at| self.rows.iter().any(|row| row[at] != Value::Empty)).collect();
        let mut keep = used.iter();
        self.columns.retain(|_| *keep.next().expect("one a column"));
        for row in &mut self.rows {
            let mut keep = used.iter();
            row.retain(|_| *keep.next().expect("one a column"));
        }
    }

    /// The table, in a box of its own that scrolls; `title` is what it is called by those who don't see it.
    pub(super) fn html(&self, id: &str, title: &str) -> String {
        let wide = if self.columns.len() > 12 { " wide" } else { "" };
        let short = if self.rows.len() <= 24 { " short" } else { "" };
        let mut html = format!(
            "<div class=\"scroll{wide}{short}\" tabindex=\"0\" role=\"region\" aria-label=\"{}\">\n<table id=\"{}\" class=\"sortable\">\n<thead><tr>",
            escape(title),
            escape(id)
        );
        for column in &self.columns {
            let class = if column.unit == Unit::Text { " class=\"t\"" } else { "" };
            html.push_str(&format!("<th scope=\"col\"{class}>{}</th>", escape(&column.label)));
        }
        html.push_str("</tr></thead>\n<tbody>\n");
        let decimals: Vec<Option<Decimals>> = (0..self.columns.len()).map(|at| self.decimals(at)).collect();
        for row in &self.rows {
            assert_eq!(row.len(), self.columns.len(), "a cell for each column");
            html.push_str(if row.iter().any(Value::is_abort) { "<tr class=\"aborted\">" } else { "<tr>" });
            for ((value, column), decimals) in row.iter().zip(&self.columns).zip(&decimals) {
                html.push_str(&cell(value, column.unit, decimals.as_ref()));
            }
            html.push_str("</tr>\n");
        }
        html + "</tbody>\n</table>\n</div>\n"
    }

    /// The decimals of a column's numbers; `None` where they measure different things.
    fn decimals(&self, at: usize) -> Option<Decimals> {
        let measured = |value: &Value| match value {
            Value::Number(number) => Some((self.columns[at].unit, *number)),
            Value::Of(unit, number) => Some((*unit, *number)),
            Value::Empty | Value::Words(_) => None,
        };
        let numbers: Vec<(Unit, f64)> = self.rows.iter().filter_map(|row| measured(&row[at])).collect();
        let (unit, _) = *numbers.first()?;
        numbers.iter().all(|(other, _)| *other == unit).then(|| Decimals::of(unit, numbers.iter().map(|(_, number)| *number)))
    }
}

/// A cell. Its number is read back, to sort by, from the beginning of `title`, or from its text where there is none.
fn cell(value: &Value, unit: Unit, decimals: Option<&Decimals>) -> String {
    let number = |unit: Unit, number: f64| {
        let shown = decimals.map_or_else(|| unit.show(number), |decimals| decimals.show(number));
        let full = unit.full(number);
        if shown.replace(',', "") == full { format!("<td>{shown}</td>") } else { format!("<td title=\"{full}\">{shown}</td>") }
    };
    match value {
        Value::Empty if unit == Unit::Text => "<td class=\"t\"></td>".to_owned(),
        Value::Empty => "<td></td>".to_owned(),
        Value::Number(value) => number(unit, *value),
        Value::Of(unit, value) => number(*unit, *value),
        Value::Words(words) if value.is_abort() => format!("<td class=\"t bad\">{}</td>", escape(words)),
        Value::Words(words) => format!("<td class=\"t\">{}</td>", escape(words)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_is_even_and_has_the_first_and_the_last() {
        for total in [0, 1, 2, 3, 7, 10, 1999, 2000, 2001, 10_001, 123_457] {
            for most in [2, 3, 10, 2000] {
                let choice = Choice::new(total, most);
                let chosen: Vec<usize> = (0..total + 3).filter(|at| choice.has(*at)).collect();
                assert_eq!(chosen.len(), total.min(most), "{total} {most}");
                if total > 0 {
                    assert_eq!((chosen[0], chosen[chosen.len() - 1]), (0, total - 1));
                }
                let gaps: Vec<usize> = chosen.windows(2).map(|pair| pair[1] - pair[0]).collect();
                let spread = gaps.iter().max().zip(gaps.iter().min()).map_or(0, |(most, least)| most - least);
                assert!(spread <= 1, "{total} {most}: {spread}");
            }
        }
        assert_eq!(Choice::new(3, 3).note("rounds", "a.csv"), None);
        let note = Choice::new(10_001, 2000).note("rounds", "a.csv").expect("some are left out");
        assert_eq!(note, "2,000 of 10,001 rounds are shown, evenly chosen; a.csv has all.");
    }

    #[test]
    fn every_number_can_be_read_back_from_its_cell() {
        for unit in [Unit::Plain, Unit::Measure, Unit::Share, Unit::Bytes, Unit::Seconds] {
            for number in [0.0, 1.0, -1.0, 17.0, 1000.0, 1_826_025.0, 1.0 / 3.0, -0.25, 1e-7, 2.5e9, 1e20] {
                let html = cell(&Value::Number(number), unit, Some(&Decimals::of(unit, [number, 0.5].into_iter())));
                let text = html.strip_prefix("<td title=\"").or(html.strip_prefix("<td>")).expect("a cell of a number");
                let key = text.split(['"', ' ', '<']).next().unwrap_or_default().replace(',', "");
                assert_eq!(key.parse::<f64>().ok(), Some(number), "{unit:?} {html}");
            }
        }
    }

    #[test]
    fn a_table_escapes_its_words_and_leaves_empty_cells_empty() {
        let columns = vec![Column::new("<a>", Unit::Text), Column::new("n", Unit::Measure), Column::new("none", Unit::Plain)];
        let rows =
            vec![vec![Value::Words("<b>&".to_owned()), Value::Number(0.25), Value::Empty], vec![Value::Empty, Value::Empty, Value::Empty]];
        let mut grid = Grid { columns, rows };
        grid.drop_empty_columns();
        let html = grid.html("x", "\"t\"");
        assert!(html.contains("<th scope=\"col\" class=\"t\">&lt;a&gt;</th><th scope=\"col\">n</th></tr>"), "{html}");
        assert!(html.contains("<tr><td class=\"t\">&lt;b&gt;&amp;</td><td title=\"0.25\">0.2500</td></tr>"), "{html}");
        assert!(html.contains("<tr><td class=\"t\"></td><td></td></tr>") && html.contains("aria-label=\"&quot;t&quot;\""), "{html}");
    }
}
