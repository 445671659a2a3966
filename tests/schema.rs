//! The scenario's JSON Schema: committed as the program prints it, true of every shipped scenario, and neither narrower nor poorer
//! than the reader.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use fedsim::scenario;
use fedsim::settings::Source;
use serde_json::Value;

use crate::support::{root, succeed, text};

fn schema() -> Value {
    serde_json::from_str(&scenario::schema()).expect("the schema is JSON")
}

fn shipped() -> Vec<(PathBuf, String)> {
    let folder = fs::read_dir(root().join("scenarios")).expect("the scenarios");
    let paths = folder.map(|entry| entry.expect("an entry").path()).filter(|path| path.extension().is_some_and(|end| end == "toml"));
    let mut texts: Vec<(PathBuf, String)> = paths.map(|path| (path.clone(), fs::read_to_string(&path).expect("a scenario"))).collect();
    texts.sort();
    assert!(texts.len() >= 10, "the shipped scenarios were not found");
    texts
}

fn as_json(scenario: &str) -> Value {
    serde_json::to_value(scenario.parse::<toml::Table>().expect("it is TOML")).expect("it holds no dates")
}

fn plan(text: &str) -> Option<scenario::Plan> {
    scenario::parse(&Source::new("test.toml", text), Path::new(""), &[]).ok()
}

/// What breaks the schema, each at its place; of the keywords that the schema uses.
fn flaws(schema: &Value, value: &Value, at: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (keyword, wanted) in schema.as_object().expect("a schema is an object") {
        let number = || value.as_f64().zip(wanted.as_f64());
        let holds = match keyword.as_str() {
            "$schema" | "title" | "description" | "default" | "properties" => true,
            "type" => match wanted.as_str().expect("one type") {
                "object" => value.is_object(),
                "array" => value.is_array(),
                "string" => value.is_string(),
                "boolean" => value.is_boolean(),
                "number" => value.is_number(),
                "integer" => value.as_f64().is_some_and(|number| number.fract() == 0.0),
                other => panic!("type {other}"),
            },
            "const" => value == wanted,
            "enum" => wanted.as_array().expect("a list").contains(value),
            "minimum" => number().is_none_or(|(value, bound)| value >= bound),
            "maximum" => number().is_none_or(|(value, bound)| value <= bound),
            "exclusiveMinimum" => number().is_none_or(|(value, bound)| value > bound),
            "exclusiveMaximum" => number().is_none_or(|(value, bound)| value < bound),
            "minLength" => value.as_str().is_none_or(|text| text.chars().count() as u64 >= wanted.as_u64().expect("a length")),
            "minItems" => value.as_array().is_none_or(|items| items.len() as u64 >= wanted.as_u64().expect("a number")),
            "maxItems" => value.as_array().is_none_or(|items| items.len() as u64 <= wanted.as_u64().expect("a number")),
            "required" => {
                wanted.as_array().expect("a list").iter().all(|key| value.get(key.as_str().expect("a key")).is_some() || !value.is_object())
            }
            "items" => {
                let items = value.as_array().into_iter().flatten();
                items.enumerate().for_each(|(index, item)| found.extend(flaws(wanted, item, &format!("{at}[{index}]"))));
                true
            }
            "additionalProperties" => {
                let known = &schema["properties"];
                for (key, member) in value.as_object().into_iter().flatten() {
                    let at = format!("{at}.{key}");
                    match known.get(key) {
                        Some(known) => found.extend(flaws(known, member, &at)),
                        None if wanted.is_object() => found.extend(flaws(wanted, member, &at)),
                        None => found.push(format!("{at}: unknown key")),
                    }
                }
                true
            }
            "oneOf" | "anyOf" => {
                let branches = wanted.as_array().expect("a list");
                let fits = branches.iter().filter(|branch| flaws(branch, value, at).is_empty()).count();
                if keyword == "oneOf" { fits == 1 } else { fits > 0 }
            }
            other => panic!("the check knows no keyword {other}"),
        };
        if !holds {
            found.push(format!("{at}: {value} breaks {keyword} {wanted}"));
        }
    }
    found
}

#[test]
fn the_committed_schema_is_what_the_program_prints() {
    let printed = text(&succeed(&["schema"]).stdout);
    let committed = fs::read_to_string(root().join("scenarios/fedsim.schema.json")).expect("the schema is committed");
    assert!(printed == committed, "make it anew: fedsim schema > scenarios/fedsim.schema.json");
}

#[test]
fn shipped_scenarios_name_the_schema_and_hold_to_it() {
    let schema = schema();
    for (path, text) in shipped() {
        assert!(text.starts_with("#:schema ./fedsim.schema.json\n"), "{} does not begin with the schema's line", path.display());
        let with_defaults = plan(&text).expect("it is shipped").to_toml(Path::new(""));
        for text in [text, with_defaults] {
            let flaws = flaws(&schema, &as_json(&text), "");
            assert!(flaws.is_empty(), "{}: {flaws:?}\n{text}", path.display());
        }
    }
}

#[test]
fn what_the_reader_takes_holds_to_the_schema() {
    let schema = schema();
    let values = [
        "0",
        "1",
        "2",
        "30",
        "0.5",
        "1.0",
        "-1",
        "1e-300",
        "1e15",
        "true",
        "\"a\"",
        "\"auto\"",
        "[]",
        "[0.1, 0.9]",
        "{}",
        "{ fn = 1, fp = 2 }",
    ];
    let mut taken = 0;
    for (_, text) in shipped() {
        let full = plan(&text).expect("it is shipped").to_toml(Path::new(""));
        let lines: Vec<&str> = full.lines().collect();
        for at in 0..lines.len() {
            let Some((key, _)) = lines[at].split_once(" = ") else { continue };
            for value in values {
                let changed = format!("{key} = {value}");
                let text: Vec<&str> = (0..lines.len()).map(|other| if other == at { changed.as_str() } else { lines[other] }).collect();
                let text = text.join("\n");
                if plan(&text).is_some() {
                    taken += 1;
                    let flaws = flaws(&schema, &as_json(&text), "");
                    assert!(flaws.is_empty(), "the reader takes {changed}, the schema does not: {flaws:?}");
                }
            }
        }
    }
    assert!(taken > 500, "{taken}: the values were hardly ever looked at");
}

#[test]
fn what_the_schema_refuses_is_found() {
    let schema = schema();
    let (_, text) = shipped().into_iter().find(|(path, _)| path.ends_with("fraud.toml")).expect("it is shipped");
    for broken in
        ["rounds = 0", "rounds = 1.5", "seed = \"a\"", "roundss = 3", "[cohort]\nkind = \"uniform\"", "[strategy]\nkind = \"none\""]
    {
        let is_table = broken.starts_with('[');
        let kept: String = text
            .lines()
            .filter(|line| is_table || !broken.starts_with(line.split(' ').next().unwrap_or("#")))
            .collect::<Vec<_>>()
            .join("\n");
        let text = if is_table { format!("{text}\n{broken}\n") } else { format!("{broken}\n{kept}\n") };
        assert!(plan(&text).is_none() && !flaws(&schema, &as_json(&text), "").is_empty(), "{broken}");
    }
}

/// All keys and defaults in a schema, by dotted name.
fn keys(schema: &Value, at: &str, found: &mut BTreeSet<(String, Option<String>)>) {
    for list in ["oneOf", "anyOf"] {
        schema[list].as_array().into_iter().flatten().for_each(|branch| keys(branch, at, found));
    }
    if schema["items"].is_object() {
        keys(&schema["items"], at, found);
    }
    for (key, member) in schema["properties"].as_object().into_iter().flatten() {
        let dotted = if at.is_empty() { key.clone() } else { format!("{at}.{key}") };
        found.insert((dotted.clone(), member.get("default").map(Value::to_string)));
        keys(member, &dotted, found);
    }
}

#[test]
fn defaults_are_those_of_a_scenario_that_says_nothing() {
    let mut known = BTreeSet::new();
    keys(&schema(), "", &mut known);
    let least = "name = \"a\"\n[data]\npath = \"a.csv\"\nlabel = \"y\"\n[partition]\nclients = 3\n[stop]\n";
    let full = as_json(&plan(least).expect("it has all that must be there").to_toml(Path::new("")));
    // What these are by default the model tells: trees take rows that lack cells.
    let told_by_the_model = ["preprocess.missing", "preprocess.scale"];
    let mut compared = 0;
    for (table, members) in full.as_object().expect("a table") {
        let members = members.as_object().map_or_else(
            || vec![(table.clone(), members.clone())],
            |members| members.iter().map(|(key, value)| (format!("{table}.{key}"), value.clone())).collect(),
        );
        for (dotted, value) in members.into_iter().filter(|(dotted, _)| {
            !told_by_the_model.contains(&dotted.as_str()) && !least.contains(&format!("{} =", dotted.rsplit('.').next().unwrap_or("")))
        }) {
            let written = value.to_string();
            let same = |default: &str| default.parse::<f64>().ok().map_or(written == default, |number| Some(number) == value.as_f64());
            let found = known.iter().any(|(key, default)| *key == dotted && default.as_deref().is_some_and(same));
            assert!(found, "{dotted} is {value} by default, which the schema does not say");
            compared += 1;
        }
    }
    assert!(compared > 20, "{compared}");
}

/// Every key that stands in the code that reads scenarios, and not the arguments of `fedsim secagg`: so none is asked for that no opening brings up.
#[test]
fn every_key_of_the_code_is_in_the_schema() {
    let mut known = BTreeSet::new();
    keys(&schema(), "", &mut known);
    let last: BTreeSet<&str> = known.iter().filter_map(|(dotted, _)| dotted.rsplit('.').next()).collect();
    let methods = [
        "word",
        "word_or_number",
        "number",
        "required_number",
        "count",
        "required_count",
        "optional_count",
        "seed",
        "optional_seed",
        "truth",
    ];
    let more = [
        "required_text",
        "optional_text",
        "table",
        "tables",
        "texts",
        "text_or_texts",
        "required_counts",
        "optional_range",
        "words_by_name",
    ];
    let mut files = vec![root().join("src")];
    let mut seen = 0;
    while let Some(path) = files.pop() {
        if path.is_dir() {
            files.extend(fs::read_dir(&path).expect("a folder").map(|entry| entry.expect("an entry").path()));
            continue;
        }
        let code = fs::read_to_string(&path).expect("a source file");
        if !code.contains("settings::") || path.ends_with("src/cli/secagg.rs") {
            continue;
        }
        for method in methods.iter().chain(&more) {
            for rest in code.split(&format!(".{method}(\"")).skip(1) {
                let key = rest.split('"').next().unwrap_or_default();
                assert!(last.contains(key), "{}: `{key}` is asked for, and the schema does not know it", path.display());
                seen += 1;
            }
        }
    }
    assert!(seen > 50, "{seen}: the code was not found");
}
