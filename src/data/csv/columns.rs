//! The pieces of a file put together in its order: one matrix, each column of one kind, categories united and sorted.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use super::cells::{Findings, Layout, Piece, Reading, Seen, Stop, number};
use super::dictionary::Dictionary;
use super::limits::Limits;
use super::options::{ColumnRequest, Missing, Role};
use super::problems::{Page, quote};
use crate::data::chunked_rows::ChunkedRows;
use crate::data::table::{Column, Header, Kind, Table, recode};
use crate::diag::{Error, Problem, Problems};

/// Problems after these are only counted.
const PROBLEMS_SHOWN_MAX: usize = 10;

/// A column of texts of which at least this share are numbers with a decimal comma is taken for one of such numbers.
const DECIMAL_COMMA_SHARE: f64 = 0.9;

/// A longer text is no category: every feature's and parameter's name would carry it.
const TEXT_BYTES_MAX: usize = 4096;

/// The part of a file that was read.
pub(super) struct Columns<'a> {
    header: &'a Header,
    layout: &'a Layout<'a>,
    limits: &'a Limits,
    columns: Vec<Growing>,
    /// (rows, wanted columns).
    cells: ChunkedRows,
    rows: usize,
    problems: Vec<Problem>,
    problems_hidden: usize,
}

/// What a column's cells turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sort {
    Number,
    Text,
}

/// One column, as far as it was read.
struct Growing {
    reading: Reading,
    missing: Missing,
    /// Distinct texts at most.
    texts_max: usize,
    sort: Option<Sort>,
    /// The first cell that is not missing, and its line; known where the kind follows from it.
    first: Option<(Box<str>, usize)>,
    dictionary: Dictionary,
    /// Set once the column had a problem, of which it has one at most; its cells mean nothing from there on.
    faulty: bool,
}

/// What is wrong with a cell.
enum Wrong {
    Missing,
    NotNumber(Box<str>),
    Mixed(Box<str>),
    TooManyTexts,
    LongText(Box<str>),
}

impl<'a> Columns<'a> {
    /// No rows yet, of the columns that `layout` wants; `cells_max` cells at most are to be expected.
    pub(super) fn new(
        header: &'a Header,
        layout: &'a Layout<'a>,
        requests: &[ColumnRequest],
        limits: &'a Limits,
        cells_max: usize,
    ) -> Self {
        let columns = layout.wanted.iter().zip(requests).map(|(&(_, reading), request)| Growing::new(reading, request, limits)).collect();
        let cells = ChunkedRows::new(layout.wanted.len(), cells_max.min(limits.chunk));
        Self { header, layout, limits, columns, cells, rows: 0, problems: Vec::new(), problems_hidden: 0 }
    }

    /// Adds the rows of the pieces that lie at `ranges` of the page, and gives back the memory that held their cells.
    ///
    /// Cells that are wrong are noted, so that one reading shows the first of every column.
    ///
    /// # Errors
    /// When reading can't go on, with all problems so far.
    pub(super) fn append(&mut self, page: Page<'_>, ranges: &[Range<usize>], pieces: Vec<Piece>) -> Result<Vec<Vec<f64>>, Error> {
        let mut parts = Vec::with_capacity(pieces.len());
        for (range, mut piece) in ranges.iter().zip(pieces) {
            let codes = self.unite(page, range.start, &mut piece)?;
            parts.push((piece.cells, codes));
        }
        let width = self.layout.wanted.len();
        let what = format!("the cells of {} after {} rows", page.file, self.rows);
        let cells: Vec<&[f64]> = parts.iter().map(|(cells, _)| cells.as_slice()).collect();
        let extended = self.cells.extend(&cells, &what, |part, rows| {
            for (index, codes) in &parts[part].1 {
                recode(rows.iter_mut().skip(*index).step_by(width), codes);
            }
        });
        if let Err(problem) = extended {
            self.stop(problem.help("split the file, or drop columns"))?;
        }
        Ok(parts.into_iter().map(|(cells, _)| cells).collect())
    }

    /// Takes in what the piece that begins at byte `start` of the page says of the columns: by what the codes of columns, whose
    /// numbers come with them, are to be replaced.
    fn unite(&mut self, page: Page<'_>, start: usize, piece: &mut Piece) -> Result<Vec<(usize, Vec<f64>)>, Error> {
        self.rows += piece.rows;
        let mut wrongs = Vec::new();
        let mut recoded = Vec::new();
        // Counted once for each record, not for each column: a row may have a hundred thousand.
        let mut lines = BTreeMap::new();
        let mut line_of = |record| *lines.entry(record).or_insert_with(|| page.line_of(start + record));
        for (index, (column, findings)) in self.columns.iter_mut().zip(&mut piece.columns).enumerate() {
            if column.faulty {
                continue;
            }
            let (wrong, codes) = column.unite(findings, &mut line_of);
            column.faulty = wrong.is_some();
            wrongs.extend(wrong.map(|(record, wrong)| (record, index, wrong)));
            if !column.faulty && changes(&codes) {
                recoded.push((index, codes));
            }
        }
        wrongs.sort_by_key(|&(record, index, _)| (record, index));
        for (record, index, wrong) in wrongs {
            if self.problems.len() < PROBLEMS_SHOWN_MAX {
                self.problems.push(self.problem(page, start + record, index, &wrong));
            } else {
                self.problems_hidden += 1;
            }
        }
        if self.rows > self.limits.rows {
            self.stop(Problem::new(format!("{} has more than {} rows", page.file, self.limits.rows)).help("split the file"))?;
        }
        let delimiter = self.layout.delimiter;
        match piece.stop {
            None => {}
            Some(Stop::Ragged { record, found }) => self.stop(page.ragged(delimiter, start + record, found, self.layout.width))?,
            Some(Stop::NotUtf8 { record, index }) => self.stop(page.not_utf8(delimiter, start + record, index))?,
        }
        Ok(recoded)
    }

    /// Ends reading with `last`.
    ///
    /// # Errors
    /// Always: all problems so far, then `last`.
    pub(super) fn stop(&mut self, last: Problem) -> Result<(), Error> {
        let mut problems = self.take_problems();
        problems.push(last);
        Problems::none_or(problems)
    }

    /// The table, once the file ended.
    ///
    /// # Errors
    /// When a cell was wrong, or there was no row.
    pub(super) fn finish(mut self, file: &Arc<str>) -> Result<Table, Error> {
        Problems::none_or(self.take_problems())?;
        if self.rows == 0 {
            let help = "it needs at least one line below the header; was it cut short?";
            return Err(Problem::new(format!("{file} has a header but no rows")).help(help).into());
        }
        Problems::none_or(self.decimal_commas())?;
        let sorted: Vec<_> = self.columns.iter().map(Growing::categories).collect();
        let places = sorted.iter().enumerate().filter_map(|(index, kind)| Some((index, kind.as_ref()?.1.as_slice())));
        let moved: Vec<_> = places.filter(|(_, places)| changes(places)).collect();
        if !moved.is_empty() {
            self.cells.change(|row| {
                for &(index, places) in &moved {
                    recode(std::iter::once(&mut row[index]), places);
                }
            });
        }
        let names = self.layout.wanted.iter().map(|&(index, _)| self.header.names()[index].clone());
        let kinds = sorted.into_iter().map(|kind| kind.map_or(Kind::Number, |(names, _)| Kind::Category(names)));
        let columns = names.zip(kinds).map(|(name, kind)| Column { name, kind }).collect();
        Ok(Table::new(self.header.clone(), columns, self.cells))
    }

    /// The columns nobody called texts that are numbers as much of Europe writes them: left alone, each distinct number would
    /// become a category.
    fn decimal_commas(&self) -> Vec<Problem> {
        let wanted = self.columns.iter().zip(&self.layout.wanted);
        let problem = |(column, &(field, _)): (&Growing, &(usize, Reading))| {
            let texts = column.dictionary.names();
            let example = texts.iter().find(|text| has_decimal_comma(text))?;
            let share = texts.iter().filter(|text| has_decimal_comma(text)).count() as f64 / texts.len() as f64;
            let name = &self.header.names()[field];
            (column.reading == Reading::Either && share >= DECIMAL_COMMA_SHARE).then(|| {
                Problem::new(format!("column `{name}` holds numbers with a comma, as in {}", quote(example)))
                    .at(self.header.place(field), "these cells would be read as text")
                    .help(format!(
                        "write them with a decimal point, as in 1.5; or, if they are categories, list the column in \
                         preprocess.categorical: categorical = [\"auto\", \"{name}\"]"
                    ))
            })
        };
        wanted.filter_map(problem).take(PROBLEMS_SHOWN_MAX).collect()
    }

    fn take_problems(&mut self) -> Vec<Problem> {
        let mut problems = std::mem::take(&mut self.problems);
        if self.problems_hidden > 0 {
            problems.push(Problem::new(format!("{} more columns have cells that can't be read", self.problems_hidden)));
        }
        problems
    }

    /// What to say of the wrong cell in the wanted column `index` of the record at byte `record` of the page.
    fn problem(&self, page: Page<'_>, record: usize, index: usize, wrong: &Wrong) -> Problem {
        let field = self.layout.wanted[index].0;
        let name = &self.header.names()[field];
        let place = page.field(self.layout.delimiter, record, field);
        let as_text = format!("list the column in preprocess.categorical to read it as text: categorical = [\"auto\", \"{name}\"]");
        let as_missing = |cell: &str| format!("add {} to preprocess.na_values if it means missing", quote(cell));
        match wrong {
            Wrong::Missing => Problem::new(format!("column `{name}` needs a value in every row"))
                .at(place, "this cell is missing")
                .help("give it a value, or remove the row"),
            Wrong::NotNumber(cell) if is_not_finite(cell) => Problem::new(format!("{} is not a finite number", quote(cell)))
                .at(place, format!("in column `{name}`"))
                .help(as_missing(cell)),
            Wrong::NotNumber(cell) => Problem::new(format!("{} is not a number", quote(cell)))
                .at(place, format!("column `{name}` is read as numbers"))
                .help(format!("{}, or {as_text}", as_missing(cell))),
            Wrong::Mixed(cell) => {
                let (first, line) = self.columns[index].first.as_ref().expect("a mixed column has a first cell");
                let (label, odd): (_, &str) = match self.columns[index].sort {
                    Some(Sort::Number) => (format!("this is text, but {} on line {line} is a number", quote(first)), cell),
                    _ => (format!("this is a number, but {} on line {line} is text", quote(first)), first),
                };
                Problem::new(format!("column `{name}` mixes numbers and text"))
                    .at(place, label)
                    .help(format!("{as_text}; or {}", as_missing(odd)))
            }
            Wrong::LongText(cell) => Problem::new(format!("a text of {} bytes, more than {TEXT_BYTES_MAX}", cell.len()))
                .at(place, "too long for a category")
                .help("drop the column, or shorten its texts"),
            Wrong::TooManyTexts => Problem::new(format!("column `{name}` has more than {} distinct texts", self.limits.texts))
                .at(self.header.place(field), "too many for a category")
                .help(format!("it looks more like an identifier than a category: data.id = \"{name}\" keeps it beside the rows, data.drop = [\"{name}\"] leaves it out")),
        }
    }
}

/// Whether Rust reads a number that is infinite or none.
fn is_not_finite(cell: &str) -> bool {
    number(cell).is_some_and(|number| !number.is_finite())
}

/// Whether a cell is digits, a comma and digits, with a sign or not.
fn has_decimal_comma(cell: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let cell = cell.trim_matches([' ', '\t']);
    let cell = cell.strip_prefix(['-', '+']).unwrap_or(cell);
    cell.split_once(',').is_some_and(|(whole, fraction)| digits(whole) && digits(fraction))
}

/// Whether `codes` has for some code another one.
fn changes(codes: &[f64]) -> bool {
    codes.iter().enumerate().any(|(old, &new)| old as f64 != new)
}

impl Growing {
    fn new(reading: Reading, request: &ColumnRequest, limits: &Limits) -> Self {
        let sort = match reading {
            Reading::Number => Some(Sort::Number),
            Reading::Text => Some(Sort::Text),
            Reading::Either => None,
        };
        let texts_max = if request.role == Role::Id { limits.rows } else { limits.texts };
        Self { reading, missing: request.missing, texts_max, sort, first: None, dictionary: Dictionary::default(), faulty: false }
    }

    /// Takes in what the next piece holds: its first wrong cell, if any, with its record, and the new codes of its texts.
    fn unite(&mut self, findings: &mut Findings, line_of: &mut impl FnMut(usize) -> usize) -> (Option<(usize, Wrong)>, Vec<f64>) {
        let missing = findings.missing.filter(|_| self.missing == Missing::Refused).map(|record| (record, Wrong::Missing));
        let disagreeing = self.disagreeing(findings, line_of);
        let mut codes = Vec::new();
        let mut unfit = None;
        if self.sort == Some(Sort::Text) && disagreeing.is_none() {
            for (name, &record) in findings.dictionary.names().iter().zip(&findings.first_records) {
                if name.len() > TEXT_BYTES_MAX {
                    unfit = Some((record, Wrong::LongText(Box::from(&**name))));
                    break;
                }
                codes.push(f64::from(self.dictionary.code(name)));
                if self.dictionary.names().len() > self.texts_max {
                    unfit = Some((record, Wrong::TooManyTexts));
                    break;
                }
            }
        }
        let wrong = [missing, disagreeing, unfit].into_iter().flatten().min_by_key(|&(record, _)| record);
        (wrong, codes)
    }

    /// The first cell that is not of the column's kind, which the first cell of all decides if nobody did.
    fn disagreeing(&mut self, findings: &mut Findings, line_of: &mut impl FnMut(usize) -> usize) -> Option<(usize, Wrong)> {
        if self.sort.is_none() {
            let number = findings.number.as_ref().map(|seen| (seen, Sort::Number));
            let text = findings.text.as_ref().map(|seen| (seen, Sort::Text));
            if let Some((seen, sort)) = [number, text].into_iter().flatten().min_by_key(|(seen, _)| seen.record) {
                self.sort = Some(sort);
                self.first = Some((seen.text.clone(), line_of(seen.record)));
            }
        }
        let wrong = |seen: Seen, wrong: fn(Box<str>) -> Wrong| (seen.record, wrong(seen.text));
        let other = match (self.reading, self.sort) {
            (Reading::Number, _) => findings.text.take().map(|seen| wrong(seen, Wrong::NotNumber)),
            (Reading::Either, Some(Sort::Number)) => findings.text.take().map(|seen| wrong(seen, Wrong::Mixed)),
            (Reading::Either, Some(Sort::Text)) => findings.number.take().map(|seen| wrong(seen, Wrong::Mixed)),
            _ => None,
        };
        let not_finite = findings.not_finite.take().map(|seen| wrong(seen, Wrong::NotNumber));
        [not_finite, other].into_iter().flatten().min_by_key(|&(record, _)| record)
    }

    /// The sorted categories and each code's place among them, unless the column is numbers or has missing cells only.
    fn categories(&self) -> Option<(Vec<String>, Vec<f64>)> {
        (self.sort == Some(Sort::Text)).then(|| self.dictionary.sorted())
    }
}
