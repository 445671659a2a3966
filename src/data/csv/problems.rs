//! Where in the file a mistake is, found only once there is one, and what to say about it.

use std::ops::Range;
use std::sync::Arc;

use memchr::{memchr, memrchr};

use super::records::{Flaw, fields, line_ends};
use crate::diag::{Place, Problem};

/// Lines of at most this many characters are kept whole, and shown as far as the terminal is wide.
const LINE_CHARS_MAX: usize = 4096;
/// Of a longer line: how many characters before the marked stretch are shown, of the stretch, and in all.
const BEFORE_CHARS: usize = 40;
const MARKED_CHARS: usize = 50;
const SHOWN_CHARS: usize = 120;
/// Longer cells are cut in messages.
const CELL_CHARS_MAX: usize = 40;

/// A stretch of a file that begins with a line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Page<'a> {
    /// The file's name.
    pub(super) file: &'a Arc<str>,
    /// The stretch.
    pub(super) text: &'a [u8],
    /// The number of its first line in the file, from 1.
    pub(super) line: usize,
}

impl Page<'_> {
    /// The number of the line on which the byte `at` lies.
    pub(super) fn line_of(&self, at: usize) -> usize {
        self.line + line_ends(&self.text[..at])
    }

    /// The place of some bytes, shown as the one line on which they begin.
    pub(super) fn place(&self, span: Range<usize>) -> Place {
        let start = memrchr(b'\n', &self.text[..span.start]).map_or(0, |at| at + 1);
        let rest = &self.text[span.start..];
        let line = &rest[..memchr(b'\n', rest).unwrap_or(rest.len())];
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        // The stretch may end inside a character.
        let inside = self.text[span.end.min(self.text.len())..].iter().take_while(|&&byte| byte & 0xc0 == 0x80).count();
        let (marked, after) = line.split_at((span.end + inside - span.start).min(line.len()));
        let [before, marked, after] = [&self.text[start..span.start], marked, after].map(String::from_utf8_lossy);
        let (window, span, cut) = window(&before, &marked, &after);
        Place::new(Arc::clone(self.file), window.into(), self.line_of(start), span).cut_before(cut)
    }

    /// The place of one field of the record that begins at `record`.
    pub(super) fn field(&self, delimiter: u8, record: usize, index: usize) -> Place {
        let end = record..record;
        self.place(fields(self.text, delimiter, record).nth(index).unwrap_or(end))
    }

    /// The problem of a file that is no CSV file from the byte `at` on.
    pub(super) fn flaw(&self, flaw: Flaw, at: usize) -> Problem {
        let whole = "RFC 4180 wants the whole field in quotes and each quote inside it doubled, as in \"a \"\"b\"\" c\"";
        let (message, label, help) = match flaw {
            Flaw::StrayQuote => ("a quote inside a field that does not begin with one", "this quote", whole),
            Flaw::TextAfterQuote => ("text after a closing quote", "the field was closed before this", whole),
            Flaw::LoneReturn => (
                "a carriage return that no line feed follows",
                "here",
                "end every line with LF or CR LF, or put the field that holds it in quotes",
            ),
            Flaw::OpenQuote => ("a quote is never closed", "opened here", whole),
            Flaw::EndlessRecord => {
                ("a record does not end within 64 MiB", "it begins here", "is this a CSV file, with one record per line?")
            }
        };
        Problem::new(message).at(self.place(at..at + 1), label).help(help)
    }

    /// The problem of a field that is not UTF-8.
    pub(super) fn not_utf8(&self, delimiter: u8, record: usize, index: usize) -> Problem {
        Problem::new("this is not UTF-8")
            .at(self.field(delimiter, record, index), "bytes that are no text in UTF-8")
            .help("convert the file, for example with `iconv -f latin1 -t utf-8`")
    }

    /// The problem of a record that has not as many fields as the header.
    pub(super) fn ragged(&self, delimiter: u8, record: usize, found: usize, wanted: usize) -> Problem {
        let index = found.min(wanted + 1) - 1;
        let (label, help) = if found > wanted {
            ("one field too many", "put a field that contains the delimiter in quotes")
        } else {
            ("the last field", "every row needs all columns; leave a cell empty where its value is missing")
        };
        Problem::new(format!("a row of {found} {} under a header of {wanted}", if found == 1 { "field" } else { "fields" }))
            .at(self.field(delimiter, record, index), label)
            .help(help)
    }
}

/// The line `before`, `marked`, `after`, cut to a window around the marked bytes if it is long; where they are in it; and how
/// many characters fewer stand before them.
fn window(before: &str, marked: &str, after: &str) -> (String, Range<usize>, usize) {
    let count = |text: &str| text.chars().count();
    let (before_chars, marked_chars) = (count(before), count(marked));
    let all_chars = before_chars + marked_chars + count(after);
    if all_chars <= LINE_CHARS_MAX {
        return (format!("{before}{marked}{after}"), before.len()..before.len() + marked.len(), 0);
    }
    let cut = before_chars.saturating_sub(BEFORE_CHARS);
    let mut shown: String = if cut == 0 { String::new() } else { String::from("…") };
    shown.extend(before.chars().skip(cut));
    let start = shown.len();
    shown.extend(marked.chars().take(MARKED_CHARS));
    let end = shown.len();
    if marked_chars <= MARKED_CHARS {
        shown.extend(after.chars().take(SHOWN_CHARS.saturating_sub(count(&shown))));
    }
    if cut + count(&shown) - usize::from(cut > 0) < all_chars {
        shown.push('…');
    }
    (shown, start..end, cut.saturating_sub(1))
}

/// A cell's text for use in a message: one line, not long.
pub(super) fn quote(cell: &str) -> String {
    let mut shown: String = cell.chars().take(CELL_CHARS_MAX).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if cell.chars().nth(CELL_CHARS_MAX).is_some() {
        shown.push('…');
    }
    format!("`{shown}`")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(text: &str, line: usize, span: Range<usize>) -> String {
        Page { file: &"a.csv".into(), text: text.as_bytes(), line }.place(span).position()
    }

    #[test]
    fn lines_are_counted_from_the_pages_first_and_columns_in_characters() {
        assert_eq!(place("a\nb,é,c\n", 5, 7..8), "a.csv:6:5");
        assert_eq!(place("a\n", 5, 0..1), "a.csv:5:1");
        assert_eq!(place("", 5, 0..0), "a.csv:5:1");
    }

    #[test]
    fn a_place_inside_a_long_line_keeps_its_column_and_shows_a_window() {
        let text = format!("{},ä,{}\n", "é".repeat(5000), "x".repeat(500));
        let file: Arc<str> = "a.csv".into();
        let page = Page { file: &file, text: text.as_bytes(), line: 9 };
        let place = page.field(b',', 0, 1);
        assert_eq!(place.position(), "a.csv:9:5002");
        let shown = crate::diag::Error::from(Problem::new("m").at(place, "here")).to_string();
        assert!(shown.contains("a.csv:9:5002") && shown.contains(",ä,xxx") && !shown.contains(&"x".repeat(121)), "{shown}");
    }

    #[test]
    fn a_window_is_cut_on_both_sides_of_its_stretch() {
        let (shown, span, cut) = window(&"b".repeat(5000), &"m".repeat(100), "a");
        assert_eq!(shown, format!("…{}{}…", "b".repeat(40), "m".repeat(50)));
        assert_eq!(&shown[span], "m".repeat(50));
        // 4960 characters are gone and one ellipsis stands for them.
        assert_eq!(cut, 4959);
        let (shown, span, _) = window(&"b".repeat(5000), "m", "a");
        assert_eq!((shown, span), (format!("…{}ma", "b".repeat(40)), 43..44));
    }
}
