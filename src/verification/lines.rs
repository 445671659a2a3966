//! The first line and column in which two files differ, found without holding either of them in memory.

use std::io::{self, BufRead, BufReader, Read};

use serde::Serialize;

/// Where two files differ first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LineDifference {
    /// The line, from 1, the header counted.
    pub line: u64,
    /// The name of the column; none if the lines have no such cells, or one file has ended.
    pub column: Option<String>,
    /// What stands there in the run; none if its file, or its line, has ended.
    pub run: Option<String>,
    /// What stands there in the other run.
    pub other: Option<String>,
}

/// The longest line that is held as a whole; of a longer one only pieces are compared.
const LINE_MAX: u64 = 1 << 20;

/// How much of a line without cells is told.
const SHOWN: usize = 80;

/// The first place where two files differ; `None` if they are the same bytes.
pub(super) fn first_difference(run: impl Read, other: impl Read) -> io::Result<Option<LineDifference>> {
    let (mut run, mut other) = (BufReader::new(run), BufReader::new(other));
    let (mut one, mut two) = (Vec::new(), Vec::new());
    let mut header: Option<Vec<String>> = None;
    let (mut line, mut is_start) = (1, true);
    loop {
        next_piece(&mut run, &mut one)?;
        next_piece(&mut other, &mut two)?;
        if one.is_empty() && two.is_empty() {
            return Ok(None);
        }
        if one != two {
            let is_whole = is_start && [&one, &two].iter().all(|piece| (piece.len() as u64) < LINE_MAX);
            return Ok(Some(if is_whole { in_cells(line, header.as_deref(), &one, &two) } else { at_large(line, &one, &two) }));
        }
        let ends = one.ends_with(b"\n");
        if line == 1 && is_start && ends {
            header = cells(&one);
        }
        is_start = ends;
        line += u64::from(ends);
    }
}

/// Reads to the line's end, or as far as a piece goes.
fn next_piece(reader: &mut impl BufRead, piece: &mut Vec<u8>) -> io::Result<usize> {
    piece.clear();
    reader.by_ref().take(LINE_MAX).read_until(b'\n', piece)
}

fn without_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// The cells of a line; `None` if it is not UTF-8.
fn cells(line: &[u8]) -> Option<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(without_end(line));
    let record = reader.records().next()?.ok()?;
    Some(record.iter().map(str::to_owned).collect())
}

/// Two lines that differ, or a line and the end of the other file.
fn in_cells(line: u64, header: Option<&[String]>, one: &[u8], two: &[u8]) -> LineDifference {
    if one.is_empty() || two.is_empty() {
        return at_large(line, one, two);
    }
    if without_end(one) == without_end(two) {
        let end = |line: &[u8]| {
            Some(
                if line.ends_with(b"\r\n") {
                    "CR LF"
                } else if line.ends_with(b"\n") {
                    "LF"
                } else {
                    "none"
                }
                .to_owned(),
            )
        };
        return LineDifference { line, column: Some("line ending".to_owned()), run: end(one), other: end(two) };
    }
    let (Some(these), Some(those)) = (cells(one), cells(two)) else { return at_large(line, one, two) };
    let Some(at) = (0..these.len().max(those.len())).find(|&at| these.get(at) != those.get(at)) else { return at_large(line, one, two) };
    let column = header.and_then(|names| names.get(at)).cloned();
    LineDifference { line, column, run: these.get(at).cloned(), other: those.get(at).cloned() }
}

/// Lines, or pieces of lines, from their first byte that differs.
fn at_large(line: u64, one: &[u8], two: &[u8]) -> LineDifference {
    let same = one.iter().zip(two).take_while(|(a, b)| a == b).count();
    let shown = |piece: &[u8]| {
        let rest = without_end(&piece[same..]);
        (!piece.is_empty()).then(|| String::from_utf8_lossy(&rest[..rest.len().min(SHOWN)]).into_owned())
    };
    LineDifference { line, column: None, run: shown(one), other: shown(two) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn difference(one: &[u8], two: &[u8]) -> Option<LineDifference> {
        first_difference(one, two).expect("both can be read")
    }

    fn at(line: u64, column: Option<&str>, run: Option<&str>, other: Option<&str>) -> Option<LineDifference> {
        Some(LineDifference { line, column: column.map(str::to_owned), run: run.map(str::to_owned), other: other.map(str::to_owned) })
    }

    #[test]
    fn the_first_cell_that_differs_is_named() {
        assert_eq!(difference(b"a,b\n1,2\n", b"a,b\n1,2\n"), None);
        assert_eq!(difference(b"", b""), None);
        assert_eq!(difference(b"a,b\n1,2\n3,4\n", b"a,b\n1,2\n3,5\n"), at(3, Some("b"), Some("4"), Some("5")));
        assert_eq!(difference(b"a,b\n\"x,y\",2\n", b"a,b\n\"x,y\",\n"), at(2, Some("b"), Some("2"), Some("")));
    }

    #[test]
    fn the_end_of_a_file_and_of_a_line_are_differences() {
        assert_eq!(difference(b"a\n1\n", b"a\n"), at(2, None, Some("1"), None));
        assert_eq!(difference(b"", b"a\n"), at(1, None, None, Some("a")));
        assert_eq!(difference(b"a,b\n1,2\n", b"a,b\n1\n"), at(2, Some("b"), Some("2"), None));
        assert_eq!(difference(b"a\n1\n", b"a\n1"), at(2, Some("line ending"), Some("LF"), Some("none")));
        assert_eq!(difference(b"a\r\n1\r\n", b"a\n1\n"), at(1, Some("line ending"), Some("CR LF"), Some("LF")));
    }

    #[test]
    fn bytes_that_are_no_text_and_endless_lines_are_borne() {
        assert_eq!(difference(b"a\n\xff\n", b"a\n1\n"), at(2, None, Some("\u{fffd}"), Some("1")));
        let long = vec![b'x'; 3 * LINE_MAX as usize];
        let mut longer = long.clone();
        longer[2 * LINE_MAX as usize + 5] = b'y';
        let found = difference(&long, &longer).expect("they differ");
        assert_eq!((found.line, found.column, found.other.map(|text| text.starts_with('y'))), (1, None, Some(true)));
    }
}
