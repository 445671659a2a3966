//! Keys of a table that take lists, or names of the user's own.

use std::ops::RangeInclusive;

use super::canonical::{float, quote, quote_list};
use super::limit::Limit;
use super::question::Shape;
use super::table::Table;
use super::values::{Node, Value};
use super::written::Written;
use crate::diag::{Place, Problem};

impl Table {
    /// A list of texts.
    pub fn texts(&mut self, key: &str, default: &[&str]) -> Vec<String> {
        let fallback: Vec<String> = default.iter().map(|&text| text.to_owned()).collect();
        let Some(node) = self.take(key, || Shape::Texts) else { return self.resolve_as(key, quote_list(&fallback), fallback) };
        let Value::List(items) = &node.value else { return self.refuse_type(key, &node, "a list of texts", fallback) };
        let mut texts = Vec::new();
        for item in items {
            match &item.value {
                Value::Text(text) => texts.push(text.clone()),
                _ => self.refuse_type(key, item, "a text in quotes", ()),
            }
        }
        self.resolve_as(key, quote_list(&texts), texts)
    }

    /// A text or a list of texts, whichever the user wrote; by default the text `default`.
    pub fn text_or_texts(&mut self, key: &str, default: &str) -> Vec<String> {
        self.note_asked(key, || Some(Shape::TextOrTexts));
        match self.entries.get(key).map(|member| &member.node.value) {
            Some(Value::List(_)) => self.texts(key, &[]),
            Some(_) => self.optional_text(key).into_iter().collect(),
            None => self.resolve_as(key, quote(default), vec![default.to_owned()]),
        }
    }

    /// A list of whole numbers that must be there.
    pub fn required_counts(&mut self, key: &str, range: RangeInclusive<usize>) -> Vec<(usize, Place)> {
        let node = self.take(key, || Shape::Wholes(range.clone()));
        self.note_required(key);
        match node {
            Some(node) => self.wholes(key, &node, &range).unwrap_or_default(),
            None => {
                self.missing(key);
                Vec::new()
            }
        }
    }

    /// A list of whole numbers, by default `default`, which a list of anything else counts as.
    pub fn counts(&mut self, key: &str, default: &[usize], range: RangeInclusive<usize>) -> Vec<usize> {
        let node = self.take(key, || Shape::Wholes(range.clone()));
        let given = node.map(|node| {
            self.wholes(key, &node, &range).filter(|wholes| matches!(&node.value, Value::List(items) if items.len() == wholes.len()))
        });
        let numbers: Vec<usize> = match given {
            Some(Some(wholes)) => wholes.into_iter().map(|(number, _)| number).collect(),
            _ => default.to_vec(),
        };
        let text = numbers.iter().map(usize::to_string).collect::<Vec<_>>().join(", ");
        self.resolve_as(key, format!("[{text}]"), numbers)
    }

    /// The whole numbers of a list that are within `range`; the others are told of.
    fn wholes(&self, key: &str, node: &Node, range: &RangeInclusive<usize>) -> Option<Vec<(usize, Place)>> {
        let words = format!("a whole number from {} to {}", range.start(), range.end());
        let Value::List(items) = &node.value else { return self.refuse_type(key, node, "a list of whole numbers", None) };
        let mut numbers = Vec::new();
        for item in items {
            match item.value {
                Value::Integer(number) => match usize::try_from(number).ok().filter(|number| range.contains(number)) {
                    Some(number) => numbers.push((number, item.place.clone())),
                    None => self.push(Problem::new(format!("`{key}` is out of range")).at(item.place.clone(), format!("must be {words}"))),
                },
                _ => self.refuse_type(key, item, &words, ()),
            }
        }
        Some(numbers)
    }

    /// Two numbers within `limit`, the first below the second, which may be absent.
    pub fn optional_range(&mut self, key: &str, limit: Limit) -> Option<[f64; 2]> {
        let node = self.take(key, || Shape::Pair(limit))?;
        let words = format!("two numbers in brackets, each {}, the first below the second", limit.words());
        let Value::List(items) = &node.value else { return self.refuse_type(key, &node, &words, None) };
        let numbers: Option<Vec<f64>> = items.iter().map(number).collect();
        match numbers.as_deref() {
            Some(&[low, high]) if limit.holds(low) && limit.holds(high) && low < high => {
                self.resolve_as(key, format!("[{}, {}]", float(low), float(high)), Some([low, high]))
            }
            _ => {
                self.push(Problem::new(format!("`{key}` is out of range")).at(node.place, format!("must be {words}")));
                None
            }
        }
    }

    /// A table of names of the user's own, each with one of `words`; empty if it is absent. Each comes with its place.
    pub fn words_by_name<T: Copy>(&mut self, key: &str, words: &[(&'static str, T)]) -> Vec<(String, T, Place)> {
        let Some(node) = self.take(key, || Shape::WordsByName(Shape::words(words))) else { return Vec::new() };
        let Value::Table(entries) = &node.value else {
            return self.refuse_type(key, &node, "a table in braces", Vec::new());
        };
        let (mut found, mut written) = (Vec::new(), Vec::new());
        for (name, member) in entries {
            let place = member.node.place.clone();
            let word = match &member.node.value {
                Value::Text(text) => words.iter().find(|(word, _)| word == text),
                _ => None,
            };
            match word {
                Some((word, meaning)) => {
                    written.push(format!("{} = {}", quote(name), quote(word)));
                    found.push((name.clone(), *meaning, place));
                }
                None => {
                    let known = words.iter().map(|(word, _)| quote(word)).collect::<Vec<_>>().join(" or ");
                    self.push(Problem::new(format!("unknown `{key}` of `{name}`")).at(place, format!("must be {known}")));
                }
            }
        }
        self.resolve_as(key, format!("{{ {} }}", written.join(", ")), found)
    }

    /// A table of names of the user's own, each with a text; empty if it is absent.
    pub fn texts_by_name(&mut self, key: &str) -> Vec<(String, Written)> {
        let Some(node) = self.take(key, || Shape::TextsByName) else { return Vec::new() };
        let Value::Table(entries) = &node.value else { return self.refuse_type(key, &node, &format!("a table: [{key}]"), Vec::new()) };
        let (mut found, mut lines) = (Vec::new(), Vec::new());
        for (name, member) in entries {
            match &member.node.value {
                Value::Text(text) => {
                    lines.push(format!("{} = {}", quote(name), quote(text)));
                    found.push((name.clone(), Written::new(text.clone(), member.node.place.clone())));
                }
                _ => self.refuse_type(name, &member.node, "a text in quotes", ()),
            }
        }
        self.resolve_as(key, format!("{{ {} }}", lines.join(", ")), found)
    }

    /// A table of names of the user's own, each with a list of numbers within `limit`; empty if it is absent. Each comes with its place.
    pub fn numbers_by_name(&mut self, key: &str, limit: Limit) -> Vec<(String, Vec<f64>, Place)> {
        let Some(node) = self.take(key, || Shape::NumbersByName(limit)) else { return Vec::new() };
        let Value::Table(entries) = &node.value else {
            return self.refuse_type(key, &node, "a table in braces", Vec::new());
        };
        let (mut found, mut written) = (Vec::new(), Vec::new());
        for (name, member) in entries {
            let place = member.node.place.clone();
            let numbers: Option<Vec<f64>> = match &member.node.value {
                Value::List(items) => {
                    items.iter().map(|item| number(item).filter(|&number| number.is_finite() && limit.holds(number))).collect()
                }
                _ => None,
            };
            match numbers {
                Some(numbers) => {
                    let text = numbers.iter().map(|&number| float(number)).collect::<Vec<_>>().join(", ");
                    written.push(format!("{} = [{text}]", quote(name)));
                    found.push((name.clone(), numbers, place));
                }
                None => {
                    let message = format!("`{key}` of `{name}` is no list of numbers");
                    self.push(Problem::new(message).at(place, format!("must be a list, each {}", limit.words())));
                }
            }
        }
        self.resolve_as(key, format!("{{ {} }}", written.join(", ")), found)
    }
}

fn number(node: &Node) -> Option<f64> {
    match node.value {
        Value::Integer(number) => Some(number as f64),
        Value::Float(number) => Some(number),
        _ => None,
    }
}
