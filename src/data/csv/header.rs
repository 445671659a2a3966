//! The start of a file: byte order mark, delimiter and the columns' names.

use std::collections::BTreeMap;
use std::sync::Arc;

use csv::{ByteRecord, ReaderBuilder};

use super::limits::Limits;
use super::problems::Page;
use super::records::{Ending, Flaw, fields, first_line, line_ends, scan, skip_blank};
use super::source::Source;
use crate::data::table::Header;
use crate::diag::{Error, Problem, Problems};

const UTF8_MARK: &[u8] = b"\xef\xbb\xbf";
const UTF16_MARKS: [&[u8]; 2] = [b"\xff\xfe", b"\xfe\xff"];

/// The delimiters that are recognised; of two that are as frequent, the first.
const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];

/// How many columns with a name that was used before are shown.
const REPEATS_SHOWN_MAX: usize = 10;

/// A file whose header was read.
pub(super) struct Opening {
    pub(super) header: Header,
    pub(super) delimiter: u8,
    /// What was read of the file after the header's text.
    pub(super) rest: Unparsed,
}

/// A stretch of a file that is still to be parsed.
pub(super) struct Unparsed {
    pub(super) text: Vec<u8>,
    /// The number of its first line.
    pub(super) line: usize,
}

/// Reads as much of a file as its header needs.
///
/// # Errors
/// When there is none, or it is no right one.
pub(super) fn read(source: &mut Source, file: &Arc<str>, delimiter: Option<u8>, limits: &Limits) -> Result<Opening, Error> {
    let mut text = start(source, file, limits)?;
    let page = Page { file, text: &text, line: 1 };
    let start = skip_blank(&text, 0);
    if start == text.len() {
        return Err(Problem::new(format!("{file} is empty")).help("it needs a line with the columns' names, then the rows").into());
    }
    let line_end = first_line(&text, start);
    if line_end.is_none() && !source.ended() {
        return Err(page.flaw(Flaw::EndlessRecord, start).into());
    }
    let end = line_end.unwrap_or(text.len());
    let line = &text[start..end];
    let delimiter = delimiter.unwrap_or_else(|| detect(line));
    if let Some((flaw, at)) = scan(line, delimiter, Ending::Final, line.len()).flaw {
        return Err(page.flaw(flaw, start + at).into());
    }
    let names = names(page, start, end, delimiter, limits)?;
    // The text may begin with blank lines, so that the places' lines are counted right.
    let shown = String::from_utf8_lossy(text[..end].strip_suffix(b"\r").unwrap_or(&text[..end])).into();
    let header = Header::new(Arc::clone(file), shown, names, fields(&text[..end], delimiter, start).collect());
    refuse_repeats(&header)?;
    let line = 1 + line_ends(&text[..end]);
    text.drain(..end);
    Ok(Opening { header, delimiter, rest: Unparsed { text, line } })
}

/// The file's first blocks, without byte order mark, until they hold a whole line that is not blank.
fn start(source: &mut Source, file: &Arc<str>, limits: &Limits) -> Result<Vec<u8>, Error> {
    let mut text = Vec::new();
    while !source.ended() && text.len() < UTF8_MARK.len() {
        source.block(limits.block, &mut text)?;
    }
    if UTF16_MARKS.iter().any(|mark| text.starts_with(mark)) {
        let help = "convert it, for example with `iconv -f utf-16 -t utf-8`";
        return Err(Problem::new(format!("{file} is UTF-16, not UTF-8")).help(help).into());
    }
    if text.starts_with(UTF8_MARK) {
        text.drain(..UTF8_MARK.len());
    }
    while !source.ended() && text.len() <= limits.record && first_line(&text, skip_blank(&text, 0)).is_none() {
        source.block(limits.block, &mut text)?;
    }
    Ok(text)
}

/// The delimiter that is most frequent outside quotes, a comma if there is none.
fn detect(line: &[u8]) -> u8 {
    let mut counts = [0_usize; DELIMITERS.len()];
    let mut quoted = false;
    for &byte in line {
        quoted ^= byte == b'"';
        if !quoted && let Some(index) = DELIMITERS.iter().position(|&delimiter| delimiter == byte) {
            counts[index] += 1;
        }
    }
    let best = (0..DELIMITERS.len()).rev().max_by_key(|&index| counts[index]);
    DELIMITERS[best.expect("there are delimiters to choose from")]
}

/// The names in a header, which are the bytes from `start` to `end` of the page.
fn names(page: Page<'_>, start: usize, end: usize, delimiter: u8, limits: &Limits) -> Result<Vec<String>, Error> {
    // Counted before a name is kept: of bytes alone there can be millions.
    if fields(&page.text[..end], delimiter, start).nth(limits.columns).is_some() {
        let message = format!("{} has more than {} columns", page.file, limits.columns);
        return Err(Problem::new(message)
            .at(page.place(start..start + 1), "its header")
            .help("leave columns out, or check the delimiter")
            .into());
    }
    let mut reader = ReaderBuilder::new().has_headers(false).delimiter(delimiter).from_reader(&page.text[start..end]);
    let mut record = ByteRecord::new();
    reader.read_byte_record(&mut record).expect("bytes in memory can always be read");
    let name = |(index, field): (usize, &[u8])| match std::str::from_utf8(field) {
        Ok("") => Ok(format!("column_{}", index + 1)),
        Ok(name) => Ok(String::from(name)),
        Err(_) => Err(page.not_utf8(delimiter, start, index).into()),
    };
    record.iter().enumerate().map(name).collect()
}

/// # Errors
/// When two columns have one name.
fn refuse_repeats(header: &Header) -> Result<(), Error> {
    let mut first = BTreeMap::new();
    let mut problems = Vec::new();
    for (column, name) in header.names().iter().enumerate() {
        let earlier = *first.entry(name.as_str()).or_insert(column);
        if earlier != column && problems.len() < REPEATS_SHOWN_MAX {
            let problem = Problem::new(format!("two columns have the name `{name}`"))
                .at(header.place(column), "again here")
                .against(header.place(earlier), "first here")
                .help("give every column a name of its own");
            problems.push(problem);
        }
    }
    Problems::none_or(problems)
}
