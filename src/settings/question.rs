//! What a reader asked a document for: each key with what it may hold, whether it must be there, and what it is if it isn't. The
//! schema is made of these, so that it knows what the reader knows.

use std::ops::RangeInclusive;

use super::limit::Limit;

/// A key that was asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// The table's dotted name; empty for the outermost, ending in `[]` for the tables of a list.
    pub table: String,
    /// The key.
    pub key: String,
    /// What it may hold; `None` if it was asked for to be refused.
    pub shape: Option<Shape>,
    /// Whether it must be there.
    pub required: bool,
    /// What it was taken for where it was absent, in TOML.
    pub default: Option<String>,
}

/// What a key may hold.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// One of these words.
    Words(Vec<&'static str>),
    /// A number.
    Number(Limit),
    /// One of these words, or a number.
    WordsOrNumber(Vec<&'static str>, Limit),
    /// A whole number.
    Whole(RangeInclusive<usize>),
    /// `true` or `false`.
    Truth,
    /// A text that is not empty.
    Text,
    /// A list of texts.
    Texts,
    /// A text or a list of texts.
    TextOrTexts,
    /// A list of whole numbers.
    Wholes(RangeInclusive<usize>),
    /// Two numbers.
    Pair(Limit),
    /// Names of the user's own, each with one of these words.
    WordsByName(Vec<&'static str>),
    /// Names of the user's own, each with a text.
    TextsByName,
    /// Names of the user's own, each with a list of numbers.
    NumbersByName(Limit),
    /// A table.
    Table,
    /// A list of tables.
    Tables,
}

impl Shape {
    pub(super) fn words<T>(words: &[(&'static str, T)]) -> Vec<&'static str> {
        words.iter().map(|(word, _)| *word).collect()
    }
}
