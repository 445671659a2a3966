//! Texts and their codes, numbered as they come.

use std::collections::BTreeMap;
use std::sync::Arc;

/// Distinct texts; a text's code is its place in the order in which they came.
#[derive(Debug, Default)]
pub(super) struct Dictionary {
    names: Vec<Arc<str>>,
    codes: BTreeMap<Arc<str>, u32>,
    last: u32,
}

impl Dictionary {
    /// The code of a text that came before.
    pub(super) fn known(&self, text: &[u8]) -> Option<u32> {
        if self.names.get(self.last as usize).is_some_and(|name| name.as_bytes() == text) {
            return Some(self.last);
        }
        self.codes.get(std::str::from_utf8(text).ok()?).copied()
    }

    /// The code of `text`, new or known. Quick if it is the one asked for last.
    pub(super) fn code(&mut self, text: &str) -> u32 {
        if self.names.get(self.last as usize).is_some_and(|name| **name == *text) {
            return self.last;
        }
        self.last = match self.codes.get(text) {
            Some(&code) => code,
            None => {
                let code = u32::try_from(self.names.len()).expect("a dictionary is cut off long before 2^32 texts");
                let name: Arc<str> = text.into();
                self.names.push(Arc::clone(&name));
                self.codes.insert(name, code);
                code
            }
        };
        self.last
    }

    /// All texts, in the order of their codes.
    pub(super) fn names(&self) -> &[Arc<str>] {
        &self.names
    }

    /// The texts, sorted bytewise, and for each code the place in that order.
    pub(super) fn sorted(&self) -> (Vec<String>, Vec<f64>) {
        let mut places = vec![0.0; self.names.len()];
        for (place, &code) in self.codes.values().enumerate() {
            places[code as usize] = place as f64;
        }
        (self.codes.keys().map(|name| String::from(&**name)).collect(), places)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_follow_first_appearance_and_places_follow_the_bytes() {
        let mut dictionary = Dictionary::default();
        let codes: Vec<u32> = ["b", "b", "é", "", "b", "a"].iter().map(|text| dictionary.code(text)).collect();
        assert_eq!(codes, [0, 0, 1, 2, 0, 3]);
        let (names, places) = dictionary.sorted();
        assert_eq!(names, ["", "a", "b", "é"]);
        assert_eq!(places, [2.0, 3.0, 0.0, 1.0]);
    }
}
