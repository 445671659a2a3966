//! Reading with an end: a file that gives no more bytes than its run can have left, and tables whose rows are no longer than
//! a run's.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, Read};
use std::rc::Rc;

use csv::{ReaderBuilder, StringRecord};

use super::folder::Folder;
use super::found::NoFile;
use crate::logs::{self, Sizes};

/// A reader that fails once it has given more bytes than there may be.
#[derive(Debug)]
pub struct Bounded<R> {
    reader: R,
    left: u64,
    bytes_max: u64,
}

/// A file of a run's folder that gives no more bytes than such a run can have left.
pub type BoundedFile = Bounded<File>;

impl BoundedFile {
    /// Opens the file of this name; what its length shows already is told at once.
    ///
    /// # Errors
    /// As those of [`Folder::file`], and when the file is longer than a run of these sizes leaves it.
    pub fn open(folder: &Folder, name: &'static str, sizes: &Sizes) -> io::Result<Self> {
        let (reader, bytes_max) = (folder.file(name)?, sizes.bytes_max(name));
        if reader.metadata()?.len() > bytes_max {
            return Err(io::Error::other(NoFile::Longer { bytes_max }));
        }
        Ok(Self { reader, left: bytes_max, bytes_max })
    }
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(bytes)?;
        match self.left.checked_sub(count as u64) {
            Some(left) => self.left = left,
            // The file grew after it was opened.
            None => return Err(io::Error::other(NoFile::Longer { bytes_max: self.bytes_max })),
        }
        Ok(count)
    }
}

/// A table, read row by row; a row that does not end in time is an error, not memory without end.
#[derive(Debug)]
pub struct Rows<R> {
    reader: csv::Reader<OfOneRow<R>>,
    /// Bytes that the row at hand may still take, one buffer more or less.
    left: Rc<Cell<u64>>,
    row_bytes_max: u64,
}

/// What a row's bytes come from.
#[derive(Debug)]
struct OfOneRow<R> {
    reader: R,
    left: Rc<Cell<u64>>,
    row_bytes_max: u64,
}

impl<R: Read> Read for OfOneRow<R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let row_bytes_max = self.row_bytes_max;
        if self.left.get() == 0 {
            return Err(io::Error::other(NoFile::LongRow { row_bytes_max }));
        }
        let count = self.reader.read(bytes)?;
        self.left.set(self.left.get().saturating_sub(count as u64));
        Ok(count)
    }
}

impl<R: Read> Rows<R> {
    /// The rows of the table of this name, each of as many cells as the header.
    pub fn of(reader: R, name: &str) -> Self {
        Self::built(reader, name, &ReaderBuilder::new())
    }

    /// The rows of the table of this name, however many cells they have.
    pub fn of_any_length(reader: R, name: &str) -> Self {
        Self::built(reader, name, ReaderBuilder::new().flexible(true))
    }

    fn built(reader: R, name: &str, builder: &ReaderBuilder) -> Self {
        let row_bytes_max = logs::row_bytes_max(name);
        let left = Rc::new(Cell::new(row_bytes_max));
        Self { reader: builder.from_reader(OfOneRow { reader, left: Rc::clone(&left), row_bytes_max }), left, row_bytes_max }
    }

    /// The names of the columns.
    ///
    /// # Errors
    /// When they can't be read.
    pub fn header(&mut self) -> Result<&StringRecord, csv::Error> {
        self.left.set(self.row_bytes_max);
        self.reader.headers()
    }

    /// Reads the next row into `row`; whether there was one.
    ///
    /// # Errors
    /// When it can't be read, or is longer than any row of such a table.
    pub fn next(&mut self, row: &mut StringRecord) -> Result<bool, csv::Error> {
        self.left.set(self.row_bytes_max);
        self.reader.read_record(row)
    }
}

impl<R: Read> Iterator for Rows<R> {
    type Item = Result<StringRecord, csv::Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut row = StringRecord::new();
        match Rows::next(self, &mut row) {
            Ok(true) => Some(Ok(row)),
            Ok(false) => None,
            Err(cause) => Some(Err(cause)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_that_does_not_end_is_an_error_and_short_ones_go_on_for_ever() {
        let endless = b"round,auc\n".chain(io::repeat(0));
        let mut rows = Rows::of(endless, "metrics_log.csv");
        assert_eq!(rows.header().expect("it ends").len(), 2);
        let error = Rows::next(&mut rows, &mut StringRecord::new()).expect_err("it does not end").to_string();
        assert!(error.contains("a row of it is longer than 65536 bytes"), "{error}");

        let many = "1,2\n".repeat(1_000_000);
        assert_eq!(Rows::of(many.as_bytes(), "metrics_log.csv").filter(Result::is_ok).count(), 999_999);
        // Line breaks in quotes end no row.
        let quoted = format!("a\n\"{}\"\n", "\n".repeat(1_000_000));
        assert!(Rows::of(quoted.as_bytes(), "metrics_log.csv").any(|row| row.is_err()));
    }

    #[test]
    fn a_file_gives_no_more_bytes_than_its_bound() {
        let read = |bytes: usize| {
            let mut text = Vec::new();
            let mut bounded = Bounded { reader: io::repeat(b'x').take(bytes as u64), left: 10, bytes_max: 10 };
            bounded.read_to_end(&mut text).map(|_| text.len()).map_err(|cause| cause.to_string())
        };
        assert_eq!(read(10), Ok(10));
        assert_eq!(read(11), Err("it is longer than 10 bytes".to_owned()));
    }
}
