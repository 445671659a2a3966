//! One piece of a file, parsed by itself: its cells, and what must be known to judge them together with other pieces.

use std::borrow::Cow;
use std::ops::Range;
use std::str::{Utf8Error, from_utf8};

use memchr::memchr3;

use super::decimal::decimal;
use super::dictionary::Dictionary;
use super::records::{fields, skip_blank};

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

    /// Whether a cell that spells a number can be nothing else.
    fn numbers_are_numbers(&self) -> bool {
        self.na_values.iter().all(|value| number(value).is_none())
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

/// Parses `text`, whose quotes are known to be right; `room` is memory for the cells.
pub(super) fn parse(text: &[u8], layout: &Layout<'_>, mut room: Vec<f64>) -> Piece {
    let columns = layout.wanted.iter().map(|_| Findings::default()).collect();
    room.clear();
    let mut piece = Piece { rows: 0, cells: room, columns, stop: None };
    let may_be_plain = layout.numbers_are_numbers();
    let mut ranges = Vec::with_capacity(layout.width);
    let mut start = skip_blank(text, 0);
    while start < text.len() {
        let quick = if may_be_plain { plain_row(&mut piece, text, start, layout) } else { None };
        let row = quick.map_or_else(|| row(&mut piece, text, start, layout, &mut ranges), Ok);
        match row {
            Ok(end) => {
                if piece.rows == 1 {
                    // The other rows will be about as long as the first.
                    piece.cells.reserve(layout.wanted.len() * (text.len() / (end - start).max(1) + 1));
                }
                start = skip_blank(text, end);
            }
            Err(stop) => {
                piece.stop = Some(stop);
                break;
            }
        }
    }
    piece
}

/// Adds a row that holds no surprise, as almost all don't, in one pass over its bytes: where it ends. `None`, and nothing
/// added, if a cell is quoted, missing, of another kind than those before, or a text that is new.
fn plain_row(piece: &mut Piece, text: &[u8], start: usize, layout: &Layout<'_>) -> Option<usize> {
    let before = piece.cells.len();
    piece.cells.resize(before + layout.wanted.len(), 0.0);
    let end = read_plain_row(&piece.columns, &mut piece.cells[before..], text, start, layout);
    match end {
        Some(_) => piece.rows += 1,
        None => piece.cells.truncate(before),
    }
    end
}

fn read_plain_row(columns: &[Findings], cells: &mut [f64], text: &[u8], start: usize, layout: &Layout<'_>) -> Option<usize> {
    let &Layout { delimiter, width, .. } = layout;
    let (mut at, mut field) = (start, 0);
    // Goes on to the next field, if the row has one.
    let next = |end: usize, field: &mut usize| {
        *field += 1;
        if *field == width { Some(end) } else { (*text.get(end)? == delimiter).then_some(end + 1) }
    };
    for ((findings, &(index, reading)), slot) in columns.iter().zip(&layout.wanted).zip(cells) {
        while field < index {
            at = next(plain_end(text, at, delimiter)?, &mut field)?;
        }
        let (cell, end) = findings.plain_cell(text, at, reading, layout)?;
        *slot = cell;
        at = next(end, &mut field)?;
    }
    while field < width {
        at = next(plain_end(text, at, delimiter)?, &mut field)?;
    }
    matches!(text.get(at), None | Some(b'\n' | b'\r')).then_some(at)
}

/// Where the field at `at` ends; `None` if it holds a quote.
#[inline]
fn plain_end(text: &[u8], at: usize, delimiter: u8) -> Option<usize> {
    let end = memchr3(delimiter, b'\n', b'"', &text[at..]).map_or(text.len(), |far| at + far);
    match text.get(end) {
        Some(b'"') => None,
        Some(b'\n') if end > at && text[end - 1] == b'\r' => Some(end - 1),
        _ => Some(end),
    }
}

/// Adds the row that begins at `start`: where it ends. `ranges` is room for its fields.
fn row(piece: &mut Piece, text: &[u8], start: usize, layout: &Layout<'_>, ranges: &mut Vec<Range<usize>>) -> Result<usize, Stop> {
    ranges.clear();
    ranges.extend(fields(text, layout.delimiter, start));
    if ranges.len() != layout.width {
        return Err(Stop::Ragged { record: start, found: ranges.len() });
    }
    for (findings, &(index, reading)) in piece.columns.iter_mut().zip(&layout.wanted) {
        let field = &*unquoted(&text[ranges[index].clone()]);
        let value = if layout.is_missing(field) {
            findings.missing.get_or_insert(start);
            f64::NAN
        } else {
            findings.cell(field, start, reading).map_err(|_| Stop::NotUtf8 { record: start, index })?
        };
        piece.cells.push(value);
    }
    piece.rows += 1;
    Ok(ranges.last().expect("a record has a field").end)
}

/// What a field says: without the quotes around it, and each quote inside them once.
fn unquoted(field: &[u8]) -> Cow<'_, [u8]> {
    let Some(inner) = field.strip_prefix(b"\"").and_then(|field| field.strip_suffix(b"\"")) else { return Cow::Borrowed(field) };
    if !inner.contains(&b'"') {
        return Cow::Borrowed(inner);
    }
    // Inside, quotes stand in pairs.
    let mut odd = false;
    let keeps = |byte: &u8| {
        odd = *byte == b'"' && !odd;
        !odd
    };
    Cow::Owned(inner.iter().copied().filter(keeps).collect())
}

/// The number that a cell spells, which may be infinite or NaN. Blanks around it mean nothing, as tables padded to align have
/// them; a text keeps its blanks.
pub(super) fn number(text: &str) -> Option<f64> {
    text.trim_matches([' ', '\t']).parse().ok()
}

impl Findings {
    /// The number or code of the cell at `at` and where it ends, if it is like the cells before.
    #[inline]
    fn plain_cell(&self, text: &[u8], at: usize, reading: Reading, layout: &Layout<'_>) -> Option<(f64, usize)> {
        if reading != Reading::Text && self.number.is_some() {
            return match decimal(text, at) {
                Some((value, end)) if text.get(end).is_none_or(|&next| next == layout.delimiter || next == b'\n') => Some((value, end)),
                _ => {
                    let (value, bytes): (f64, usize) = fast_float2::parse_partial(&text[at..]).ok()?;
                    value.is_finite().then_some((value, at + bytes))
                }
            };
        }
        let end = plain_end(text, at, layout.delimiter)?;
        let field = &text[at..end];
        // Where numbers are looked for, a text that is known is none.
        let code = if layout.is_missing(field) { None } else { self.dictionary.known(field) };
        code.map(|code| (f64::from(code), end))
    }

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
