//! One table of the scenario: asks for keys, and remembers what was asked, what was wrong and what holds.

use std::cell::RefCell;
use std::ops::RangeInclusive;
use std::rc::Rc;

use super::canonical::{float, quote, show};
use super::limit::Limit;
use super::question::{Question, Shape};
use super::values::{Entries, Ledger, Member, Node, Value, nearest, section};
use crate::diag::{Place, Problem};

/// A key that takes a word of a list, or a number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scalar<T> {
    /// One of the words.
    Word(T),
    /// A number within the limit.
    Number(f64),
}

/// A table that is being read. Each method asks for one key, once.
#[derive(Debug)]
pub struct Table {
    path: String,
    place: Place,
    pub(super) entries: Entries,
    ledger: Rc<RefCell<Ledger>>,
    /// Set once `kind` was wrong: which keys are unknown can't be said then.
    kind_is_wrong: bool,
}

impl Table {
    pub(super) fn new(path: String, place: Place, entries: Entries, ledger: Rc<RefCell<Ledger>>) -> Self {
        Self { path, place, entries, ledger, kind_is_wrong: false }
    }

    /// Which of `kinds` the key `kind` names, the first if it is absent or wrong.
    ///
    /// # Panics
    /// If there is no kind.
    pub fn kind(&mut self, kinds: &[&'static str]) -> &'static str {
        let words: Vec<(&'static str, &'static str)> = kinds.iter().map(|kind| (*kind, *kind)).collect();
        let before = self.ledger.borrow().problems.len();
        let kind = self.word("kind", kinds[0], &words);
        self.kind_is_wrong = self.ledger.borrow().problems.len() > before;
        kind
    }

    /// One of `words`, by default `default`; what the chosen word stands for.
    ///
    /// # Panics
    /// If `default` is not one of the words.
    pub fn word<T: Copy>(&mut self, key: &str, default: &str, words: &[(&'static str, T)]) -> T {
        self.word_or(key, default, words, "")
    }

    /// The same where something else, said by `or`, would do as well.
    fn word_or<T: Copy>(&mut self, key: &str, default: &str, words: &[(&'static str, T)], or: &str) -> T {
        let fallback = words.iter().find(|(word, _)| *word == default).expect("the default is one of the words").1;
        match self.take(key, || Shape::Words(Shape::words(words))) {
            None => self.resolve_as(key, quote(default), fallback),
            Some(Node { value: Value::Text(text), place }) => match words.iter().find(|(word, _)| *word == text) {
                Some((word, meaning)) => self.resolve_as(key, quote(word), *meaning),
                None => self.refuse_word(key, (&text, place), words, or, fallback),
            },
            Some(node) => self.refuse_type(key, &node, &(list_words(words) + or), fallback),
        }
    }

    /// One of `words`, or a number within `limit`; by default the word `default`.
    ///
    /// # Panics
    /// If `default` is not one of the words.
    pub fn word_or_number<T: Copy>(&mut self, key: &str, default: &str, words: &[(&'static str, T)], limit: Limit) -> Scalar<T> {
        self.note_asked(key, || Some(Shape::WordsOrNumber(Shape::words(words), limit)));
        match self.entries.get(key).map(|member| &member.node.value) {
            Some(Value::Integer(_) | Value::Float(_)) => Scalar::Number(self.number(key, 0.0, limit)),
            _ => Scalar::Word(self.word_or(key, default, words, &format!(" or {}", limit.words()))),
        }
    }

    /// A number within `limit`.
    pub fn number(&mut self, key: &str, default: f64, limit: Limit) -> f64 {
        let Some(node) = self.take(key, || Shape::Number(limit)) else { return self.resolve_as(key, float(default), default) };
        let number = match node.value {
            Value::Integer(number) => number as f64,
            Value::Float(number) => number,
            _ => return self.refuse_type(key, &node, limit.words(), default),
        };
        if number.is_finite() && limit.holds(number) {
            return self.resolve_as(key, float(number), number);
        }
        self.push(Problem::new(format!("`{key}` is out of range")).at(node.place, format!("must be {}", limit.words())));
        default
    }

    /// A whole number within `range`.
    pub fn count(&mut self, key: &str, default: usize, range: RangeInclusive<usize>) -> usize {
        self.optional_whole(key, &range).map_or_else(|| self.resolve_as(key, default.to_string(), default), |number| number as usize)
    }

    /// A whole number within `range` that must be there.
    pub fn required_count(&mut self, key: &str, range: RangeInclusive<usize>) -> usize {
        if !self.is_given(key) {
            self.missing(key);
        }
        let number = self.optional_whole(key, &range);
        self.note_required(key);
        number.map_or(*range.start(), |number| number as usize)
    }

    /// A whole number that may be absent.
    pub fn optional_count(&mut self, key: &str, range: RangeInclusive<usize>) -> Option<usize> {
        self.optional_whole(key, &range).map(|number| number as usize)
    }

    /// A seed.
    pub fn seed(&mut self, key: &str, default: u64) -> u64 {
        self.optional_seed(key).unwrap_or_else(|| self.resolve_as(key, default.to_string(), default))
    }

    /// A seed, which may be absent.
    pub fn optional_seed(&mut self, key: &str) -> Option<u64> {
        self.optional_whole(key, &(0..=usize::MAX))
    }

    fn optional_whole(&mut self, key: &str, range: &RangeInclusive<usize>) -> Option<u64> {
        let node = self.take(key, || Shape::Whole(range.clone()))?;
        let words = match (*range.start(), *range.end()) {
            (low, usize::MAX) => format!("a whole number from {low} to 2^64 - 1"),
            (low, high) => format!("a whole number from {low} to {high}"),
        };
        let Value::Integer(number) = node.value else { return self.refuse_type(key, &node, &words, None) };
        match usize::try_from(number).ok().filter(|number| range.contains(number)) {
            Some(number) => self.resolve_as(key, number.to_string(), Some(number as u64)),
            None => {
                self.push(Problem::new(format!("`{key}` is out of range")).at(node.place, format!("must be {words}")));
                None
            }
        }
    }

    /// `true` or `false`.
    pub fn truth(&mut self, key: &str, default: bool) -> bool {
        match self.take(key, || Shape::Truth) {
            None => self.resolve_as(key, default.to_string(), default),
            Some(Node { value: Value::Boolean(truth), .. }) => self.resolve_as(key, truth.to_string(), truth),
            Some(node) => self.refuse_type(key, &node, "true or false", default),
        }
    }

    /// A text that must be there and not be empty.
    pub fn required_text(&mut self, key: &str) -> String {
        if !self.is_given(key) {
            self.missing(key);
        }
        let text = self.optional_text(key);
        self.note_required(key);
        text.unwrap_or_default()
    }

    /// A text that may be absent, but not empty.
    pub fn optional_text(&mut self, key: &str) -> Option<String> {
        let node = self.take(key, || Shape::Text)?;
        match node.value {
            Value::Text(text) if !text.is_empty() => self.resolve_as(key, quote(&text), Some(text)),
            Value::Text(_) => {
                self.push(Problem::new(format!("`{key}` is empty")).at(node.place, "must be a text of at least one character"));
                None
            }
            _ => self.refuse_type(key, &node, "a text in quotes", None),
        }
    }

    /// The sub-table `key`, empty if it is absent. Finish it before asking for the next.
    pub fn table(&mut self, key: &str) -> Table {
        let path = self.dotted(key);
        let (place, entries) = match self.take(key, || Shape::Table) {
            None => (self.place.clone(), Entries::new()),
            Some(Node { value: Value::Table(entries), place }) => (place, entries),
            Some(node) => {
                self.refuse_type(key, &node, &format!("a table: [{path}]"), ());
                (node.place, Entries::new())
            }
        };
        Table::new(path, place, entries, Rc::clone(&self.ledger))
    }

    /// The tables of the list `key`, none if it is absent; the list is written down as the user gave it.
    pub fn tables(&mut self, key: &str) -> Vec<Table> {
        let Some(node) = self.take(key, || Shape::Tables) else { return Vec::new() };
        let Value::List(items) = &node.value else { return self.refuse_type(key, &node, "a list of tables", Vec::new()) };
        self.resolve_as(key, show(&node.value), ());
        let mut tables = Vec::new();
        for item in items {
            match &item.value {
                Value::Table(entries) => {
                    // Keys of list items are part of the list's own text and so are not written down a second time.
                    let path = format!("{}[]", self.dotted(key));
                    tables.push(Table::new(path, item.place.clone(), entries.clone(), Rc::clone(&self.ledger)));
                }
                _ => self.refuse_type(key, item, "a table in braces", ()),
            }
        }
        tables
    }

    /// Whether the user wrote the key.
    pub fn is_given(&self, key: &str) -> bool {
        self.entries.contains_key(key)
    }

    /// The text that the user wrote for a key of a table within, before that is read.
    pub fn peek(&self, table: &str, key: &str) -> Option<&str> {
        let Value::Table(entries) = &self.entries.get(table)?.node.value else { return None };
        let Value::Text(text) = &entries.get(key)?.node.value else { return None };
        Some(text)
    }

    /// Whether the user wrote a table for the key.
    pub fn is_table(&self, key: &str) -> bool {
        self.entries.get(key).is_some_and(|member| matches!(member.node.value, Value::Table(_)))
    }

    /// Refuses a key, if it was written, that means nothing beside the others; `why` says so.
    pub fn refuse_if_given(&mut self, key: &str, why: &str) {
        self.note_asked(key, || None);
        if let Some(node) = self.remove(key) {
            self.push(Problem::new(format!("`{key}` has no meaning here")).at(node.place, why).help(format!("take `{key}` out")));
        }
    }

    /// A number within `limit` that must be there, or `problem` is told and `fallback` taken.
    pub fn required_number(&mut self, key: &str, fallback: f64, limit: Limit, problem: Problem) -> f64 {
        self.note_asked(key, || Some(Shape::Number(limit)));
        self.note_required(key);
        if !self.is_given(key) {
            self.push(problem);
            return fallback;
        }
        self.number(key, fallback, limit)
    }

    /// Where the table starts.
    pub fn place(&self) -> Place {
        self.place.clone()
    }

    /// Where the key's value stands if the user wrote it, else where the table starts.
    pub fn place_of(&self, key: &str) -> Place {
        self.ledger.borrow().places.get(&self.dotted(key)).cloned().unwrap_or_else(|| self.place.clone())
    }

    /// Adds a problem that a rule over several keys found; one that names a key is shown at the key, or where the table
    /// starts if the key was left at its default.
    pub fn push(&self, problem: Problem) {
        let mut ledger = self.ledger.borrow_mut();
        let located = problem.located(|key| Some(ledger.places.get(key).unwrap_or(&self.place).clone()));
        ledger.problems.push(located);
    }

    /// Ends the table: what the user wrote in it and nobody asked for is unknown.
    pub fn finish(self) {
        if self.kind_is_wrong {
            return;
        }
        let mut ledger = self.ledger.borrow_mut();
        for (key, Member { key_place, .. }) in self.entries {
            ledger.unknown.push((self.path.clone(), key, key_place));
        }
    }

    pub(super) fn take(&mut self, key: &str, shape: impl FnOnce() -> Shape) -> Option<Node> {
        self.note_asked(key, || Some(shape()));
        self.remove(key)
    }

    fn remove(&mut self, key: &str) -> Option<Node> {
        let Member { node, .. } = self.entries.remove(key)?;
        let dotted = self.dotted(key);
        self.ledger.borrow_mut().places.insert(dotted, node.place.clone());
        Some(node)
    }

    pub(super) fn note_asked(&self, key: &str, shape: impl FnOnce() -> Option<Shape>) {
        let mut ledger = self.ledger.borrow_mut();
        match ledger.question(&self.path, key) {
            // What is asked for in two ways is no longer refused.
            Some(Question { shape: known @ None, .. }) => *known = shape(),
            Some(_) => {}
            None => {
                let question = Question { table: self.path.clone(), key: key.to_owned(), shape: shape(), required: false, default: None };
                ledger.asked.push(question);
            }
        }
    }

    pub(super) fn note_required(&self, key: &str) {
        if let Some(question) = self.ledger.borrow_mut().question(&self.path, key) {
            question.required = true;
        }
    }

    fn dotted(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    pub(super) fn missing(&self, key: &str) {
        let message = format!("missing key `{key}` in {}", section(&self.path));
        self.push(Problem::new(message).at(self.place.clone(), format!("`{key}` must be set")));
    }

    /// Writes the key down as it holds, and gives `value` back.
    pub(super) fn resolve_as<T>(&self, key: &str, text: String, value: T) -> T {
        let mut ledger = self.ledger.borrow_mut();
        if !ledger.places.contains_key(&self.dotted(key))
            && let Some(question) = ledger.question(&self.path, key)
        {
            question.default = Some(text.clone());
        }
        if !self.path.ends_with("[]") {
            ledger.resolved.push((self.path.clone(), key.to_owned(), text));
        }
        value
    }

    pub(super) fn refuse_type<T>(&self, key: &str, node: &Node, wanted: &str, fallback: T) -> T {
        let found = match node.value {
            Value::Boolean(_) => "a truth value",
            Value::Integer(_) => "a whole number",
            Value::Float(_) => "a number",
            Value::Text(_) => "a text",
            Value::List(_) => "a list",
            Value::Table(_) => "a table",
            Value::Date => "a date",
        };
        let message = format!("`{key}` in {} has the wrong type", section(&self.path));
        self.push(Problem::new(message).at(node.place.clone(), format!("must be {wanted}, not {found}")));
        fallback
    }

    pub(super) fn refuse_word<T: Copy>(&self, key: &str, written: (&str, Place), words: &[(&'static str, T)], or: &str, fallback: T) -> T {
        let (text, place) = written;
        let message = format!("unknown `{key}` \"{text}\" in {}", section(&self.path));
        let problem = Problem::new(message).at(place, format!("must be {}{or}", list_words(words)));
        let near = nearest(text, words.iter().map(|(word, _)| *word));
        self.push(match near {
            Some(near) => problem.help(format!("did you mean \"{near}\"?")),
            None => problem,
        });
        fallback
    }
}

fn list_words<T>(words: &[(&'static str, T)]) -> String {
    words.iter().map(|(word, _)| format!("\"{word}\"")).collect::<Vec<_>>().join(" or ")
}
