//! Rows that no file holds, for whoever scores them: cells by column, checked as a file's are.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::chunked_rows::ChunkedRows;
use super::table::{Column, Header, Kind, Table};
use crate::diag::Problem;
use crate::numeric::text::shortest;

/// A cell before preprocessing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum RawCell<'a> {
    /// Nothing is known.
    Missing,
    /// A finite number.
    Number(f64),
    /// A text: a category, by its name.
    Text(&'a str),
}

/// What a model needs of a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawColumn {
    /// Its name.
    pub name: String,
    /// Whether its cells are categories; else they are numbers.
    pub is_category: bool,
    /// Whether a cell of it may be missing.
    pub may_miss: bool,
}

/// The table of these rows, each with a cell for each column.
///
/// # Errors
/// The first cell that its column can't hold, or a row of another width.
pub fn table_of(columns: &[RawColumn], rows: &[Vec<RawCell<'_>>]) -> Result<Table, Problem> {
    let names: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
    for (row, cells) in (1..).zip(rows) {
        if cells.len() != columns.len() {
            let message = format!("row {row} has {} cells, and the model looks at {} columns", cells.len(), columns.len());
            return Err(Problem::new(message).help(format!("give a cell for each of {}", names.join(", "))));
        }
        columns.iter().zip(cells).try_for_each(|(column, cell)| check(column, cell, row))?;
    }
    let texts: Vec<Vec<String>> = (0..columns.len()).map(|at| categories(columns[at].is_category, at, rows)).collect();
    let cell = |at: usize, cell: &RawCell<'_>| match cell {
        RawCell::Missing => f64::NAN,
        RawCell::Number(number) if !columns[at].is_category => *number,
        known => texts[at].binary_search(&word(known)).expect("every text is among its column's") as f64,
    };
    let cells: Vec<f64> = rows.iter().flat_map(|row| row.iter().enumerate().map(|(at, raw)| cell(at, raw))).collect();
    let mut chunks = ChunkedRows::new(columns.len(), cells.len());
    chunks.extend(&[&cells], "the rows", |_, _| {})?;
    let kinds = columns.iter().zip(texts).map(|(column, texts)| Column {
        name: column.name.clone(),
        kind: if column.is_category { Kind::Category(texts) } else { Kind::Number },
    });
    let spans = vec![0..0; names.len()];
    let header = Header::new(Arc::from("the rows"), Arc::from(""), names, spans);
    Ok(Table::new(header, kinds.collect(), chunks))
}

fn check(column: &RawColumn, cell: &RawCell<'_>, row: usize) -> Result<(), Problem> {
    let name = &column.name;
    let problem = |what: String, help: &str| Err(Problem::new(format!("row {row}: `{name}` {what}")).help(help));
    match cell {
        RawCell::Missing if !column.may_miss => {
            problem("is missing".to_owned(), "the model was trained without missing cells: give a value")
        }
        RawCell::Number(number) if !number.is_finite() => problem(format!("is {number}"), "give a finite number"),
        RawCell::Text(text) if !column.is_category => {
            problem(format!("is the text \"{text}\""), "give a number: the model was trained on numbers")
        }
        _ => Ok(()),
    }
}

/// The distinct texts of a column of categories, sorted bytewise.
fn categories(is_category: bool, at: usize, rows: &[Vec<RawCell<'_>>]) -> Vec<String> {
    let known = rows.iter().map(|row| &row[at]).filter(|cell| is_category && **cell != RawCell::Missing);
    known.map(word).collect::<BTreeSet<_>>().into_iter().collect()
}

/// A number that names a category is written as short as it can be.
fn word(cell: &RawCell<'_>) -> String {
    match cell {
        RawCell::Missing => String::new(),
        RawCell::Number(number) => shortest(*number),
        RawCell::Text(text) => (*text).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Error;

    fn columns() -> [RawColumn; 2] {
        let column = |name: &str, is_category| RawColumn { name: name.to_owned(), is_category, may_miss: is_category };
        [column("age", false), column("job", true)]
    }

    #[test]
    fn cells_become_numbers_and_codes_of_sorted_categories() {
        let rows = [vec![RawCell::Number(31.0), RawCell::Text("b")], vec![RawCell::Number(-2.5), RawCell::Missing]];
        let more = [vec![RawCell::Number(0.0), RawCell::Number(1.0)], vec![RawCell::Number(1.0), RawCell::Text("a")]];
        let table = table_of(&columns(), &[rows, more].concat()).expect("they fit");
        assert_eq!(table.columns[1].kind, Kind::Category(["1", "a", "b"].map(str::to_owned).to_vec()));
        assert_eq!([table.row(0), table.row(2), table.row(3)], [[31.0, 2.0], [0.0, 0.0], [1.0, 1.0]]);
        assert!(table.row(1)[1].is_nan());
    }

    #[test]
    fn a_cell_that_does_not_fit_is_named_with_its_row() {
        let refused = |cells: Vec<RawCell<'_>>| Error::from(table_of(&columns(), &[cells]).expect_err("it does not fit")).to_string();
        assert!(refused(vec![RawCell::Text("old"), RawCell::Missing]).contains("row 1: `age` is the text \"old\""));
        assert!(refused(vec![RawCell::Missing, RawCell::Missing]).contains("row 1: `age` is missing"));
        assert!(refused(vec![RawCell::Number(f64::NAN), RawCell::Missing]).contains("row 1: `age` is NaN"));
        assert!(refused(vec![RawCell::Number(1.0)]).contains("row 1 has 1 cells"));
    }
}
