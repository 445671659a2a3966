//! A scenario's keys with their values, and in which of them two scenarios differ.

use std::collections::{BTreeMap, BTreeSet};

/// Every key of a scenario, dotted, with its value as TOML.
pub type Keys = BTreeMap<String, String>;

/// A key in which two scenarios differ, with the value that it has in each; `None` where it has none.
pub type KeyDifference<'a> = (&'a str, [Option<&'a String>; 2]);

/// Every key of a scenario; `None` if it is no TOML.
pub fn keys(scenario: Vec<u8>) -> Option<Keys> {
    let table = String::from_utf8(scenario).ok()?.parse::<toml::Table>().ok()?;
    let mut keys = BTreeMap::new();
    flatten("", &table, &mut keys);
    Some(keys)
}

/// The keys in which two scenarios differ, in their order.
pub fn key_differences<'a>(one: &'a Keys, other: &'a Keys) -> impl Iterator<Item = KeyDifference<'a>> {
    let names: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
    names.into_iter().map(|name| (name.as_str(), [one.get(name), other.get(name)])).filter(|(_, [one, other])| one != other)
}

fn flatten(prefix: &str, table: &toml::Table, keys: &mut Keys) {
    for (key, value) in table {
        let dotted = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
        match value {
            toml::Value::Table(inner) if !inner.is_empty() => flatten(&dotted, inner, keys),
            value => {
                keys.insert(dotted, value.to_string());
            }
        }
    }
}
