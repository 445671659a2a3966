//! What a table's label column means, row by row.

use std::collections::BTreeSet;

use super::source::{Source, column};
use super::table::{Header, Kind, Table};
use crate::diag::Problem;

impl Source {
    /// Each row's label; the training rows must have both. `files` are the files' headers and how many rows each has.
    pub(super) fn labels(&self, table: &Table, files: &[(Header, usize)]) -> Result<Vec<bool>, Problem> {
        let index = table.find(&self.label).expect("the label was asked for");
        let Kind::Category(values) = &table.columns[index].kind else { unreachable!("the label was read as text") };
        let meanings: Vec<Option<bool>> = values.iter().map(|value| self.meaning(value)).collect();
        let codes: Vec<usize> = column(table, &self.label).iter().map(|&code| code as usize).collect();
        let refuse = |row: usize, message: String, help: String| {
            let problem = Problem::about("data.label", message).help(help);
            let header = header_of(row, files);
            match header.find(&self.label) {
                Some(column) => problem.at(header.place(column), "the label"),
                None => problem,
            }
        };
        let shown = |values: &[String]| {
            let more = if values.len() > 5 { ", ..." } else { "" };
            format!("{}{more}", values.iter().take(5).map(|value| format!("\"{value}\"")).collect::<Vec<_>>().join(", "))
        };
        let name = &self.label;
        if values.len() > 2 && (self.positive.is_some() || meanings.contains(&None)) {
            let message = format!("the label `{name}` has {} values, not two: {}", values.len(), shown(values));
            let help = "a label has two values; check data.label, or leave the other rows out of the file".to_owned();
            return Err(refuse(odd_row(&codes, &meanings), message, help));
        }
        if let Some(positive) = self.positive.as_ref().filter(|_| !meanings.contains(&Some(true))) {
            let message = format!("no row's label `{name}` is \"{positive}\"; there are {}", shown(values));
            return Err(Problem::about("data.positive", message).help("set data.positive to the value that counts as 1"));
        }
        if meanings.contains(&None) {
            let message = format!("the label `{name}` is not 0 or 1 but {}", shown(values));
            // What is looked for, a fraud or a default, is mostly the rarer.
            let count = |value: &usize| codes.iter().filter(|&code| code == value).count();
            let rarer = (0..values.len()).min_by_key(count).expect("there are rows");
            let help = format!("say which value counts as 1: data.positive = \"{}\", for instance", values[rarer]);
            return Err(refuse(odd_row(&codes, &meanings), message, help));
        }
        let labels: Vec<bool> = codes.iter().map(|&code| meanings[code].expect("checked above")).collect();
        let training: usize = files[..files.len().saturating_sub(1).max(1)].iter().map(|(_, rows)| rows).sum();
        let first = labels.first().copied().unwrap_or_default();
        if labels[..training].iter().all(|&label| label == first) {
            let message = format!("the label `{name}` is {} in every row: there is nothing to tell apart", u8::from(first));
            return Err(refuse(0, message, "check data.label, or give rows of both classes".to_owned()));
        }
        Ok(labels)
    }

    /// Whether a label's value means 1; `None` if it means neither 0 nor 1 and no positive value was named.
    pub fn meaning(&self, value: &str) -> Option<bool> {
        let same = |a: &str, b: &str| a == b || matches!((a.trim().parse::<f64>(), b.trim().parse::<f64>()), (Ok(a), Ok(b)) if a == b);
        match &self.positive {
            Some(positive) => Some(same(value, positive)),
            None if same(value, "1") => Some(true),
            None if same(value, "0") => Some(false),
            None => None,
        }
    }
}

/// The header of the file that a row is in.
fn header_of(row: usize, files: &[(Header, usize)]) -> &Header {
    let mut end = 0;
    let file = files.iter().find(|(_, rows)| {
        end += rows;
        row < end
    });
    &file.expect("every row is in a file").0
}

/// The first row whose label means neither 0 nor 1 or, if there is none, whose label is the third value that appears.
fn odd_row(codes: &[usize], meanings: &[Option<bool>]) -> usize {
    let strange = codes.iter().position(|&code| meanings[code].is_none());
    strange.unwrap_or_else(|| {
        let mut seen = BTreeSet::new();
        let third = codes.iter().position(|&code| seen.insert(code) && seen.len() == 3);
        third.expect("a label that is odd has a value too many")
    })
}
