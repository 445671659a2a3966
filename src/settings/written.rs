//! A text as the user wrote it, so that what is wrong within it can be shown at its place.

use std::ops::Range;

use crate::diag::Place;

/// A text of a scenario and where it stands, quotes included.
#[derive(Clone, Debug)]
pub struct Written {
    text: String,
    place: Place,
}

impl Written {
    pub(super) fn new(text: String, place: Place) -> Self {
        Self { text, place }
    }

    /// The text, without its quotes.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Where it stands.
    pub fn place(&self) -> Place {
        self.place.clone()
    }

    /// Where the bytes `span` of the text stand; the whole text where that can't be said, as of
    /// one with a line end escaped, or of no bytes.
    pub fn place_within(&self, span: Range<usize>) -> Place {
        match offsets(self.place.marked(), &self.text) {
            Some(offsets) if span.end < offsets.len() && !span.is_empty() => self.place.part(offsets[span.start]..offsets[span.end]),
            _ => self.place.clone(),
        }
    }
}

/// For each byte of `text`, and its end, where it stands in `raw`, its TOML.
fn offsets(raw: &str, text: &str) -> Option<Vec<usize>> {
    let quote = ["\"\"\"", "'''", "\"", "'"].into_iter().find(|quote| raw.len() >= 2 * quote.len() && raw.starts_with(quote))?;
    let inside = raw.strip_prefix(quote)?.strip_suffix(quote)?;
    // A line end right behind three quotes is none of the text.
    let skipped = if quote.len() == 3 { inside.len() - inside.trim_start_matches('\r').trim_start_matches('\n').len() } else { 0 };
    let start = quote.len() + skipped;
    let inside = &inside[skipped..];
    let mut offsets = Vec::with_capacity(text.len() + 1);
    let mut at = 0;
    for c in text.chars() {
        offsets.extend(std::iter::repeat_n(start + at, c.len_utf8()));
        at += match inside.get(at..)?.strip_prefix('\\').filter(|_| quote.starts_with('"')) {
            None => c.len_utf8(),
            Some(escape) => match escape.chars().next()? {
                'u' => 6,
                'U' => 10,
                'x' => 4,
                '\r' | '\n' | ' ' | '\t' => return None,
                _ => 2,
            },
        };
    }
    offsets.push(start + at);
    (at == inside.len()).then_some(offsets)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(raw: &str, text: &str, span: Range<usize>) -> String {
        let line = format!("key = {raw}");
        let place = Place::new("s".into(), line.as_str().into(), 1, 6..line.len());
        Written::new(text.to_owned(), place).place_within(span).marked().to_owned()
    }

    #[test]
    fn a_part_is_found_behind_quotes_and_escapes() {
        assert_eq!(marked("\"a / b\"", "a / b", 4..5), "b");
        assert_eq!(marked("'a / b'", "a / b", 0..1), "a");
        assert_eq!(marked("\"\"\"\na / b\"\"\"", "a / b", 0..3), "a /");
        assert_eq!(marked(r#""\"é\" / b""#, "\"é\" / b", 7..8), "b");
        assert_eq!(marked(r#""\"é\" / b""#, "\"é\" / b", 0..4), r#"\"é\""#);
        assert_eq!(marked(r#""\u00e9 / b""#, "é / b", 0..2), r"\u00e9");
        assert_eq!(marked(r"'\ / b'", r"\ / b", 4..5), "b");
        assert_eq!(marked("\"\"", "", 0..0), "\"\"");
    }

    #[test]
    fn where_a_part_can_not_be_found_the_whole_is_marked() {
        let raw = "\"\"\"a \\\n  / b\"\"\"";
        assert_eq!(marked(raw, "a / b", 4..5), raw);
        assert_eq!(marked("a", "a / b", 4..5), "a");
    }
}
