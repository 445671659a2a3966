//! Reads a run's files back: what the plots and the page are made from, whether the run has just ended or ended last year.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use csv::StringRecord;

use super::bounded::{BoundedFile, Rows};
use super::folder::Folder;
use super::found::NoFile;
use super::manifest::Manifest;
use super::output::OutputFile;
use super::workspace::Workspace;
use crate::diag::{Error, Place, Problem};
use crate::logs::Sizes;
use crate::numeric::cell::unshielded;

/// The files that are read as a whole, the scenario and the manifest, are shorter.
const TEXT_BYTES_MAX: u64 = 4 << 20;

/// The files of a finished run, under their final names or not published yet.
#[derive(Debug)]
pub struct Saved {
    /// The run's own, for messages.
    run: Arc<Folder>,
    /// Where the files lie.
    folder: Arc<Folder>,
    /// Those that there are, of a run that is not published yet: beside them a former one's may lie.
    unpublished: Option<BTreeSet<&'static str>>,
    /// What the files' lengths follow from.
    sizes: Sizes,
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
    /// The files in the folder of a finished run.
    ///
    /// # Errors
    /// When the folder can't be opened.
    pub fn in_folder(path: &Path) -> Result<Self, Error> {
        let folder = Folder::open(path).map_err(|cause| Error::file("open the folder", path, &cause))?;
        let sizes = Manifest::load(&folder).map_or(Sizes::MOST, |manifest| Sizes::of(&manifest));
        Ok(Self::of(&Arc::new(folder), sizes))
    }

    /// The files in this folder of a finished run of these sizes.
    pub(crate) fn of(folder: &Arc<Folder>, sizes: Sizes) -> Self {
        Self { run: Arc::clone(folder), folder: Arc::clone(folder), unpublished: None, sizes }
    }

    /// The files of a run that are complete, but not published yet.
    pub(crate) fn unpublished<'f>(workspace: &Workspace, files: impl Iterator<Item = &'f OutputFile>) -> Self {
        let (run, folder) = (Arc::clone(workspace.run()), Arc::clone(workspace.folder()));
        // This process has just written them.
        Self { run, folder, unpublished: Some(files.map(OutputFile::name).collect()), sizes: Sizes::MOST }
    }

    /// The path of the file of this name in the run's folder, for messages.
    pub fn path_of(&self, name: &str) -> PathBuf {
        self.run.path_of(name)
    }

    /// Whether the run left a file of this name.
    pub fn has(&self, name: &'static str) -> bool {
        self.unpublished.as_ref().is_none_or(|names| names.contains(name)) && self.folder.has(name)
    }

    /// The whole text of a file.
    ///
    /// # Errors
    /// When it can't be read.
    pub fn text(&self, name: &'static str) -> Result<String, Error> {
        let bytes = self.folder.read(name, TEXT_BYTES_MAX).map_err(|cause| self.run.error("read", name, &cause))?;
        String::from_utf8(bytes).map_err(|_| unlike(&format!("{} is not UTF-8", self.path_of(name).display())))
    }

    /// The names of a table's columns.
    ///
    /// # Errors
    /// When the file can't be read.
    pub fn columns(&self, name: &'static str) -> Result<Vec<String>, Error> {
        let path = self.path_of(name);
        let mut reader = self.open(name)?;
        let header = reader.header().map_err(|cause| broken(&path, cause))?;
        Ok(header.iter().map(str::to_owned).collect())
    }

    /// Shows `visit` the cells of some columns, row after row.
    ///
    /// # Errors
    /// When the file can't be read, lacks a column, or is torn; and what `visit` returns.
    pub fn rows<const N: usize>(
        &self,
        name: &'static str,
        columns: [&str; N],
        mut visit: impl FnMut([Cell<'_>; N]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.walk(name, &columns, |cells| visit(std::array::from_fn(|at| cells[at])))
    }

    /// Shows `visit` the cells of columns whose names are known only now, row after row.
    ///
    /// # Errors
    /// As those of [`Saved::rows`].
    pub fn rows_of(
        &self,
        name: &'static str,
        columns: &[String],
        visit: impl FnMut(&[Cell<'_>]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.walk(name, &columns.iter().map(String::as_str).collect::<Vec<_>>(), visit)
    }

    fn walk(&self, name: &'static str, columns: &[&str], mut visit: impl FnMut(&[Cell<'_>]) -> Result<(), Error>) -> Result<(), Error> {
        let path = self.path_of(name);
        let mut reader = self.open(name)?;
        let header = reader.header().map_err(|cause| broken(&path, cause))?;
        let found = |column: &&str| header.iter().position(|name| name == *column);
        let missing = |column: &&str| unlike(&format!("{}:1: the column `{column}` is missing", path.display()));
        let indices = columns.iter().map(|column| found(column).ok_or_else(|| missing(column))).collect::<Result<Vec<_>, Error>>()?;
        let mut record = StringRecord::new();
        while reader.next(&mut record).map_err(|cause| broken(&path, cause))? {
            let cells = columns.iter().zip(&indices);
            let cells: Vec<Cell<'_>> = cells.map(|(column, index)| Cell { path: &path, record: &record, column, index: *index }).collect();
            visit(&cells)?;
        }
        Ok(())
    }

    fn open(&self, name: &'static str) -> Result<Rows<BoundedFile>, Error> {
        let file = BoundedFile::open(&self.folder, name, &self.sizes).map_err(|cause| self.run.error("read", name, &cause))?;
        Ok(Rows::of(file, name))
    }
}

impl<'a> Cell<'a> {
    /// The text that the cell was made of.
    pub fn text(&self) -> &'a str {
        unshielded(&self.record[self.index])
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
        let span = start..start + fields[self.index].len().max(1);
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
        csv::ErrorKind::Io(cause) => {
            return NoFile::problem("read", path, &cause).map_or_else(|| Error::file("read", path, &cause), Error::from);
        }
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

    fn saved(name: &'static str, content: &str) -> (tempfile::TempDir, Saved) {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join(name), content).expect("it can be written");
        let saved = Saved::in_folder(folder.path()).expect("the folder");
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
    fn what_a_spreadsheet_would_run_comes_back_as_it_was() {
        let (_folder, saved) = saved("a.csv", "client_name,auc\n'=1+1,-0.5\n''@x,0.5\n'a',1\n");
        let mut seen = Vec::new();
        let read = saved.rows("a.csv", ["client_name", "auc"], |[name, auc]| {
            seen.push((name.text().to_owned(), auc.number()?));
            Ok(())
        });
        read.expect("it can be read");
        assert_eq!(seen, [("=1+1".to_owned(), -0.5), ("'@x".to_owned(), 0.5), ("'a'".to_owned(), 1.0)]);
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
