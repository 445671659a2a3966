//! The verdict for people: the answer in one line, then what differs, inputs first.

use std::fmt::Write as _;

use serde_json::Value;

use super::evidence::FileState;
use super::lines::LineDifference;
use super::parameters::ParameterDifference;
use super::rounds::RoundDifference;
use super::verdict::{FileDifference, Mode, Side, Verdict};
use crate::numeric::digest::Hash;
use crate::numeric::text::shortest;
use crate::runs::SCENARIO;

/// How many files the headline names.
const NAMED: usize = 3;

/// How many characters of a value are shown.
const SHOWN: usize = 48;

/// How many digits of a SHA-256 value are shown.
const DIGITS: usize = 12;

impl Verdict {
    /// The answer in one line.
    pub fn headline(&self) -> String {
        let run = folder(&self.run);
        if self.is_same() {
            let count = self.files_compared;
            return match self.mode {
                Mode::Files => format!("same: all {count} files of {run} are as its manifest says"),
                Mode::Rerun => format!("same: a rerun gives {run} again, all {count} files to the byte"),
                Mode::Against => format!("same: {run} and {} have the same results, all {count} files to the byte", self.other_name()),
            };
        }
        let answer = match self.mode {
            Mode::Files => format!("{} not as the manifest of {run} says", self.broken_files()),
            Mode::Rerun if self.is_only_damaged() => {
                format!("a rerun gives what the manifest of {run} says, but {} not as the run left it", self.broken_files())
            }
            _ if self.results.is_empty() && self.files.is_empty() && self.first_round.is_none() => {
                format!("{run} and {} have the same results, but not of the same inputs", self.other_name())
            }
            Mode::Rerun => format!("a rerun does not give {run} again"),
            Mode::Against => format!("{run} and {} are not the same run", self.other_name()),
        };
        format!("different: {answer}")
    }

    /// The whole verdict, ending in a line break.
    pub fn render(&self) -> String {
        let mut text = self.headline() + "\n";
        if let Some(other) = &self.other {
            let is_silent = self.is_same() && self.inputs.is_empty();
            if !is_silent {
                let _ = writeln!(text, "left      {}, by fedsim {}", folder(&self.run), printable(&self.run.fedsim));
                let _ = writeln!(text, "right     {}, by fedsim {}", self.other_name(), printable(&other.fedsim));
                text += &self.inputs_in_words();
            }
        }
        if !self.results.is_empty() || self.first_round.is_some() || self.parameters.is_some() {
            text += "\nresults\n";
            let facts = self.results.iter().map(|fact| (fact.name.to_owned(), pair(Some(&plain(&fact.run)), Some(&plain(&fact.other)))));
            let round = self.first_round.iter().map(|round| ("first round apart".to_owned(), in_round(round)));
            let parameters = self.parameters.iter().flat_map(in_model);
            text += &aligned(&round.chain(parameters).chain(facts).collect::<Vec<_>>());
        }
        if !self.files.is_empty() {
            text += "\nfiles\n";
            text += &aligned(&self.files.iter().map(|file| (file.file.clone(), in_file(file))).collect::<Vec<_>>());
        }
        text
    }

    fn inputs_in_words(&self) -> String {
        if self.inputs.is_empty() {
            return "inputs    the same data, version and scenario\n".to_owned();
        }
        let said = |decides: bool| if decides { "" } else { "  (by itself no difference)" };
        let one = |input: &super::Input| pair(input.run.as_deref(), input.other.as_deref()) + said(input.decides);
        let rows: Vec<(String, String)> = self.inputs.iter().map(|input| (printable(&input.key), one(input))).collect();
        format!("\ninputs\n{}", aligned(&rows))
    }

    fn other_name(&self) -> String {
        self.other.as_ref().map_or_else(String::new, folder)
    }

    /// Whether the two runs agree in all that their manifests record, and only files were changed afterwards.
    fn is_only_damaged(&self) -> bool {
        let decides = self.inputs.iter().any(|input| input.decides);
        !decides && self.results.is_empty() && self.files.iter().all(|file| file.recorded_alike != Some(false))
    }

    /// The files that are not in order in the run, and their verb.
    fn broken_files(&self) -> String {
        let names: Vec<&str> = self.files.iter().map(|file| file.file.as_str()).collect();
        match names.as_slice() {
            [one] => format!("{one} is"),
            [first @ .., last] if names.len() <= NAMED => format!("{} and {last} are", first.join(", ")),
            _ => format!("{} and {} more are", names[..NAMED.min(names.len())].join(", "), names.len().saturating_sub(NAMED)),
        }
    }
}

fn folder(side: &Side) -> String {
    side.folder.as_deref().map_or_else(|| "its rerun".to_owned(), printable_whole)
}

/// Names to the left, what is said of them to the right.
fn aligned(rows: &[(String, String)]) -> String {
    let width = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
    rows.iter().map(|(name, words)| format!("  {name:<width$}  {words}\n")).collect()
}

/// Two values side by side.
fn pair(run: Option<&str>, other: Option<&str>) -> String {
    let shown = |value: Option<&str>| value.map_or_else(|| "(none)".to_owned(), printable);
    format!("{} | {}", shown(run), shown(other))
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A text of a file's, cut to a fitting length, that can do nothing to a terminal.
fn printable(text: &str) -> String {
    if Hash::from_hex(text).is_some() {
        return format!("{}...", &text[..DIGITS]);
    }
    let cut: String = text.chars().take(SHOWN).collect();
    let end = if cut.len() < text.len() { "..." } else { "" };
    printable_whole(&cut) + end
}

fn printable_whole(text: &str) -> String {
    let mut shown = String::new();
    for letter in text.chars() {
        if letter.is_control() { shown.extend(letter.escape_default()) } else { shown.push(letter) }
    }
    shown
}

/// Four significant digits.
fn rounded(value: f64) -> String {
    format!("{value:.3e}").parse().map_or_else(|_| value.to_string(), shortest)
}

fn in_round(found: &RoundDifference) -> String {
    let round = found.round;
    match (found.in_run, found.in_other) {
        (true, false) => format!("{round}, which the left one alone has"),
        (false, _) => format!("{round}, which the right one alone has"),
        (true, true) => {
            let start = if round == 0 { " (before any training)" } else { "" };
            let cells = found.columns.iter().map(|cell| format!("{} {}", cell.column, pair(Some(&cell.run), Some(&cell.other))));
            format!("{round}{start}: {}", cells.collect::<Vec<_>>().join("; "))
        }
    }
}

fn in_model(found: &ParameterDifference) -> Vec<(String, String)> {
    let &ParameterDifference { run, other, differing, .. } = found;
    let counts = if run == other {
        format!("{differing} of {run} parameters differ")
    } else {
        format!("{run} parameters on the left, {other} on the right, {differing} of them not alike")
    };
    let mut rows = vec![("model".to_owned(), counts)];
    if let Some(farthest) = &found.farthest {
        let values = pair(Some(&shortest(farthest.run)), Some(&shortest(farthest.other)));
        let words = format!("{}, by {}: {values}", printable(&farthest.name), rounded(farthest.difference));
        rows.push(("  most of all".to_owned(), words));
    }
    if let Some(distance) = found.distance {
        let share = found.relative.map(|relative| format!(", {} % of the left model's length", rounded(100.0 * relative)));
        rows.push(("  distance".to_owned(), rounded(distance) + &share.unwrap_or_default()));
    }
    rows
}

fn in_file(found: &FileDifference) -> String {
    let mut parts = Vec::new();
    let is_pair = found.other.is_some_and(|state| state != FileState::Absent || found.run != FileState::Whole);
    let on = |side: &str, words: &str| if is_pair && !words.is_empty() { format!("{side}: {words}") } else { words.to_owned() };
    parts.push(on("left", standing(&found.file, found.run)));
    if let Some(other) = found.other {
        parts.push(on("right", standing(&found.file, other)));
        match (found.run, other) {
            (FileState::Absent, _) => parts.push("the right one alone has it".to_owned()),
            (_, FileState::Absent) => parts.push("the left one alone has it".to_owned()),
            _ => {}
        }
    }
    parts.extend(found.first.as_ref().map(in_line));
    parts.retain(|part| !part.is_empty());
    if parts.is_empty() {
        parts.push("the manifests have other SHA-256 values of it".to_owned());
    }
    parts.join("; ")
}

/// How a file stands to its manifest, if it is not in order.
fn standing(file: &str, state: FileState) -> &'static str {
    match (state, file) {
        (FileState::Whole | FileState::Absent, _) => "",
        (FileState::Missing, _) => "missing",
        (FileState::Unlisted, _) => "not of this run, as its manifest does not list it",
        (FileState::Changed, SCENARIO) => "not the scenario of this run, as it does not give the manifest's identity",
        (FileState::Changed, "manifest.json") => "not of this run, as round_log.csv ends in another round or state",
        (FileState::Changed, _) => "changed since the run, as its SHA-256 is not the manifest's",
    }
}

fn in_line(found: &LineDifference) -> String {
    let shown = |value: Option<&str>| value.map_or_else(|| "(ended)".to_owned(), printable);
    let column = found.column.as_deref().map(|column| format!(", {}", printable(column))).unwrap_or_default();
    format!("line {}{column}: {} | {}", found.line, shown(found.run.as_deref()), shown(found.other.as_deref()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_cut_and_can_do_nothing_to_a_terminal() {
        assert_eq!(printable("a\u{1b}[2Jb\n"), "a\\u{1b}[2Jb\\n");
        assert_eq!(printable(&"x".repeat(100)), "x".repeat(SHOWN) + "...");
        assert_eq!(printable(&Hash::of(b"abc").hex()), "ba7816bf8f01...");
        assert_eq!(rounded(0.012_345_6), "0.01235");
        assert_eq!(rounded(f64::INFINITY), "inf");
    }
}
