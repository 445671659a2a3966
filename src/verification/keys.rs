//! A scenario's keys with their values.

use std::collections::BTreeMap;

/// Every key of a scenario, dotted, with its value as TOML; `None` if it is no TOML.
pub(super) fn keys(scenario: Vec<u8>) -> Option<BTreeMap<String, String>> {
    let table = String::from_utf8(scenario).ok()?.parse::<toml::Table>().ok()?;
    let mut keys = BTreeMap::new();
    flatten("", &table, &mut keys);
    Some(keys)
}

fn flatten(prefix: &str, table: &toml::Table, keys: &mut BTreeMap<String, String>) {
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
