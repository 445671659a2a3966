//! The scenario as a JSON Schema (draft-07), for editors: made of what the reader asks for when it reads a scenario of each kind, so
//! that no key, limit, word or default stands in two places.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Map, Value, json};

use super::aggregation::AGGREGATIONS;
use super::keys::description;
use super::read::read;
use crate::registry::Family;
use crate::settings::{Bound, Document, Limit, Question, Shape, Source};
use crate::{cohorts, data, models, strategies};

/// The families whose tables differ by `kind`.
const FAMILIES: [Family; 5] = [data::partition::CATALOGUE, models::CATALOGUE, cohorts::CATALOGUE, strategies::CATALOGUE, AGGREGATIONS];

/// Scenarios that are asked for keys which no kind alone brings up: keys that another key's value opens.
const OPENINGS: [&str; 24] = [
    "",
    "data = { train_path = \"a\" }",
    "data = { clients_dir = \"a\" }",
    "data = { split = \"time\" }",
    "data = { kind = \"synthetic\" }",
    "data = { kind = \"synthetic\", rows_sigma = 1.0 }",
    "data = { kind = \"synthetic\", rows_sigma = 1.0, rows = 1 }",
    "preprocess = { fit = \"pooled\" }",
    "partition = { kind = \"dirichlet\", balanced = true }",
    "model = { kind = \"linear\", loss = \"huber\" }",
    "model = { kind = \"boosting\", splits = \"random\" }",
    "training = { kind = \"newton\" }",
    "training = { optimizer = \"momentum\" }",
    "training = { optimizer = \"adam\" }",
    "training = { schedule = \"step\" }",
    "aggregation = { arithmetic = \"fixed_point\" }",
    "aggregation = { kind = \"secure\", protocol = \"secagg_plus\" }",
    "aggregation = { kind = \"secure\", clip = 1.0 }",
    "evaluation = { cost = {} }",
    "evaluation = { psi = true, calibration = true }",
    "faults = { dropout = {} }",
    "faults = { schedule = [{}] }",
    "stop = {}",
    "seeds = {}",
];

/// A key as all readings together know it.
#[derive(Debug, Default)]
struct Key {
    shapes: Vec<Shape>,
    defaults: Vec<String>,
    asked: usize,
    required: usize,
}

/// A table, of one kind if it has kinds.
#[derive(Debug, Default)]
struct Branch {
    keys: BTreeMap<String, Key>,
    readings: usize,
}

/// Branches by their table and kind; the kind is empty where there is none.
type Branches = BTreeMap<(String, String), Branch>;

/// The schema, as JSON that ends with a line end.
///
/// # Panics
/// If a key has no description.
pub fn schema() -> String {
    let mut branches = Branches::new();
    openings().iter().for_each(|text| ask(text, &mut branches));
    let mut root = table(&branches, "");
    let head = json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "A fedsim scenario",
        "description": "What `fedsim run` runs. Rules that span keys are checked by fedsim alone."
    });
    root.extend(head.as_object().cloned().unwrap_or_default());
    let text = serde_json::to_string_pretty(&Value::Object(root)).expect("a schema has no keys that are no texts");
    text + "\n"
}

/// All scenarios that are asked: each kind alone and with its example, and the openings.
fn openings() -> Vec<String> {
    let kinds = FAMILIES.iter().flat_map(|family| family.kinds.iter().map(|entry| (family.table, entry)));
    let of_kinds = kinds.flat_map(|(table, entry)| {
        let head = format!("[{table}]\nkind = \"{}\"\n", entry.kind);
        [format!("{head}{}", entry.example), head]
    });
    OPENINGS.iter().map(|&text| text.to_owned()).chain(of_kinds).collect()
}

/// Reads a scenario and adds what it was asked for.
fn ask(text: &str, branches: &mut Branches) {
    let document = Document::parse(&Source::new("schema", text), &[]).expect("openings are TOML");
    let interview = document.interview();
    // Most openings lack what a scenario must have: the questions are what counts.
    let _ = read(document, Path::new(""));
    let questions = interview.questions();
    let given: toml::Table = text.parse().expect("openings are TOML");
    let mut read_here = Vec::new();
    for Question { table, key, shape, required, default } in &questions {
        let Some(shape) = shape else { continue };
        let place = (table.clone(), kind_of(&questions, &given, table));
        let branch = branches.entry(place.clone()).or_default();
        if !read_here.contains(&place) {
            branch.readings += 1;
            read_here.push(place);
        }
        let known = branch.keys.entry(key.clone()).or_default();
        known.asked += 1;
        known.required += usize::from(*required);
        add(&mut known.shapes, shape);
        known.defaults.extend(default.iter().filter(|default| !known.defaults.contains(default)).cloned().collect::<Vec<_>>());
    }
}

/// The kind that a table was read as; empty if it has none.
fn kind_of(questions: &[Question], given: &toml::Table, table: &str) -> String {
    let asked = questions.iter().find(|question| question.table == table && question.key == "kind" && question.shape.is_some());
    let written = given.get(table).and_then(|table| table.get("kind")).and_then(toml::Value::as_str).map(str::to_owned);
    // Where nobody asks for the kind, because nothing is dealt, the keys belong to the first.
    let default = || (table == "partition").then(|| data::partition::CATALOGUE.kinds[0].kind.to_owned());
    let asked = asked.map(|question| written.or_else(|| question.default.as_deref().map(unquoted)).unwrap_or_default());
    asked.or_else(default).unwrap_or_default()
}

fn unquoted(text: &str) -> String {
    text.trim_matches('"').to_owned()
}

/// Adds what a key may hold to what it may hold by other readings.
fn add(shapes: &mut Vec<Shape>, shape: &Shape) {
    for known in shapes.iter_mut() {
        match (&mut *known, shape) {
            (Shape::Whole(known), Shape::Whole(more)) => {
                *known = *known.start().min(more.start())..=*known.end().max(more.end());
                return;
            }
            (Shape::WordsOrNumber(_, limit), Shape::Number(more)) if limit == more => return,
            (Shape::Number(limit), Shape::WordsOrNumber(_, more)) if limit == more => {
                *known = shape.clone();
                return;
            }
            (known, more) if *known == *more => return,
            _ => {}
        }
    }
    shapes.push(shape.clone());
}

/// The schema of a table with all its kinds.
fn table(branches: &Branches, name: &str) -> Map<String, Value> {
    let of_table: Vec<(&str, &Branch)> =
        branches.iter().filter(|((table, _), _)| table == name).map(|((_, kind), branch)| (kind.as_str(), branch)).collect();
    let mut schema = match of_table.as_slice() {
        [("", branch)] => properties(branches, name, "", branch),
        kinds => {
            let mut list: Vec<Value> = kinds.iter().map(|(kind, branch)| Value::Object(properties(branches, name, kind, branch))).collect();
            // The default first: it is what editors show where no kind is written.
            list.sort_by_key(|branch| branch["required"].as_array().is_some_and(|required| required.contains(&json!("kind"))));
            object(json!({ "oneOf": list }))
        }
    };
    schema.insert("type".to_owned(), json!("object"));
    schema
}

/// The schema of one branch's keys.
fn properties(branches: &Branches, table: &str, kind: &str, branch: &Branch) -> Map<String, Value> {
    let is_default = |key: &Key| key.defaults.iter().any(|default| unquoted(default) == kind);
    let mut required: Vec<&str> = Vec::new();
    let mut properties = Map::new();
    for (name, key) in &branch.keys {
        let is_kind = !kind.is_empty() && name == "kind";
        if key.required == branch.readings || is_kind && !is_default(key) || must_be_there(branches, table, name) {
            required.push(name);
        }
        let mut schema = if is_kind { object(json!({ "const": kind, "type": "string" })) } else { any_of(branches, table, name, key) };
        if let [default] = key.defaults.as_slice()
            && (!is_kind || is_default(key))
        {
            schema.insert("default".to_owned(), to_json(default));
        }
        let words = if is_kind { summary(table, kind) } else { description(table, kind, name).to_owned() };
        schema.insert("description".to_owned(), json!(words));
        properties.insert(name.clone(), Value::Object(schema));
    }
    let mut schema = object(json!({ "additionalProperties": false, "properties": properties }));
    if !required.is_empty() {
        schema.insert("required".to_owned(), json!(required));
    }
    if !kind.is_empty() {
        schema.insert("title".to_owned(), json!(format!("kind = \"{kind}\"")));
        schema.insert("description".to_owned(), json!(summary(table, kind)));
    }
    schema
}

/// Whether a table has a key of its own that must be there, whatever its kind by default.
fn must_be_there(branches: &Branches, table: &str, key: &str) -> bool {
    let is_whole = |branch: &Branch| branch.keys.values().any(|key| key.required == branch.readings);
    table.is_empty() && branches.get(&(key.to_owned(), "csv".to_owned())).is_some_and(is_whole)
}

fn summary(table: &str, kind: &str) -> String {
    let family = FAMILIES.iter().find(|family| family.table == table);
    match family.and_then(|family| family.find(kind)) {
        Some(entry) if entry.paper == "none" => entry.summary.to_owned(),
        Some(entry) => format!("{} ({})", entry.summary, entry.paper),
        None => description(table, kind, "kind").to_owned(),
    }
}

/// What a key may hold.
fn any_of(branches: &Branches, table: &str, name: &str, key: &Key) -> Map<String, Value> {
    let path = if table.is_empty() { name.to_owned() } else { format!("{table}.{name}") };
    let mut schemas = key.shapes.iter().flat_map(|shape| shape_schemas(branches, &path, shape)).collect::<Vec<_>>();
    match schemas.len() {
        1 => object(schemas.remove(0)),
        _ => object(json!({ "anyOf": schemas })),
    }
}

fn shape_schemas(branches: &Branches, path: &str, shape: &Shape) -> Vec<Value> {
    let words = |words: &[&str]| json!({ "enum": words, "type": "string" });
    let text = || json!({ "type": "string", "minLength": 1 });
    let texts = || json!({ "type": "array", "items": { "type": "string" } });
    let list = |items: Vec<Value>| json!({ "type": "array", "items": items.into_iter().next().unwrap_or_default() });
    match shape {
        Shape::Words(known) => vec![words(known)],
        Shape::Number(limit) => numbers(limit),
        Shape::WordsOrNumber(known, limit) => std::iter::once(words(known)).chain(numbers(limit)).collect(),
        Shape::Whole(range) => vec![whole(*range.start(), *range.end())],
        Shape::Truth => vec![json!({ "type": "boolean" })],
        Shape::Text => vec![text()],
        Shape::Texts => vec![texts()],
        Shape::TextOrTexts => vec![text(), texts()],
        Shape::Wholes(range) => vec![list(vec![whole(*range.start(), *range.end())])],
        Shape::Pair(limit) => {
            let mut pair = object(list(numbers(limit)));
            pair.extend(object(json!({ "minItems": 2, "maxItems": 2 })));
            vec![Value::Object(pair)]
        }
        Shape::WordsByName(known) => vec![json!({ "type": "object", "additionalProperties": words(known) })],
        Shape::TextsByName => vec![json!({ "type": "object", "additionalProperties": text() })],
        Shape::NumbersByName(limit) => vec![json!({ "type": "object", "additionalProperties": list(numbers(limit)) })],
        Shape::Table => vec![Value::Object(table(branches, path))],
        Shape::Tables => vec![list(vec![Value::Object(table(branches, &format!("{path}[]")))])],
    }
}

/// A whole number; a limit that TOML's own numbers end at is none.
fn whole(low: usize, high: usize) -> Value {
    let mut schema = object(json!({ "type": "integer", "minimum": low }));
    if high < usize::MAX >> 1 {
        schema.insert("maximum".to_owned(), json!(high));
    }
    Value::Object(schema)
}

/// Numbers, and whole ones apart where a limit asks for them.
fn numbers(limit: &Limit) -> Vec<Value> {
    let ([low, high], wholes) = (limit.bounds(), limit.wholes());
    let range = |kind: &str, low: Bound, high: Bound| {
        let mut schema = object(json!({ "type": kind }));
        let mut bound = |at: &str, open: &str, bound: Bound| match bound {
            Bound::At(number) => drop(schema.insert(at.to_owned(), as_written(number))),
            Bound::Open(number) => drop(schema.insert(open.to_owned(), as_written(number))),
            Bound::None => {}
        };
        bound("minimum", "exclusiveMinimum", low);
        bound("maximum", "exclusiveMaximum", high);
        Value::Object(schema)
    };
    match low {
        _ if wholes.is_infinite() => vec![range("number", low, high)],
        Bound::At(low_number) if low_number >= wholes => vec![range("integer", low, high)],
        _ => vec![range("number", low, Bound::At(wholes)), range("integer", Bound::Open(wholes), high)],
    }
}

/// A number without a fraction that is none.
fn as_written(number: f64) -> Value {
    if number.fract() == 0.0 && number.abs() < 1e15 { json!(number as i64) } else { json!(number) }
}

fn to_json(default: &str) -> Value {
    let text = format!("value = {default}");
    let table: toml::Table = text.parse().expect("defaults are TOML");
    let value = serde_json::to_value(&table["value"]).expect("defaults are no dates");
    // Whole defaults of numbers are shown as people write them.
    value.as_f64().filter(|_| value.is_f64()).map_or(value, as_written)
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        other => unreachable!("{other} is no object"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_description_is_that_of_a_key() {
        let mut branches = Branches::new();
        openings().iter().for_each(|text| ask(text, &mut branches));
        let known = |dotted: &str| {
            branches.iter().any(|((table, kind), branch)| {
                let of = |head: String| {
                    branch.keys.keys().any(|key| if head.is_empty() { key == dotted } else { format!("{head}.{key}") == dotted })
                };
                of(table.clone()) || of(format!("{table}:{kind}"))
            })
        };
        let stale: Vec<&str> = super::super::keys::names().filter(|name| !known(name)).collect();
        assert!(stale.is_empty(), "descriptions of keys that nobody asks for: {stale:?}");
    }
}
