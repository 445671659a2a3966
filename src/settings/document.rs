//! A TOML text with its overrides, its values' places, and the ledger that all its tables write into.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

use toml::de::{DeTable, DeValue};

use super::question::Question;
use super::table::Table;
use super::values::{Entries, Ledger, Member, Node, Value, nearest, section};
use crate::diag::{Error, PROBLEMS_SHOWN_MAX, Place, Problem, Problems};

/// A text of the user's and the name to show it under.
#[derive(Clone, Debug)]
pub struct Source {
    name: Arc<str>,
    text: Arc<str>,
}

impl Source {
    /// A text shown under `name`.
    pub fn new(name: &str, text: &str) -> Self {
        Self { name: name.into(), text: text.into() }
    }

    fn place(&self, span: Range<usize>) -> Place {
        Place::new(Arc::clone(&self.name), Arc::clone(&self.text), 1, span)
    }
}

/// A parsed TOML text, overrides applied.
#[derive(Debug)]
pub struct Document {
    entries: Entries,
    start: Place,
    ledger: Rc<RefCell<Ledger>>,
}

/// What a document was asked for; it outlives the document.
#[derive(Debug)]
pub struct Interview(Rc<RefCell<Ledger>>);

impl Interview {
    /// Each key once, in the order of reading.
    pub fn questions(&self) -> Vec<Question> {
        self.0.borrow().asked.clone()
    }
}

/// What is left of a document that was read without a mistake.
#[derive(Clone, Debug)]
pub struct Resolved {
    entries: Vec<(String, String, String)>,
    places: BTreeMap<String, Place>,
}

impl Document {
    /// Parses `source` and lays each `overrides` entry (`table.key=value`, shown under its own name) over it.
    ///
    /// # Errors
    /// All syntax errors, each at its place.
    pub fn parse(source: &Source, overrides: &[Source]) -> Result<Self, Error> {
        let mut problems = Vec::new();
        let mut entries = parse_entries(source, &mut problems);
        for over in overrides {
            merge(&mut entries, parse_override(over, &mut problems));
        }
        Problems::none_or(problems)?;
        Ok(Self { entries, start: source.place(0..0), ledger: Rc::default() })
    }

    /// The outermost table.
    pub fn root(&self) -> Table {
        Table::new(String::new(), self.start.clone(), self.entries.clone(), Rc::clone(&self.ledger))
    }

    /// Tells, once the document was read, what it was asked for.
    pub fn interview(&self) -> Interview {
        Interview(Rc::clone(&self.ledger))
    }

    /// Ends the reading, once every table was finished.
    ///
    /// # Errors
    /// Every mistake that was collected, unknown keys with the nearest known one.
    pub fn finish(self) -> Result<Resolved, Error> {
        let asked = self.ledger.borrow().asked.clone();
        let mut ledger = self.ledger.replace(Ledger { asked, ..Ledger::default() });
        let unknown = std::mem::take(&mut ledger.unknown);
        // What was meant is looked for only where it is shown.
        let described = unknown.into_iter().enumerate().map(|(at, (table, key, place))| {
            if at < PROBLEMS_SHOWN_MAX { unknown_key(&ledger, &table, &key, place) } else { Problem::new("unknown key") }
        });
        let described: Vec<Problem> = described.collect();
        ledger.problems.extend(described);
        Problems::none_or(ledger.problems)?;
        Ok(Resolved { entries: ledger.resolved, places: ledger.places })
    }
}

impl Resolved {
    /// The place of a dotted key's value; where its table starts, if the user wrote the table alone.
    pub fn place(&self, key: &str) -> Option<Place> {
        let of_table = || key.rsplit_once('.').and_then(|(table, _)| self.places.get(table));
        self.places.get(key).or_else(of_table).cloned()
    }

    /// The whole scenario as TOML, defaults spelled out; `rewrite` may change a value, or leave it out of the text.
    pub fn to_toml(&self, rewrite: impl Fn(&str, &str) -> Option<String>) -> String {
        let mut tables: Vec<(&str, String)> = Vec::new();
        for (table, key, value) in &self.entries {
            let dotted = if table.is_empty() { key.clone() } else { format!("{table}.{key}") };
            let Some(value) = rewrite(&dotted, value) else { continue };
            if !tables.iter().any(|(name, _)| name == table) {
                tables.push((table, String::new()));
            }
            if let Some((_, lines)) = tables.iter_mut().find(|(name, _)| name == table) {
                writeln!(lines, "{key} = {value}").expect("writing to a String");
            }
        }
        tables.sort_by_key(|(name, _)| !name.is_empty());
        let sections = tables.iter().map(|(name, lines)| if name.is_empty() { lines.clone() } else { format!("[{name}]\n{lines}") });
        sections.collect::<Vec<_>>().join("\n")
    }
}

fn parse_entries(source: &Source, problems: &mut Vec<Problem>) -> Entries {
    let (table, errors) = DeTable::parse_recoverable(&source.text);
    for error in errors {
        // Only keys that nest too deep are told of without their place.
        let place = source.place(error.span().unwrap_or_else(|| most_dotted_line(&source.text)));
        let problem = Problem::new("this is not TOML").at(place, error.message());
        let too_deep = error.message().contains("recur");
        problems.push(if too_deep { problem.help("nothing in a scenario nests more than four deep") } else { problem });
    }
    convert_table(table.get_ref(), source, problems)
}

/// The line with the most dots in it.
fn most_dotted_line(text: &str) -> Range<usize> {
    let mut start = 0;
    let lines = text.split('\n').map(|line| {
        let span = start..start + line.len();
        start += line.len() + 1;
        (line.matches('.').count(), span)
    });
    lines.max_by_key(|(dots, _)| *dots).map_or(0..0, |(_, span)| span)
}

/// `table.key=value`; a value that isn't TOML is taken as a string, so that `model.kind=logistic` needs no quotes.
fn parse_override(source: &Source, problems: &mut Vec<Problem>) -> Entries {
    let Some((key, value)) = source.text.split_once('=') else {
        let help = "write it as table.key=value, for instance --set training.learning_rate=0.05";
        problems.push(Problem::new("an override needs a key and a value").at(source.place(0..source.text.len()), "no `=` here").help(help));
        return Entries::new();
    };
    if DeTable::parse(&source.text).is_ok() {
        return parse_entries(source, problems);
    }
    let quoted = Source::new(&source.name, &format!("{}={}", key, toml::Value::String(value.trim().to_owned())));
    parse_entries(&quoted, problems)
}

fn merge(into: &mut Entries, from: Entries) {
    for (key, member) in from {
        match (into.get_mut(&key), member.node.value) {
            (Some(Member { node: Node { value: Value::Table(old), .. }, .. }), Value::Table(new)) => merge(old, new),
            (_, value) => {
                let node = Node { value, place: member.node.place };
                into.insert(key, Member { key_place: member.key_place, node });
            }
        }
    }
}

fn convert_table(table: &DeTable<'_>, source: &Source, problems: &mut Vec<Problem>) -> Entries {
    let mut entries = Entries::new();
    for (key, value) in table {
        let node = Node { value: convert(value.get_ref(), source, value.span(), problems), place: source.place(value.span()) };
        entries.insert(key.get_ref().to_string(), Member { key_place: source.place(key.span()), node });
    }
    entries
}

fn convert(value: &DeValue<'_>, source: &Source, span: Range<usize>, problems: &mut Vec<Problem>) -> Value {
    let mut refuse = |words: &str| {
        problems.push(Problem::new("this number can't be read").at(source.place(span.clone()), words));
        Value::Date
    };
    match value {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Boolean(truth) => Value::Boolean(*truth),
        DeValue::Datetime(_) => Value::Date,
        DeValue::Integer(number) => match i128::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) => Value::Integer(number),
            Err(_) => refuse("too many digits"),
        },
        DeValue::Float(number) => match number.as_str().parse() {
            Ok(number) => Value::Float(number),
            Err(_) => refuse("not a number"),
        },
        DeValue::Array(items) => {
            let nodes = items
                .iter()
                .map(|item| Node { value: convert(item.get_ref(), source, item.span(), problems), place: source.place(item.span()) });
            Value::List(nodes.collect())
        }
        DeValue::Table(table) => Value::Table(convert_table(table, source, problems)),
    }
}

/// Says what the user may have meant by a key that nobody asked for.
fn unknown_key(ledger: &Ledger, table: &str, key: &str, place: Place) -> Problem {
    let known: Vec<&str> = ledger.asked.iter().filter(|asked| asked.table == table).map(|asked| asked.key.as_str()).collect();
    let elsewhere = ledger.asked.iter().find(|asked| asked.table != table && asked.key == key);
    let help = match (nearest(key, known.iter().copied()), elsewhere) {
        (Some(near), _) => format!("did you mean `{near}`?"),
        (None, Some(other)) => format!("`{key}` is a key of {}", section(&other.table)),
        (None, None) => format!("{} knows {}", section(table), known.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ")),
    };
    Problem::new(format!("unknown key `{key}` in {}", section(table))).at(place, "not a key that means anything here").help(help)
}
