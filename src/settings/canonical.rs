//! Values as one line of TOML each: how a read scenario is written down.

use super::values::Value;

pub(super) fn quote(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

pub(super) fn quote_list(texts: &[String]) -> String {
    format!("[{}]", texts.iter().map(|text| quote(text)).collect::<Vec<_>>().join(", "))
}

pub(super) fn float(number: f64) -> String {
    toml::Value::Float(number).to_string()
}

/// A value as one line of TOML.
pub(super) fn show(value: &Value) -> String {
    match value {
        Value::Boolean(truth) => truth.to_string(),
        Value::Integer(number) => number.to_string(),
        Value::Float(number) => float(*number),
        Value::Text(text) => quote(text),
        Value::List(items) => format!("[{}]", items.iter().map(|item| show(&item.value)).collect::<Vec<_>>().join(", ")),
        Value::Table(entries) => {
            let members = entries.iter().map(|(key, member)| format!("{} = {}", quote(key), show(&member.node.value)));
            format!("{{ {} }}", members.collect::<Vec<_>>().join(", "))
        }
        Value::Date => String::new(),
    }
}
