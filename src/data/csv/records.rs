//! Where records and fields begin and end: an exact scan for RFC 4180's quotes (<https://www.rfc-editor.org/rfc/rfc4180>,
//! section 2, rules 5 to 7) that jumps from quote to quote, and from line to line only where a piece is to be cut.

use std::ops::Range;

use memchr::{memchr, memchr_iter, memrchr};

/// Whether more bytes follow the text at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// More bytes may follow, so the last record is not finished.
    Open,
    /// The file ends here.
    Final,
}

/// What breaks the format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flaw {
    /// A quote inside a field that does not begin with one.
    StrayQuote,
    /// Text between a field's closing quote and the next delimiter.
    TextAfterQuote,
    /// A carriage return outside quotes that no line feed follows.
    LoneReturn,
    /// A quote that is never closed.
    OpenQuote,
    /// A record that does not end within the limit.
    EndlessRecord,
}

/// What a scan of a text that begins with a record found.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Scan {
    /// How many bytes belong to finished records.
    pub(super) complete: usize,
    /// Those bytes, cut at ends of records; every piece but the last is at least as long as was asked.
    pub(super) pieces: Vec<Range<usize>>,
    /// The first flaw, which is in the record after the complete ones, and its byte.
    pub(super) flaw: Option<(Flaw, usize)>,
    /// The quote that is open at the end of the text.
    pub(super) open_quote: Option<usize>,
}

/// Finds the finished records of `text` and cuts them into pieces of about `piece` bytes.
pub(super) fn scan(text: &[u8], delimiter: u8, ending: Ending, piece: usize) -> Scan {
    let mut found = Scan { complete: 0, pieces: Vec::new(), flaw: None, open_quote: None };
    let mut cut = 0;
    let mut at = 0;
    loop {
        let quote = memchr(b'"', &text[at..]).map(|far| at + far);
        let outside = at..quote.unwrap_or(text.len());
        let lone = lone_return(text, outside.clone());
        let trusted = outside.start..lone.unwrap_or(outside.end);
        if let Some(far) = memrchr(b'\n', &text[trusted.clone()]) {
            found.complete = trusted.start + far + 1;
        }
        while let Some(end) = line_end(text, (cut + piece.max(1) - 1).max(trusted.start)..trusted.end) {
            found.pieces.push(cut..end);
            cut = end;
        }
        found.flaw = lone.map(|byte| (Flaw::LoneReturn, byte));
        let Some(open) = quote.filter(|_| found.flaw.is_none()) else { break };
        match quoted(text, delimiter, open, ending) {
            Quoted::Until(after) => at = after,
            Quoted::Unfinished => {
                found.open_quote = Some(open);
                break;
            }
            Quoted::Flawed(flaw, byte) => {
                found.flaw = Some((flaw, byte));
                break;
            }
        }
    }
    if ending == Ending::Final && found.flaw.is_none() {
        found.complete = text.len();
    }
    if cut < found.complete {
        found.pieces.push(cut..found.complete);
    }
    found
}

/// The byte after the first line feed of `range`, which may be upside down and is then empty.
fn line_end(text: &[u8], range: Range<usize>) -> Option<usize> {
    let start = range.start;
    memchr(b'\n', text.get(range)?).map(|far| start + far + 1)
}

/// The first carriage return of `outside` that stands alone. One that ends the text does not, for its line feed may follow.
fn lone_return(text: &[u8], outside: Range<usize>) -> Option<usize> {
    memchr_iter(b'\r', &text[outside.clone()])
        .map(|far| outside.start + far)
        .find(|&at| text.get(at + 1).is_some_and(|&next| next != b'\n'))
}

enum Quoted {
    /// The field ends before this byte.
    Until(usize),
    /// The text ends before the field does.
    Unfinished,
    Flawed(Flaw, usize),
}

/// Follows the field whose first quote is at `open`.
fn quoted(text: &[u8], delimiter: u8, open: usize, ending: Ending) -> Quoted {
    if open > 0 && text[open - 1] != delimiter && text[open - 1] != b'\n' {
        return Quoted::Flawed(Flaw::StrayQuote, open);
    }
    let Some(after) = after_quotes(text, open) else {
        return if ending == Ending::Final { Quoted::Flawed(Flaw::OpenQuote, open) } else { Quoted::Unfinished };
    };
    match text.get(after) {
        None if ending == Ending::Open => Quoted::Unfinished,
        None => Quoted::Until(after),
        Some(&next) if next == delimiter || next == b'\n' || next == b'\r' => Quoted::Until(after),
        Some(_) => Quoted::Flawed(Flaw::TextAfterQuote, after),
    }
}

/// The byte after the quote that closes the one at `open`; doubled quotes don't.
fn after_quotes(text: &[u8], open: usize) -> Option<usize> {
    let mut at = open + 1;
    loop {
        at += memchr(b'"', &text[at..])? + 1;
        if text.get(at) != Some(&b'"') {
            return Some(at);
        }
        at += 1;
    }
}

/// The bytes of the fields of the record at `start` of a text that a scan found right, quotes included.
pub(super) fn fields(text: &[u8], delimiter: u8, start: usize) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut next = Some(start);
    std::iter::from_fn(move || {
        let from = next?;
        let closed = if text.get(from) == Some(&b'"') { after_quotes(text, from).unwrap_or(text.len()) } else { from };
        let rest = &text[closed..];
        let end = closed + rest.iter().position(|&byte| byte == delimiter || byte == b'\n' || byte == b'\r').unwrap_or(rest.len());
        next = (text.get(end) == Some(&delimiter)).then_some(end + 1);
        Some(from..end)
    })
}

/// The first byte at or after `at` that does not belong to a blank line.
pub(super) fn skip_blank(text: &[u8], at: usize) -> usize {
    at + text[at..].iter().take_while(|&&byte| byte == b'\n' || byte == b'\r').count()
}

/// The end of the record at `start`, without its line end: the first line feed outside quotes, where every quote opens or
/// closes. Right for every delimiter, which need not be known, but only if the quotes are.
pub(super) fn first_line(text: &[u8], start: usize) -> Option<usize> {
    let mut quoted = false;
    memchr::memchr2_iter(b'"', b'\n', &text[start..])
        .map(|far| start + far)
        .find(|&at| {
            quoted ^= text[at] == b'"';
            text[at] == b'\n' && !quoted
        })
        .map(|end| if end > start && text[end - 1] == b'\r' { end - 1 } else { end })
}

/// How many lines end in `text`.
pub(super) fn line_ends(text: &[u8]) -> usize {
    memchr_iter(b'\n', text).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scanned(text: &str, ending: Ending) -> Scan {
        scan(text.as_bytes(), b',', ending, 1)
    }

    #[test]
    fn records_end_at_line_feeds_outside_quotes() {
        //                    0123 4567 89
        let found = scanned("a,b\n\"c\n\"\nd", Ending::Open);
        assert_eq!((found.complete, found.pieces), (9, vec![0..4, 4..9]));
        assert_eq!(scanned("a\nb", Ending::Final).pieces, [0..2, 2..3]);
        assert!(scanned("", Ending::Final).pieces.is_empty());
    }

    #[test]
    fn pieces_are_as_long_as_asked_and_never_cut_a_record() {
        let text = "aa\nbb\n\"\n\n\n\"\ncc\n";
        //          0   3   6            12  15
        assert_eq!(scan(text.as_bytes(), b',', Ending::Final, 4).pieces, [0..6, 6..12, 12..15]);
        assert_eq!(scan(text.as_bytes(), b',', Ending::Final, 7).pieces, [0..12, 12..15]);
        assert_eq!(scan(text.as_bytes(), b',', Ending::Final, 100).pieces, vec![0..15; 1]);
    }

    #[test]
    fn every_flaw_is_found_at_its_byte() {
        for (text, flaw) in [
            ("a\nb\"c\"\n", (Flaw::StrayQuote, 3)),
            ("a\n\"b\" \n", (Flaw::TextAfterQuote, 5)),
            ("a\n\"b\"c\"\n", (Flaw::TextAfterQuote, 5)),
            ("a\nb\rc\n", (Flaw::LoneReturn, 3)),
            ("a\nb\r\"c\"\n", (Flaw::LoneReturn, 3)),
            ("a\n\"b\n\"\"c\n", (Flaw::OpenQuote, 2)),
            ("a\n\"", (Flaw::OpenQuote, 2)),
        ] {
            let found = scanned(text, Ending::Final);
            assert_eq!((found.flaw, found.complete), (Some(flaw), 2), "{text:?}");
        }
    }

    #[test]
    fn what_may_still_become_right_is_no_flaw_yet() {
        for text in ["a\n\"b", "a\n\"b\"", "a\nb\r", "a\n\"b\"\r"] {
            let found = scanned(text, Ending::Open);
            assert_eq!((found.flaw, found.complete), (None, 2), "{text:?}");
        }
    }

    #[test]
    fn fields_end_at_delimiters_outside_quotes() {
        let text = b"\"a,\"\"\n\",,b\r\nc";
        assert_eq!(fields(text, b',', 0).collect::<Vec<_>>(), [0..7, 8..8, 9..10]);
        assert!(fields(text, b',', 12).eq(std::iter::once(12..13)));
    }
}
