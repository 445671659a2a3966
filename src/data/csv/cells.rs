//! One piece of a file, parsed by itself: its cells, and what must be known to judge them together with other pieces.

use std::str::{Utf8Error, from_utf8};

use csv::{ByteRecord, ReaderBuilder};

use super::dictionary::Dictionary;
use super::records::skip_blank;

/// What the cells of a column may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// Numbers only.
    Number,
    /// Texts, whatever they look like.
    Text,
    /// All numbers or all texts.
    Either,
}

/// What is the same for all pieces of a file.
#[derive(Debug)]
pub(super) struct Layout<'a> {
    pub(super) delimiter: u8,
    /// How many fields every record has.
    pub(super) width: usize,
    /// The fields to read, ascending, and what they may be.
    pub(super) wanted: Vec<(usize, Reading)>,
    /// The texts that mean a missing cell.
    pub(super) na_values: &'a [String],
}

impl Layout<'_> {
    fn is_missing(&self, field: &[u8]) -> bool {
        self.na_values.iter().any(|value| value.as_bytes() == field)
    }
}

/// A cell, and the byte at which its record begins.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) record: usize,
    pub(super) text: Box<str>,
}

impl Seen {
    fn new(record: usize, text: &str) -> Option<Self> {
        Some(Self { record, text: text.into() })
    }
}

/// What a piece holds of one column.
#[derive(Debug, Default)]
pub(super) struct Findings {
    /// The first cell that is a finite number; unknown where everything is text.
    pub(super) number: Option<Seen>,
    /// The first cell that is not; unknown where everything is text.
    pub(super) text: Option<Seen>,
    /// The first cell that spells NaN or an infinity; looked for only where the kind follows from the cells.
    pub(super) not_finite: Option<Seen>,
    /// The record of the first missing cell.
    pub(super) missing: Option<usize>,
    /// The texts whose codes the cells are.
    pub(super) dictionary: Dictionary,
    /// The record in which each text came first.
    pub(super) first_records: Vec<usize>,
}

/// Why a piece could not be read to its end, and the record in which.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// A record of `found` fields.
    Ragged { record: usize, found: usize },
    /// The field `index` is not UTF-8.
    NotUtf8 { record: usize, index: usize },
}

/// A parsed piece.
#[derive(Debug)]
pub(super) struct Piece {
    pub(super) rows: usize,
    /// (rows, wanted columns): numbers, codes of the column's dictionary, NaN where missing or not to be used.
    pub(super) cells: Vec<f64>,
    /// One for each wanted column.
    pub(super) columns: Vec<Findings>,
    pub(super) stop: Option<Stop>,
}

/// Parses `text`, whose quotes are known to be right.
pub(super) fn parse(text: &[u8], layout: &Layout<'_>) -> Piece {
    let columns = layout.wanted.iter().map(|_| Findings::default()).collect();
    let mut piece = Piece { rows: 0, cells: Vec::new(), columns, stop: None };
    let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).delimiter(layout.delimiter).from_reader(text);
    let mut record = ByteRecord::new();
    while piece.stop.is_none() && reader.read_byte_record(&mut record).expect("bytes in memory can always be read, and lengths may differ")
    {
        // The reader counts blank lines, and the line feed of the CR LF before, to the record that follows.
        let position = record.position().expect("a record that was read has a position");
        let start = skip_blank(text, position.byte() as usize);
        piece.stop = row(&mut piece, &record, start, layout).err();
    }
    piece
}

/// Adds one row to the piece.
fn row(piece: &mut Piece, record: &ByteRecord, start: usize, layout: &Layout<'_>) -> Result<(), Stop> {
    if record.len() != layout.width {
        return Err(Stop::Ragged { record: start, found: record.len() });
    }
    for (findings, &(index, reading)) in piece.columns.iter_mut().zip(&layout.wanted) {
        let field = &record[index];
        let value = if layout.is_missing(field) {
            findings.missing.get_or_insert(start);
            f64::NAN
        } else {
            findings.cell(field, start, reading).map_err(|_| Stop::NotUtf8 { record: start, index })?
        };
        piece.cells.push(value);
    }
    piece.rows += 1;
    Ok(())
}

/// The number that a cell spells, which may be infinite or NaN. Blanks around it mean nothing, as tables padded to align have
/// them; a text keeps its blanks.
pub(super) fn number(text: &str) -> Option<f64> {
    text.trim_matches([' ', '\t']).parse().ok()
}

impl Findings {
    /// The number or code that stands for a cell.
    fn cell(&mut self, field: &[u8], record: usize, reading: Reading) -> Result<f64, Utf8Error> {
        let text = from_utf8(field)?;
        if reading != Reading::Text {
            let number = number(text);
            let (first, finite) = match number {
                Some(number) if number.is_finite() => (&mut self.number, Some(number)),
                // Of no kind: it must not make a column of such cells one of texts.
                Some(_) if reading == Reading::Either => (&mut self.not_finite, Some(f64::NAN)),
                _ => (&mut self.text, (reading == Reading::Number).then_some(f64::NAN)),
            };
            if first.is_none() {
                *first = Seen::new(record, text);
            }
            if let Some(cell) = finite {
                return Ok(cell);
            }
        }
        let code = self.dictionary.code(text);
        if code as usize == self.first_records.len() {
            self.first_records.push(record);
        }
        Ok(f64::from(code))
    }
}
