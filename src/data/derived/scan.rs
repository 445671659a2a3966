//! A formula's text, cut into numbers, names and signs.

use std::ops::Range;

/// What a formula is written with.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// A finite number.
    Number(f64),
    /// A name without quotes, of a column or a function.
    Name(String),
    /// A column's name in quotes.
    Quoted(String),
    /// One of + - * /.
    Sign(char),
    /// An opening parenthesis.
    Open,
    /// A closing one.
    Close,
    /// What stands between a function's numbers.
    Comma,
}

/// A token, and where it stands, in bytes.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Scanned {
    pub token: Token,
    pub span: Range<usize>,
}

/// What makes no sense in a formula, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Flaw {
    /// The marked bytes of the formula.
    pub span: Range<usize>,
    /// What is wrong.
    pub message: String,
    /// The words under the mark.
    pub label: &'static str,
    /// The way out.
    pub help: &'static str,
}

impl Flaw {
    pub(super) fn new(span: Range<usize>, message: impl Into<String>, label: &'static str, help: &'static str) -> Self {
        Self { span, message: message.into(), label, help }
    }
}

/// The tokens of a formula.
///
/// # Errors
/// The first character that no token begins with, a number that is none, or a quote that is never closed.
pub(super) fn scan(text: &str) -> Result<Vec<Scanned>, Flaw> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        let length = match first {
            _ if first.is_whitespace() => {
                at += first.len_utf8();
                continue;
            }
            '\'' | '"' | '`' => rest[1..].find(first).map_or(rest.len(), |end| end + 2),
            '0'..='9' | '.' => number_length(rest),
            _ if begins_name(first) => rest.find(|c: char| !(begins_name(c) || c.is_numeric() || c == '.')).unwrap_or(rest.len()),
            _ => first.len_utf8(),
        };
        let span = at..at + length;
        tokens.push(Scanned { token: token(first, &rest[..length], span.clone())?, span });
        at += length;
    }
    Ok(tokens)
}

fn begins_name(c: char) -> bool {
    c.is_alphabetic() || c == '_'
}

/// How long the digits, letters and dots are that a text begins with, and the sign of an exponent.
fn number_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let is_inside = |at: usize| {
        let is_sign_of_exponent = matches!(bytes[at], b'+' | b'-') && matches!(bytes[at - 1], b'e' | b'E');
        bytes[at].is_ascii_alphanumeric() || matches!(bytes[at], b'.' | b'_') || is_sign_of_exponent
    };
    (1..bytes.len()).find(|&at| !is_inside(at)).unwrap_or(bytes.len())
}

fn token(first: char, text: &str, span: Range<usize>) -> Result<Token, Flaw> {
    match first {
        '+' | '-' | '*' | '/' => Ok(Token::Sign(first)),
        '(' => Ok(Token::Open),
        ')' => Ok(Token::Close),
        ',' => Ok(Token::Comma),
        '\'' | '"' | '`' if text.len() < 2 || !text.ends_with(first) => {
            Err(Flaw::new(span, "a quote is never closed", "opened here", "close it: a column's name stands between two quotes"))
        }
        '\'' | '"' | '`' if text.len() == 2 => Err(Flaw::new(span, "an empty name", "names no column", "write a column's name")),
        '\'' | '"' | '`' => Ok(Token::Quoted(text[1..text.len() - 1].to_owned())),
        '0'..='9' | '.' => match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Token::Number(number)),
            _ => {
                let help = "write it as 0.5, 12 or 1e-3, and a product with its sign: 2 * income; a column's name that begins with a digit stands in quotes";
                Err(Flaw::new(span, format!("`{text}` is not a number"), "can't be read", help))
            }
        },
        _ if begins_name(first) => Ok(Token::Name(text.to_owned())),
        _ => {
            let help = "a formula has numbers, columns, + - * / ( ) and abs, log, min, max; a column's name with other signs stands in quotes: 'credit amount'";
            Err(Flaw::new(span, format!("`{first}` has no meaning in a formula"), "this sign", help))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(text: &str) -> Vec<&str> {
        scan(text).expect("it has tokens").into_iter().map(|scanned| &text[scanned.span]).collect()
    }

    #[test]
    fn tokens_cover_what_is_no_blank() {
        assert_eq!(spans("-DAYS_BIRTH/365.25"), ["-", "DAYS_BIRTH", "/", "365.25"]);
        assert_eq!(spans(" min( é.1 ,1e-3)+2-'a b'"), ["min", "(", "é.1", ",", "1e-3", ")", "+", "2", "-", "'a b'"]);
        assert_eq!(spans("1e+2-3"), ["1e+2", "-", "3"]);
    }

    #[test]
    fn quotes_hold_any_other_sign() {
        assert_eq!(scan("'a\"b`'").expect("a name")[0].token, Token::Quoted("a\"b`".to_owned()));
        assert!(scan("'").is_err() && scan("'a\"").is_err());
    }

    #[test]
    fn other_alphabets_and_signs_are_no_panic() {
        for text in ["1é", "é1", "→", "a→b", "1\u{301}", "'é", "\u{feff}", "1e", "1e+", "."] {
            let _ = scan(text);
        }
        assert_eq!(scan("1é").expect("two tokens").len(), 2);
    }
}
