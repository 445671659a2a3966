//! Reads a CSV file (RFC 4180, <https://www.rfc-editor.org/rfc/rfc4180>), gzipped or not, in parallel into one matrix.
//!
//! The file is read block by block. A quick scan finds where records end and cuts the block there into pieces, which are
//! parsed in parallel while the next block is read, and appended in the file's order. Neither the cuts nor the threads show
//! in the table or in a message, and memory holds the matrix and two blocks, never the file.

mod cells;
mod columns;
mod decimal;
mod dictionary;
mod header;
mod limits;
mod options;
mod problems;
mod records;
mod source;

#[cfg(test)]
mod tests;

pub use options::{ColumnRequest, Missing, Options, Role};

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use self::cells::{Layout, Reading};
use self::columns::Columns;
use self::header::{Opening, Unparsed};
use self::limits::{LIMITS, Limits};
use self::problems::Page;
use self::records::{Ending, Flaw, Scan};
use self::source::Source;
use super::table::{Header, Table};
use crate::diag::{Error, Problem};
use crate::numeric::digest::Hash;
use crate::numeric::reduce;

/// A file that was read.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// Its columns, but those skipped.
    pub table: Table,
    /// SHA-256 of the file's bytes as they lie on the disk, compressed or not.
    pub sha256: Hash,
}

/// As much is read after a flaw, so that its line is shown to its end or as far as a line is shown.
const LINE_SHOWN_BYTES: usize = 32 << 10;

/// Reads the file at `path`.
///
/// `choose` sees the header before any cell is read, and says how to read each of its columns.
///
/// # Errors
/// When the file can't be read, breaks the format, or holds cells that are not what their columns want: the first such cell
/// of every column is shown. And when `choose` fails.
///
/// # Panics
/// When `choose` does not answer for every column.
pub fn read(
    path: &Path,
    options: &Options<'_>,
    choose: impl FnOnce(&Header) -> Result<Vec<ColumnRequest>, Error>,
) -> Result<Loaded, Error> {
    read_within(&LIMITS, path, options, choose)
}

fn read_within(
    limits: &Limits,
    path: &Path,
    options: &Options<'_>,
    choose: impl FnOnce(&Header) -> Result<Vec<ColumnRequest>, Error>,
) -> Result<Loaded, Error> {
    if options.delimiter.is_some_and(|delimiter| !delimiter.is_ascii() || b"\"\r\n".contains(&delimiter)) {
        let problem = Problem::new("the delimiter must be one ASCII character, and no quote or line end");
        return Err(problem.help("leave it out to have it found").into());
    }
    let mut source = Source::open(path)?;
    match read_table(limits, path, &mut source, options, choose) {
        Ok(table) => Ok(Loaded { table, sha256: source.finish()? }),
        Err(error) => {
            source.check_rest()?;
            Err(error)
        }
    }
}

fn read_table(
    limits: &Limits,
    path: &Path,
    source: &mut Source,
    options: &Options<'_>,
    choose: impl FnOnce(&Header) -> Result<Vec<ColumnRequest>, Error>,
) -> Result<Table, Error> {
    let file: Arc<str> = path.display().to_string().into();
    let Opening { header, delimiter, rest } = header::read(source, &file, options.delimiter, limits)?;
    let requests = choose(&header)?;
    assert_eq!(requests.len(), header.names().len(), "every column has its request");
    let wanted: Vec<_> = requests.iter().enumerate().filter_map(|(index, request)| Some((index, reading(request.role)?))).collect();
    let wanted_requests: Vec<_> = wanted.iter().map(|&(index, _)| requests[index]).collect();
    let layout = Layout { delimiter, width: requests.len(), wanted, na_values: options.na_values };
    // A cell takes a byte at least.
    let mut columns = Columns::new(&header, &layout, &wanted_requests, limits, source.text_bytes_max());
    read_rows(limits, source, &layout, &file, rest, &mut columns)?;
    columns.finish(&file)
}

/// How the cells of a column are read, if they are.
fn reading(role: Role) -> Option<Reading> {
    match role {
        Role::Skip => None,
        Role::Infer => Some(Reading::Either),
        Role::Number => Some(Reading::Number),
        Role::Category | Role::Id => Some(Reading::Text),
    }
}

/// Appends all rows to `columns`: those in `rest`, then those in `source`.
fn read_rows(
    limits: &Limits,
    source: &mut Source,
    layout: &Layout<'_>,
    file: &Arc<str>,
    rest: Unparsed,
    columns: &mut Columns<'_>,
) -> Result<(), Error> {
    let Unparsed { mut text, mut line } = rest;
    let scan_block = |text: &[u8], source: &Source| records::scan(text, layout.delimiter, source.ending(), limits.piece);
    let mut ending = source.ending();
    let mut scan = scan_block(&text, source);
    // The next block, behind what this one leaves unfinished: two chunks of memory take turns, and so do the pieces' cells.
    let mut next = Vec::new();
    let mut rooms = Vec::new();
    loop {
        rooms.resize_with(scan.pieces.len(), Vec::new);
        let pieces = scan.pieces.iter().zip(rooms).collect();
        let parse = || reduce::consume(pieces, |(range, room): (&Range<usize>, _)| cells::parse(&text[range.clone()], layout, room));
        next.clear();
        next.extend_from_slice(&text[scan.complete..]);
        let read_ahead = || {
            let lines = records::line_ends(&text[..scan.complete]);
            let read = if ending == Ending::Open { source.block(limits.block, &mut next) } else { Ok(()) };
            (lines, read.map(|()| scan_block(&next, source)))
        };
        let (pieces, (lines, next_scan)) = reduce::both(parse, read_ahead);
        // What could not be read comes first: damaged bytes can look like damaged CSV.
        let next_scan = next_scan?;
        let page = Page { file, text: &text, line };
        rooms = columns.append(page, &scan.pieces, pieces)?;
        let unfinished_bytes = text.len() - scan.complete;
        let endless = ending == Ending::Open && unfinished_bytes > limits.record;
        if let Some((flaw, at)) = scan.flaw.or_else(|| endless.then(|| unfinished(&scan))) {
            text.extend_from_slice(&next[unfinished_bytes..]);
            while !source.ended() && text.len() < at + LINE_SHOWN_BYTES {
                source.block(limits.block, &mut text)?;
            }
            return columns.stop(Page { file, text: &text, line }.flaw(flaw, at));
        }
        if ending == Ending::Final {
            return Ok(());
        }
        line += lines;
        ending = source.ending();
        scan = next_scan;
        std::mem::swap(&mut text, &mut next);
    }
}

/// What is wrong with a record that goes on and on, and where.
fn unfinished(scan: &Scan) -> (Flaw, usize) {
    scan.open_quote.map_or((Flaw::EndlessRecord, scan.complete), |quote| (Flaw::OpenQuote, quote))
}
