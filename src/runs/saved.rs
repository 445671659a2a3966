//! Reads a run's files back: what the plots and the page are made from, whether the run has just ended or ended last year.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use csv::{Reader, StringRecord};

use super::output::OutputFile;
use crate::diag::{Error, Place, Problem};
use crate::input;

/// The files that are read as a whole, the scenario and the manifest, are shorter.
const TEXT_MEBIBYTES_MAX: u64 = 4;

/// The files of a finished run, under their final names or not published yet.
#[derive(Debug)]
pub struct Saved {
    folder: PathBuf,
    /// Where those files lie that are not published yet, by their names.
    elsewhere: BTreeMap<PathBuf, PathBuf>,
}

/// One cell of a table.
#[derive(Clone, Copy, Debug)]
pub struct Cell<'a> {
    path: &'a Path,
    record: &'a StringRecord,
    column: &'a str,
    index: usize,
}

impl Saved {
    /// The files in a finished run's folder.
    pub fn in_folder(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), elsewhere: BTreeMap::new() }
    }

    /// The files of a run that are complete, but not published yet.
    pub(crate) fn unpublished<'f>(folder: &Path, files: impl Iterator<Item = &'f OutputFile>) -> Self {
        let elsewhere = files.map(|file| (file.path().to_owned(), file.lies_at().to_owned())).collect();
        Self { folder: folder.to_owned(), elsewhere }
    }

    /// The run's folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whether the run left a file of this name.
    pub fn has(&self, name: &str) -> bool {
        let path = self.folder.join(name);
        // Beside the files of a run that is not published yet, a former run's may lie: they are none of it.
        let is_its_own = self.elsewhere.is_empty() || self.elsewhere.contains_key(&path);
        is_its_own && self.lies_at(&path).is_file()
    }

    /// The whole text of a file.
    ///
    /// # Errors
    /// When it can't be read.
    pub fn text(&self, name: &str) -> Result<String, Error> {
        let path = self.folder.join(name);
        let bytes = input::read("read", self.lies_at(&path), TEXT_MEBIBYTES_MAX)?;
        String::from_utf8(bytes).map_err(|_| unlike(&format!("{} is not UTF-8", path.display())))
    }

    /// The names of a table's columns.
    ///
    /// # Errors
    /// When the file can't be read.
    pub fn columns(&self, name: &str) -> Result<Vec<String>, Error> {
        let path = self.folder.join(name);
        let mut reader = self.open(&path)?;
        let header = reader.headers().map_err(|cause| broken(&path, cause))?;
        Ok(header.iter().map(str::to_owned).collect())
    }

    /// Shows `visit` the cells of some columns, row after row.
    ///
    /// # Errors
    /// When the file can't be read, lacks a column, or is torn; and what `visit` returns.
    pub fn rows<const N: usize>(
        &self,
        name: &str,
        columns: [&str; N],
        mut visit: impl FnMut([Cell<'_>; N]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.walk(name, &columns, |cells| visit(std::array::from_fn(|at| cells[at])))
    }

    /// Shows `visit` the cells of columns whose names are known only now, row after row.
    ///
    /// # Errors
    /// As those of [`Saved::rows`].
    pub fn rows_of(&self, name: &str, columns: &[String], visit: impl FnMut(&[Cell<'_>]) -> Result<(), Error>) -> Result<(), Error> {
        self.walk(name, &columns.iter().map(String::as_str).collect::<Vec<_>>(), visit)
    }

    fn walk(&self, name: &str, columns: &[&str], mut visit: impl FnMut(&[Cell<'_>]) -> Result<(), Error>) -> Result<(), Error> {
        let path = self.folder.join(name);
        let mut reader = self.open(&path)?;
        let header = reader.headers().map_err(|cause| broken(&path, cause))?;
        let found = |column: &&str| header.iter().position(|name| name == *column);
        let missing = |column: &&str| unlike(&format!("{}:1: the column `{column}` is missing", path.display()));
        let indices = columns.iter().map(|column| found(column).ok_or_else(|| missing(column))).collect::<Result<Vec<_>, Error>>()?;
        let mut record = StringRecord::new();
        while reader.read_record(&mut record).map_err(|cause| broken(&path, cause))? {
            let cells = columns.iter().zip(&indices);
            let cells: Vec<Cell<'_>> = cells.map(|(column, index)| Cell { path: &path, record: &record, column, index: *index }).collect();
            visit(&cells)?;
        }
        Ok(())
    }

    fn open(&self, path: &Path) -> Result<Reader<File>, Error> {
        Ok(Reader::from_reader(input::open("read", self.lies_at(path))?))
    }

    fn lies_at<'a>(&'a self, path: &'a Path) -> &'a Path {
        self.elsewhere.get(path).map_or(path, PathBuf::as_path)
    }
}

impl<'a> Cell<'a> {
    /// The cell as it stands.
    pub fn text(&self) -> &'a str {
        &self.record[self.index]
    }

    /// A finite number that must be there.
    ///
    /// # Errors
    /// When the cell holds none.
    pub fn number(&self) -> Result<f64, Error> {
        self.optional()?.ok_or_else(|| self.problem("is empty where a number must stand"))
    }

    /// A finite number, or `None` for an empty cell.
    ///
    /// # Errors
    /// When the cell holds anything else.
    pub fn optional(&self) -> Result<Option<f64>, Error> {
        match self.text() {
            "" => Ok(None),
            text => match text.parse::<f64>() {
                Ok(number) if number.is_finite() => Ok(Some(number)),
                _ => Err(self.problem("is not a number")),
            },
        }
    }

    /// A whole number, not negative.
    ///
    /// # Errors
    /// When the cell holds none.
    pub fn count(&self) -> Result<u64, Error> {
        self.text().parse().map_err(|_| self.problem("is not a whole number"))
    }

    /// The mistake that this cell holds what fedsim never wrote there.
    pub fn problem(&self, what: &str) -> Error {
        let line = self.record.position().map_or(1, csv::Position::line) as usize;
        let fields: Vec<&str> = self.record.iter().collect();
        let start: usize = fields[..self.index].iter().map(|field| field.len() + 1).sum();
        let span = start..start + self.text().len().max(1);
        let name = self.path.display().to_string();
        let place = Place::new(name.into(), fields.join(",").into(), line, span);
        Problem::new(format!("the column `{}` {what}", self.column)).at(place, "").help(WAY_OUT).into()
    }
}

const WAY_OUT: &str = "the file is not as fedsim wrote it: run the scenario again";

fn unlike(message: &str) -> Error {
    Problem::new(message).help(WAY_OUT).into()
}

fn broken(path: &Path, cause: csv::Error) -> Error {
    let line = cause.position().map_or(1, csv::Position::line);
    let what = match cause.into_kind() {
        csv::ErrorKind::Io(cause) => return Error::file("read", path, &cause),
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => format!("the row has {len} cells, the header {expected_len}"),
        csv::ErrorKind::Utf8 { .. } => "the row is not UTF-8".to_owned(),
        other => format!("{other:?}"),
    };
    unlike(&format!("{}:{line}: {what}", path.display()))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn saved(name: &str, content: &str) -> (tempfile::TempDir, Saved) {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join(name), content).expect("it can be written");
        let saved = Saved::in_folder(folder.path());
        (folder, saved)
    }

    #[test]
    fn cells_come_by_the_names_of_their_columns() {
        let (_folder, saved) = saved("a.csv", "round,auc,word\n1,0.5,x\n2,,y\n");
        let mut seen = Vec::new();
        let read = saved.rows("a.csv", ["auc", "round"], |[auc, round]| {
            seen.push((round.count()?, auc.optional()?));
            Ok(())
        });
        read.expect("it can be read");
        assert_eq!(seen, [(1, Some(0.5)), (2, None)]);
        assert_eq!(saved.columns("a.csv").expect("a header"), ["round", "auc", "word"]);
    }

    #[test]
    fn what_is_broken_is_told_with_file_and_line() {
        let number = |[cell]: [Cell<'_>; 1]| cell.number().map(|_| ());
        for (content, wanted) in [
            ("auc\n0.5\nabc\n", "a.csv:3:1"),
            ("x,auc\n0.5,\"\"\n", "a.csv:2:5"),
            ("auc\nNaN\n", "a.csv:2:1"),
            ("auc,x\n1,2\n1\n", "a.csv:3: the row has 1 cells, the header 2"),
            ("x\n1\n", "a.csv:1: the column `auc` is missing"),
            ("", "a.csv:1: the column `auc` is missing"),
        ] {
            let (_folder, saved) = saved("a.csv", content);
            let error = saved.rows("a.csv", ["auc"], number).expect_err("it is broken").to_string();
            assert!(error.contains(wanted) && error.contains("run the scenario again"), "{error}");
        }
        let (_folder, saved) = saved("b.csv", "");
        assert!(saved.rows("a.csv", ["auc"], number).expect_err("it is missing").to_string().contains("can't read"));
    }
}
