//! A table as it was read: numbers and category codes, row-major, with the header's places for error messages.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use prefetch_index::prefetch_index;

use super::chunked_rows::ChunkedRows;
use crate::diag::{Place, Problem, shown};

/// Longer names are not compared: it would take long, and no misspelling would be found.
const COMPARED_BYTES_MAX: usize = 200;

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

    /// The file's name.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The columns' names, in the file's order.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Where a column of this name stands.
    pub fn find(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|known| known == name)
    }

    /// Where all columns stand, by their names: for whoever looks for many.
    pub fn columns_by_name(&self) -> BTreeMap<&str, usize> {
        self.names.iter().enumerate().map(|(place, name)| (name.as_str(), place)).collect()
    }

    /// The place of a column's name.
    pub fn place(&self, column: usize) -> Place {
        Place::new(Arc::clone(&self.file), Arc::clone(&self.line), 1, self.spans[column].clone())
    }

    /// The problem that there is no column `name`, which was wanted as `what`.
    pub fn missing(&self, name: &str, what: &str) -> Problem {
        let line = Place::new(Arc::clone(&self.file), Arc::clone(&self.line), 1, 0..self.line.len());
        let comparable = self.names.iter().filter(|known| known.len().max(name.len()) <= COMPARED_BYTES_MAX);
        let near = comparable.map(|known| (strsim::damerau_levenshtein(&known.to_lowercase(), &name.to_lowercase()), known)).min();
        let help = match near {
            Some((distance, near)) if distance <= (name.len() / 3).max(1) => format!("did you mean `{near}`?"),
            _ => format!("the columns are {}", shown(&self.names.join(", "))),
        };
        Problem::new(format!("no column `{name}` ({what})")).at(line, "not among these").help(help)
    }

    /// The problem that there are none of these columns, which were wanted as `what`.
    pub fn all_missing(&self, names: &[&str], what: &str) -> Problem {
        let line = Place::new(Arc::clone(&self.file), Arc::clone(&self.line), 1, 0..self.line.len());
        let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
        let message = format!("no columns {} ({what})", shown(&quoted.join(", ")));
        Problem::new(message).at(line, "not among these").help(format!("the columns are {}", shown(&self.names.join(", "))))
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
    /// (rows, columns), and behind each row as many cells as columns were removed.
    cells: ChunkedRows,
}

/// How many rows ahead of the one that is looked at the memory is asked.
pub const AHEAD: usize = 8;

/// How many cells lie in a cache line.
const CELLS_OF_A_LINE: usize = 8;

/// How many rows are added at a time.
const ADDED_ROWS: usize = 4096;

impl Table {
    /// The table of these columns and cells, (rows, columns).
    pub fn new(header: Header, columns: Vec<Column>, cells: ChunkedRows) -> Self {
        Self { header, columns, cells }
    }

    /// A table that no file held.
    #[cfg(test)]
    pub(in crate::data) fn of_test(columns: &[(&str, Kind)], cells: &[f64]) -> Self {
        let names: Vec<String> = columns.iter().map(|(name, _)| (*name).to_owned()).collect();
        let spans = vec![0..0; names.len()];
        let columns: Vec<_> = columns.iter().map(|(name, kind)| Column { name: (*name).to_owned(), kind: kind.clone() }).collect();
        let mut chunks = ChunkedRows::new(columns.len(), cells.len());
        chunks.extend(&[cells], "the cells", |_, _| {}).expect("there is memory");
        Self::new(Header::new("test.csv".into(), "".into(), names, spans), columns, chunks)
    }

    /// All cells, (rows, columns), row-major.
    #[cfg(test)]
    pub(in crate::data) fn cells(&self) -> Vec<f64> {
        (0..self.rows()).flat_map(|row| self.row(row).to_vec()).collect()
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        if self.columns.is_empty() { 0 } else { self.cells.rows() }
    }

    /// One row's cells, (columns,).
    pub fn row(&self, row: usize) -> &[f64] {
        &self.cells.row(row)[..self.columns.len()]
    }

    /// Shows `look` the cells of each of `rows`, in their order.
    #[inline(always)]
    pub fn walk(&self, rows: &[u32], mut look: impl FnMut(&[f64])) {
        for (at, &row) in rows.iter().enumerate() {
            if let Some(&soon) = rows.get(at + AHEAD) {
                self.prefetch(soon);
            }
            look(self.row(row as usize));
        }
    }

    /// Asks the memory for a row that is read soon, and does not wait for it: rows of one client lie far apart.
    #[inline(always)]
    pub fn prefetch(&self, row: u32) {
        let cells = self.row(row as usize);
        for at in (0..cells.len()).step_by(CELLS_OF_A_LINE) {
            prefetch_index(cells, at);
        }
        prefetch_index(cells, cells.len().saturating_sub(1));
    }

    /// Where a column of this name stands among those read.
    pub fn find(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }

    /// The places of all columns read, by their names: for whoever looks for many.
    pub fn columns_by_name(&self) -> BTreeMap<&str, usize> {
        self.columns.iter().enumerate().map(|(place, column)| (column.name.as_str(), place)).collect()
    }

    /// Takes a column out, if the table has it. Rows stay where they are.
    pub fn remove(&mut self, name: &str) {
        let Some(index) = self.find(name) else { return };
        let width = self.columns.len();
        if index + 1 < width {
            self.cells.change(|row| row.copy_within(index + 1..width, index));
        }
        self.columns.remove(index);
    }

    /// Adds columns of numbers behind the others; `fill` writes a row's, (names,), from what it has so far, (columns,).
    ///
    /// # Errors
    /// When there is no memory for them.
    pub fn add_numbers(&mut self, names: Vec<String>, fill: impl Fn(&[f64], &mut [f64]) + Sync) -> Result<(), Problem> {
        let (before, after) = (self.columns.len(), self.columns.len() + names.len());
        if after > self.cells.width() {
            self.cells.widen(after, &format!("{} more columns of {} rows", names.len(), self.rows()))?;
        }
        self.columns.extend(names.into_iter().map(|name| Column { name, kind: Kind::Number }));
        self.cells.change(|row| {
            let (known, new) = row[..after].split_at_mut(before);
            fill(known, new);
        });
        Ok(())
    }

    /// Whether a column has a cell that is not missing.
    pub fn has_value(&self, column: usize) -> bool {
        (0..self.rows()).any(|row| !self.row(row)[column].is_nan())
    }

    /// Adds the rows of a table that has these columns in any order; categories are united. A column without a value so far
    /// takes the other's kind.
    ///
    /// # Errors
    /// When there is no memory for them.
    ///
    /// # Panics
    /// When a column was removed, the other lacks a column, or one is numbers in one table and categories in the other.
    pub fn append(&mut self, other: &Self) -> Result<(), Problem> {
        let theirs = other.columns_by_name();
        let place = |column: &Column| *theirs.get(column.name.as_str()).expect("the other table has every column");
        let places: Vec<usize> = self.columns.iter().map(place).collect();
        assert_eq!(places.len(), other.columns.len(), "the other table has no further column");
        // Of a column of categories, what the codes so far become, and what the other's become.
        let (mut mine_now, mut theirs_now) = (Vec::new(), Vec::new());
        let empty: Vec<bool> = (0..places.len()).map(|column| !self.has_value(column)).collect();
        for (index, (column, &place)) in self.columns.iter_mut().zip(&places).enumerate() {
            match (&mut column.kind, &other.columns[place].kind) {
                (Kind::Number, Kind::Number) => {}
                (Kind::Category(mine), Kind::Category(theirs)) => {
                    let mut united = [mine.as_slice(), theirs.as_slice()].concat();
                    united.sort_unstable();
                    united.dedup();
                    let codes = |old: &[String]| -> Vec<f64> {
                        old.iter().map(|name| united.binary_search(name).expect("the union holds it") as f64).collect()
                    };
                    mine_now.push((index, codes(mine)));
                    theirs_now.push((index, codes(theirs)));
                    *mine = united;
                }
                (mine, theirs) => {
                    assert!(empty[index], "column `{}` is of one kind in both tables, or has no value here", column.name);
                    *mine = theirs.clone();
                }
            }
        }
        let recode_row = |row: &mut [f64], columns: &[(usize, Vec<f64>)]| {
            columns.iter().for_each(|(index, codes)| recode(std::iter::once(&mut row[*index]), codes));
        };
        self.cells.change(|row| recode_row(row, &mine_now));
        let what = format!("the cells of {} after {} rows", other.header.file(), self.rows());
        let mut added = Vec::new();
        for start in (0..other.rows()).step_by(ADDED_ROWS) {
            added.clear();
            for row in (start..other.rows()).take(ADDED_ROWS) {
                let row = other.row(row);
                added.extend(places.iter().map(|&place| row[place]));
            }
            self.cells
                .extend(&[&added], &what, |_, rows| rows.chunks_exact_mut(places.len()).for_each(|row| recode_row(row, &theirs_now)))?;
        }
        Ok(())
    }

    /// Moves the rows that `lists` name, each once, so that a walk along all lists meets memory chunk by chunk and never goes
    /// back; the lists then name the same rows where they are now. Other rows are gone.
    ///
    /// # Errors
    /// When there is no memory for them.
    pub fn arrange(&mut self, lists: &mut [&mut Vec<u32>]) -> Result<(), Problem> {
        self.cells.arrange(lists)
    }

    /// Alters every row, (columns,).
    pub fn change(&mut self, change: impl Fn(&mut [f64]) + Sync) {
        let width = self.columns.len();
        self.cells.change(|row| change(&mut row[..width]));
    }

    /// Alters these rows, (columns,), one after the other.
    pub fn change_rows(&mut self, rows: &[u32], mut change: impl FnMut(&mut [f64])) {
        let width = self.columns.len();
        rows.iter().for_each(|&row| change(&mut self.cells.row_mut(row as usize)[..width]));
    }

    /// How many bytes the cells take.
    pub fn bytes(&self) -> usize {
        self.cells.rows() * self.cells.width() * size_of::<f64>()
    }

    /// How many rows a walk along arranged lists meets in each chunk.
    pub fn steps(&self) -> usize {
        self.cells.steps()
    }

    /// Gives the memory back that a walk along arranged lists has left behind after `steps` rows.
    pub fn release(&mut self, steps: usize) {
        self.cells.release(steps);
    }
}

/// Gives each cell of categories that is not missing the code that stands in `codes` at its old one.
pub(super) fn recode<'a>(cells: impl Iterator<Item = &'a mut f64>, codes: &[f64]) {
    for cell in cells.filter(|cell| !cell.is_nan()) {
        *cell = codes[*cell as usize];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn category(names: &[&str]) -> Kind {
        Kind::Category(names.iter().map(|&name| name.to_owned()).collect())
    }

    #[test]
    fn rows_are_added_by_the_columns_names_and_categories_are_united() {
        let mut all = Table::of_test(&[("n", Kind::Number), ("k", category(&["b", "d"]))], &[1.0, 0.0, 2.0, 1.0]);
        all.append(&Table::of_test(&[("k", category(&["a", "d"])), ("n", Kind::Number)], &[0.0, 3.0, 1.0, f64::NAN]))
            .expect("there is memory");
        assert_eq!(all.columns[1].kind, category(&["a", "b", "d"]));
        assert_eq!(all.cells()[..6], [1.0, 1.0, 2.0, 2.0, 3.0, 0.0]);
        assert!(all.cells()[6].is_nan() && all.cells()[7] == 2.0);
    }

    #[test]
    fn a_column_that_is_removed_leaves_the_others_as_they_were() {
        let columns = ["a", "b", "c"].map(|name| (name, Kind::Number));
        let mut table = Table::of_test(&columns, &(0..30_000).map(f64::from).collect::<Vec<_>>());
        table.remove("b");
        assert_eq!((table.rows(), table.row(9_999)), (10_000, [29_997.0, 29_999.0].as_slice()));
        table.remove("c");
        assert_eq!((table.rows(), table.row(9_999), table.find("a")), (10_000, [29_997.0].as_slice(), Some(0)));
        table.remove("d");
        assert_eq!((table.row(0), table.has_value(0)), ([0.0].as_slice(), true));
    }

    #[test]
    fn columns_are_added_behind_the_others_whether_or_not_there_is_room() {
        let columns = ["a", "b", "c"].map(|name| (name, Kind::Number));
        let mut table = Table::of_test(&columns, &(0..30_000).map(f64::from).collect::<Vec<_>>());
        table.remove("b");
        let sum = |row: &[f64], new: &mut [f64]| new.fill(row.iter().sum());
        table.add_numbers(vec!["d".to_owned()], sum).expect("there is memory");
        table.add_numbers(vec!["e".to_owned(), "f".to_owned()], sum).expect("there is memory");
        assert_eq!(table.row(9_999), [29_997.0, 29_999.0, 59_996.0, 119_992.0, 119_992.0]);
        assert_eq!((table.rows(), table.find("f")), (10_000, Some(4)));
    }

    #[test]
    fn a_column_without_a_value_takes_the_others_kind() {
        let mut all = Table::of_test(&[("k", Kind::Number)], &[f64::NAN]);
        all.append(&Table::of_test(&[("k", category(&["a", "b"]))], &[1.0])).expect("there is memory");
        assert_eq!((&all.columns[0].kind, all.cells()[1]), (&category(&["a", "b"]), 1.0));
    }
}
