//! What a TOML text holds, each value with its place, and the ledger that its tables are read into.

use std::collections::BTreeMap;

use super::question::Question;
use crate::diag::{Place, Problem};

/// A value with the place where the user wrote it.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub value: Value,
    pub place: Place,
}

#[derive(Clone, Debug)]
pub(super) enum Value {
    Boolean(bool),
    Integer(i128),
    Float(f64),
    Text(String),
    List(Vec<Node>),
    Table(Entries),
    Date,
}

pub(super) type Entries = BTreeMap<String, Member>;

/// A key's place and its value.
#[derive(Clone, Debug)]
pub(super) struct Member {
    pub key_place: Place,
    pub node: Node,
}

/// What reading a document has found so far.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    pub problems: Vec<Problem>,
    /// Table, key and value in canonical TOML, in the order of reading.
    pub resolved: Vec<(String, String, String)>,
    /// Everything that was asked for.
    pub asked: Vec<Question>,
    /// Keys that the user wrote and nobody asked for.
    pub unknown: Vec<(String, String, Place)>,
    /// Where the value of each dotted key stands.
    pub places: BTreeMap<String, Place>,
}

impl Ledger {
    /// What was asked for under this key.
    pub fn question(&mut self, table: &str, key: &str) -> Option<&mut Question> {
        self.asked.iter_mut().find(|question| question.key == key && question.table == table)
    }
}

/// How a table is called in a message.
pub(super) fn section(table: &str) -> String {
    // Items of a list are spoken of by the list's name.
    let table = table.trim_end_matches("[]");
    if table.is_empty() { "the scenario's first lines".to_owned() } else { format!("[{table}]") }
}

/// A longer word is not one of ours misspelt, and comparing it would take long.
const WORD_BYTES_MAX: usize = 100;

/// The known word that a misspelt one is nearest to, if any is near.
pub(super) fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    if word.len() > WORD_BYTES_MAX {
        return None;
    }
    let near = known.map(|known| (strsim::damerau_levenshtein(word, known), known)).min();
    near.filter(|(distance, known)| *distance <= (known.len().max(word.len()) / 3).max(1)).map(|(_, known)| known)
}
