//! A table as it was read: numbers and category codes, row-major, with the header's places for error messages.

use std::ops::Range;
use std::sync::Arc;

use crate::diag::{Place, Problem};

/// A CSV file's first line.
#[derive(Clone, Debug)]
pub struct Header {
    file: Arc<str>,
    line: Arc<str>,
    names: Vec<String>,
    spans: Vec<Range<usize>>,
}

impl Header {
    /// The names in `line`, the first line of `file`; each name stands at its span of bytes.
    pub fn new(file: Arc<str>, line: Arc<str>, names: Vec<String>, spans: Vec<Range<usize>>) -> Self {
        assert_eq!(names.len(), spans.len(), "every name has its place");
        Self { file, line, names, spans }
    }

    /// The columns' names, in the file's order.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Where a column of this name stands.
    pub fn find(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|known| known == name)
    }

    /// The place of a column's name.
    pub fn place(&self, column: usize) -> Place {
        Place::new(Arc::clone(&self.file), Arc::clone(&self.line), 1, self.spans[column].clone())
    }

    /// The problem that there is no column `name`, which was wanted as `what`.
    pub fn missing(&self, name: &str, what: &str) -> Problem {
        let line = Place::new(Arc::clone(&self.file), Arc::clone(&self.line), 1, 0..self.line.len());
        let near = self.names.iter().map(|known| (strsim::damerau_levenshtein(&known.to_lowercase(), &name.to_lowercase()), known)).min();
        let help = match near {
            Some((distance, near)) if distance <= (name.len() / 3).max(1) => format!("did you mean `{near}`?"),
            _ => format!("the columns are {}", self.names.join(", ")),
        };
        Problem::new(format!("no column `{name}` ({what})")).at(line, "not among these").help(help)
    }
}

/// What a column's cells mean.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// Numbers; a missing cell is NaN.
    Number,
    /// Indices into these categories, which are sorted bytewise; a missing cell is NaN.
    Category(Vec<String>),
}

/// A column's name and meaning.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// The header's name, or `column_N` where that is empty.
    pub name: String,
    /// What its cells mean.
    pub kind: Kind,
}

/// The columns that were asked for, as one matrix.
#[derive(Clone, Debug)]
pub struct Table {
    /// The header of the whole file, skipped columns included.
    pub header: Header,
    /// The columns that were read, in the file's order.
    pub columns: Vec<Column>,
    /// (rows, columns), row-major.
    pub cells: Vec<f64>,
}

impl Table {
    /// How many rows there are.
    pub fn rows(&self) -> usize {
        if self.columns.is_empty() { 0 } else { self.cells.len() / self.columns.len() }
    }

    /// One row's cells, (columns,).
    pub fn row(&self, row: usize) -> &[f64] {
        &self.cells[row * self.columns.len()..(row + 1) * self.columns.len()]
    }

    /// Where a column of this name stands among those read.
    pub fn find(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }

    /// Takes a column out, if the table has it.
    pub fn remove(&mut self, name: &str) {
        let Some(index) = self.find(name) else { return };
        let width = self.columns.len();
        let mut position = 0;
        self.cells.retain(|_| {
            position += 1;
            (position - 1) % width != index
        });
        self.columns.remove(index);
    }

    /// Adds the rows of a table with the same columns in the same order; categories are united.
    ///
    /// # Errors
    /// When the columns' names or kinds differ.
    pub fn append(&mut self, other: &Self) -> Result<(), Problem> {
        let names = |table: &Self| table.columns.iter().map(|column| column.name.clone()).collect::<Vec<_>>();
        if names(self) != names(other) {
            let wanted = names(self).join(", ");
            return Err(Problem::new(format!("{} has other columns than {}", other.header.file, self.header.file))
                .at(
                    Place::new(Arc::clone(&other.header.file), Arc::clone(&other.header.line), 1, 0..other.header.line.len()),
                    "these columns",
                )
                .help(format!("both files need the columns {wanted}, in one order")));
        }
        let width = self.columns.len();
        let old_cells = self.cells.len();
        self.cells.extend_from_slice(&other.cells);
        for (index, (mine, theirs)) in self.columns.iter_mut().zip(&other.columns).enumerate() {
            match (&mut mine.kind, &theirs.kind) {
                (Kind::Number, Kind::Number) => {}
                (Kind::Category(mine), Kind::Category(theirs)) => {
                    let mut united = [mine.as_slice(), theirs.as_slice()].concat();
                    united.sort_unstable();
                    united.dedup();
                    let places = |old: &[String]| -> Vec<f64> {
                        old.iter().map(|name| united.binary_search(name).expect("the union holds it") as f64).collect()
                    };
                    let (mine_now, theirs_now) = (places(mine), places(theirs));
                    for (position, cell) in self.cells.iter_mut().enumerate().skip(index).step_by(width) {
                        let now = if position < old_cells { &mine_now } else { &theirs_now };
                        if !cell.is_nan() {
                            *cell = now[*cell as usize];
                        }
                    }
                    *mine = united;
                }
                _ => {
                    let problem = Problem::new(format!("column `{}` is numbers in one file and text in another", mine.name));
                    let place = other.header.find(&mine.name).map(|column| other.header.place(column));
                    let problem = match place {
                        Some(place) => problem.at(place, format!("not as in {}", self.header.file)),
                        None => problem,
                    };
                    return Err(problem.help(format!(
                        "list it in preprocess.categorical to read it as text in both: categorical = [\"auto\", \"{}\"]",
                        mine.name
                    )));
                }
            }
        }
        Ok(())
    }
}
