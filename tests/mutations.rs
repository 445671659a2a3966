//! No scenario breaks the reader: the shipped ones, changed in every way that a careless or hostile hand could, are read or
//! refused in words, and what was read reads back the same.

use std::fs;
use std::path::Path;

use fedsim::diag::{Error, Styling};
use fedsim::numeric::digest::Hash;
use fedsim::scenario;
use fedsim::settings::Source;
use proptest::prelude::*;

/// What is tried: 4 KB at most.
const BYTES_MAX: usize = 4096;

/// Values that are no value, or the last or first of their kind.
const VALUES: [&str; 44] = [
    "0",
    "-1",
    "1",
    "2",
    "1e400",
    "-1e400",
    "1e-400",
    "1e308",
    "5e-324",
    "nan",
    "-inf",
    "inf",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775809",
    "18446744073709551615",
    "18446744073709551616",
    "340282366920938463463374607431768211456",
    "0x7fffffffffffffff",
    "0b1",
    "1_000",
    "0.5",
    "1.0",
    "true",
    "\"\"",
    "\"a\"",
    "\"..\"",
    "\"a/b\"",
    "\"\\u0007\\u202e\"",
    "\"\"\"\n\n\"\"\"",
    "'é'",
    "[]",
    "[[]]",
    "[\"a\", 1]",
    "[\"auto\", \"auto\"]",
    "{}",
    "{ kind = 1 }",
    "{ fn = 1, fp = 1e400 }",
    "[{ round = 1, clients = [1] }]",
    "[{ round = 0, clients = [0, -1, 99999999999999999999] }]",
    "1979-05-27",
    "07:32:00",
    "[",
    "\"",
];

/// Lines that may stand anywhere.
const LINES: [&str; 16] = [
    "[data]",
    "[[data]]",
    "[data.path]",
    "[faults.dropout]",
    "[partition",
    "[seeds]",
    "[\"\"]",
    "= 1",
    "kind = \"dirichlet\"",
    "kind = \"secure\"",
    "protocol = \"secagg_plus\"",
    "clients_dir = \"clients\"",
    "cohort.kind = \"uniform\"",
    "aggregation.clip = \"auto\"",
    "a.b.c.d.e = 1",
    "\u{feff}\0\r",
];

/// The shipped scenarios, and one that writes all its defaults down.
fn shipped() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let mut paths: Vec<_> = fs::read_dir(folder).expect("the scenarios").map(|entry| entry.expect("an entry").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    paths.sort();
    let mut texts: Vec<String> = paths.iter().map(|path| fs::read_to_string(path).expect("a scenario")).collect();
    assert!(texts.len() >= 10, "the shipped scenarios were not found");
    let full: Vec<String> = texts.iter().map(|text| read(text).expect("it is shipped").to_toml(Path::new(""))).collect();
    texts.extend(full);
    texts
}

fn read(text: &str) -> Result<scenario::Plan, Error> {
    scenario::parse(&Source::new("mutated.toml", text), Path::new("folder"), &[])
}

/// Reads `text`, which must end in a plan that reads back the same, or in at least one mistake that can be shown.
fn check(text: &str) -> bool {
    match read(text) {
        Ok(plan) => {
            let (data, written) = (Hash::of(b"data"), plan.to_toml(Path::new("folder")));
            let again = read(&written).unwrap_or_else(|error| panic!("what was written can't be read:\n{written}\n{error}"));
            assert_eq!(again.identity(&data), plan.identity(&data), "{text}\n---\n{written}");
            assert_eq!(again.to_toml(Path::new("folder")), written, "{text}");
            true
        }
        Err(Error::Mistake(problems)) => {
            assert!(!problems.as_slice().is_empty(), "{text}");
            for styling in [Styling::Plain, Styling::Colour] {
                let shown = problems.render(styling);
                assert!(shown.contains("error") && shown.len() < 100_000, "{text}\n---\n{shown}");
            }
            false
        }
        Err(other) => panic!("not a mistake of the user's: {other}\n{text}"),
    }
}

/// One change of a text.
#[derive(Clone, Debug)]
enum Change {
    /// Another byte somewhere, where that is still UTF-8.
    Byte(usize, u8),
    /// A stretch taken out.
    Cut(usize, usize),
    /// All from here on taken off.
    End(usize),
    /// A stretch a second time somewhere else.
    Copy(usize, usize, usize),
    /// A line's value replaced.
    Value(usize, usize),
    /// The values of two lines swapped.
    Swap(usize, usize),
    /// A line more.
    Line(usize, usize),
    /// A line twice, or at another place.
    Double(usize, usize),
}

fn change() -> impl Strategy<Value = Change> {
    let at = || 0..BYTES_MAX;
    prop_oneof![
        1 => (at(), any::<u8>()).prop_map(|(at, byte)| Change::Byte(at, byte)),
        1 => (at(), 1..40_usize).prop_map(|(at, count)| Change::Cut(at, count)),
        1 => at().prop_map(Change::End),
        1 => (at(), 1..200_usize, at()).prop_map(|(from, count, to)| Change::Copy(from, count, to)),
        6 => (at(), 0..VALUES.len()).prop_map(|(line, value)| Change::Value(line, value)),
        2 => (at(), at()).prop_map(|(one, other)| Change::Swap(one, other)),
        2 => (at(), 0..LINES.len()).prop_map(|(line, which)| Change::Line(line, which)),
        1 => (at(), at()).prop_map(|(from, to)| Change::Double(from, to)),
    ]
}

fn apply(text: &str, change: &Change) -> String {
    let bytes = |at: usize| if text.is_empty() { 0 } else { at % text.len() };
    let mut lines: Vec<&str> = text.lines().collect();
    let line = |at: usize| if lines.is_empty() { 0 } else { at % lines.len() };
    let changed = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    match *change {
        Change::Byte(at, byte) => {
            let mut content = text.as_bytes().to_vec();
            content.iter_mut().skip(bytes(at)).take(1).for_each(|old| *old = byte);
            changed(content)
        }
        Change::Cut(at, count) => {
            let mut content = text.as_bytes().to_vec();
            content.drain(bytes(at)..(bytes(at) + count).min(text.len()));
            changed(content)
        }
        Change::End(at) => changed(text.as_bytes()[..bytes(at)].to_vec()),
        Change::Copy(from, count, to) => {
            let copied = &text.as_bytes()[bytes(from)..(bytes(from) + count).min(text.len())];
            changed([&text.as_bytes()[..bytes(to)], copied, &text.as_bytes()[bytes(to)..]].concat())
        }
        Change::Value(at, value) => {
            let (at, mut all) = (line(at), lines.iter().map(|line| (*line).to_owned()).collect::<Vec<String>>());
            if let Some((key, _)) = all.get(at).and_then(|line| line.split_once('=')) {
                all[at] = format!("{key}= {}", VALUES[value]);
            }
            all.join("\n")
        }
        Change::Swap(one, other) => {
            let (one, other) = (line(one), line(other));
            let mut all: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
            if let (Some((key, value)), Some((other_key, other_value))) =
                (lines.get(one).and_then(|line| line.split_once('=')), lines.get(other).and_then(|line| line.split_once('=')))
            {
                all[one] = format!("{key}={other_value}");
                all[other] = format!("{other_key}={value}");
            }
            all.join("\n")
        }
        Change::Line(at, which) => {
            lines.insert(line(at), LINES[which]);
            lines.join("\n")
        }
        Change::Double(from, to) => {
            let (from, to) = (line(from), line(to));
            let doubled = lines.get(from).copied().unwrap_or_default();
            lines.insert(to, doubled);
            lines.join("\n")
        }
    }
}

fn cut(mut text: String) -> String {
    while text.len() > BYTES_MAX {
        text.pop();
    }
    text
}

#[test]
fn shipped_scenarios_read_back_the_same() {
    assert!(shipped().iter().all(|text| check(text)));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, rng_seed: proptest::test_runner::RngSeed::Fixed(1), ..ProptestConfig::default() })]

    #[test]
    fn mutated_scenarios_are_read_or_refused_in_words(which in any::<prop::sample::Index>(), changes in prop::collection::vec(change(), 1..6)) {
        let texts = shipped();
        let mutated = changes.iter().fold(which.get(&texts).clone(), |text, change| apply(&text, change));
        check(&cut(mutated));
    }

    #[test]
    fn any_text_is_read_or_refused_in_words(text in "(\\PC|[\\[\\]{}=\"'\n.,#\\\\ ]){0,200}") {
        check(&text);
    }
}

/// Every key that there is, each with every value above: alone, so that no other mistake hides what the value does.
#[test]
fn every_value_in_every_key_is_read_or_refused_in_words() {
    let full: Vec<String> = shipped().into_iter().skip_while(|text| !text.contains("\n[preprocess]\nscale")).collect();
    let mut accepted = 0;
    for text in ["fraud_secure_dropouts", "credit_join"] {
        let text = full.iter().find(|full| full.contains(&format!("name = \"{text}\""))).expect("it is shipped");
        let lines: Vec<&str> = text.lines().collect();
        for (at, line) in lines.iter().enumerate() {
            let Some((key, _)) = line.split_once(" = ") else { continue };
            for value in VALUES {
                let changed = format!("{key} = {value}");
                let all: Vec<&str> =
                    lines.iter().enumerate().map(|(other, line)| if other == at { changed.as_str() } else { line }).collect();
                accepted += usize::from(check(&all.join("\n")));
            }
        }
    }
    assert!(accepted > 100, "{accepted}: the values were hardly ever looked at");
}

/// A scenario cut at every byte: what a disk that was full or a connection that broke leaves behind.
#[test]
fn a_scenario_cut_at_any_byte_is_read_or_refused_in_words() {
    for text in shipped().iter().filter(|text| text.contains("schedule")) {
        (0..text.len()).filter(|&end| text.is_char_boundary(end)).for_each(|end| {
            check(&text[..end]);
        });
    }
}
