//! What a run is made of, the plan and the data, and in what another run differs from it.

use super::files::SCENARIO;
use super::folder::Folder;
use super::keys::{key_differences, keys};
use crate::numeric::digest::Hash;
use crate::scenario::{MEBIBYTES_MAX, PATHS, Plan, ROUNDS};

/// What a run is made of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Inputs<'a> {
    /// The scenario.
    pub plan: &'a Plan,
    /// The data's SHA-256.
    pub data: &'a Hash,
}

/// In what the run of a folder differs from the one that is to be, as far as the folder tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Differences {
    /// The keys, each with its value there and here.
    keys: Vec<(String, [Option<String>; 2])>,
    /// The data's SHA-256 there and here, if they differ.
    data: Option<[String; 2]>,
}

/// So many keys are told; of more, only their number.
const KEYS_TOLD_MAX: usize = 8;

/// So many characters of a value are told.
const VALUE_CHARS_MAX: usize = 60;

impl Inputs<'_> {
    /// The run's identity.
    pub fn identity(&self) -> Hash {
        self.plan.identity(self.data)
    }

    /// What it shares with runs of any other number of rounds.
    pub fn identity_of_any_length(&self) -> Hash {
        self.plan.identity_of_any_length(self.data)
    }

    /// In what the run differs whose scenario lies in `folder` and whose data have this SHA-256, if that is known. Of keys nothing
    /// is said if the scenario can't be read.
    pub fn differences(&self, folder: &Folder, data: Option<&str>) -> Differences {
        let there = folder.read(SCENARIO, MEBIBYTES_MAX << 20).ok().and_then(keys);
        let here = keys(self.plan.to_toml(folder.path()).into_bytes());
        let is_silent = |key: &str| key == "name" || PATHS.contains(&key);
        let keys = there.zip(here).map(|(there, here)| {
            let differing = key_differences(&there, &here).filter(|(key, _)| !is_silent(key));
            differing.map(|(key, values)| (key.to_owned(), values.map(Option::<&String>::cloned))).collect()
        });
        let here = self.data.hex();
        let data = data.filter(|there| **there != here).map(|there| [there.to_owned(), here]);
        Differences { keys: keys.unwrap_or_default(), data }
    }
}

impl Differences {
    /// Whether it is the number of rounds, and nothing else that is known.
    pub fn are_rounds_alone(&self) -> bool {
        self.data.is_none() && matches!(&self.keys[..], [(key, _)] if key == ROUNDS)
    }

    /// Each on a line of its own.
    pub fn told(&self) -> Vec<String> {
        let value = |value: &Option<String>| value.as_deref().map_or_else(|| "not there".to_owned(), cut);
        let key = |(key, [there, here]): &(String, [Option<String>; 2])| {
            format!("`{key}` is {} in that run, and {} now", value(there), value(here))
        };
        let keys = self.keys.iter().take(KEYS_TOLD_MAX).map(key);
        let hidden = self.keys.len().saturating_sub(KEYS_TOLD_MAX);
        let more = (hidden > 0).then(|| format!("and {hidden} more {}", if hidden == 1 { "key" } else { "keys" }));
        let data = self.data.iter().map(|[there, here]| format!("the data's SHA-256 is {there} in that run, and {here} now"));
        data.chain(keys).chain(more).collect()
    }
}

fn cut(value: &str) -> String {
    match value.char_indices().nth(VALUE_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &value[..end]),
        None => value.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn differing(count: usize) -> Differences {
        let keys = (0..count).map(|at| (format!("key{at}"), [Some(at.to_string()), None]));
        Differences { keys: keys.collect(), data: None }
    }

    #[test]
    fn eight_keys_are_told_and_the_others_counted() {
        assert_eq!(differing(1).told(), ["`key0` is 0 in that run, and not there now"]);
        assert_eq!(differing(8).told().len(), 8);
        assert_eq!(differing(9).told()[8], "and 1 more key");
        assert_eq!(differing(100).told()[8], "and 92 more keys");
    }

    #[test]
    fn a_long_value_is_cut_between_two_characters() {
        assert_eq!(cut(&"ü".repeat(VALUE_CHARS_MAX)), "ü".repeat(VALUE_CHARS_MAX));
        assert_eq!(cut(&"ü".repeat(VALUE_CHARS_MAX + 1)), "ü".repeat(VALUE_CHARS_MAX) + "…");
    }

    #[test]
    fn rounds_alone_are_told_apart_from_rounds_and_more() {
        let rounds = || Differences { keys: vec![(ROUNDS.to_owned(), [Some("2".to_owned()), Some("3".to_owned())])], data: None };
        assert!(rounds().are_rounds_alone() && !Differences::default().are_rounds_alone());
        assert!(!Differences { data: Some(["a".to_owned(), "b".to_owned()]), ..rounds() }.are_rounds_alone());
    }
}
