//! What a table's label column means, row by row.

use std::collections::BTreeSet;

use super::columns::column;
use super::source::Source;
use super::table::{Header, Kind, Table};
use crate::diag::Problem;
use crate::numeric::text::shortest;
use crate::tasks::{CLASSES_MAX, LabelColumn, Labels, Task};

/// The labels of all rows, and the classes' names where they are classes of other names than 0 and 1.
pub(super) type Read = (LabelColumn, Vec<String>);

impl Source {
    /// Each row's label, as the model's task wants it. `files` are the files' headers and how many rows each has.
    pub(super) fn labels(&self, table: &Table, files: &[(Header, usize)]) -> Result<Read, Problem> {
        let Some(name) = &self.label else { return Ok((LabelColumn::Absent(table.rows()), Vec::new())) };
        let refuse = |row: usize, message: String, help: &str| {
            let problem = Problem::about("data.label", message).help(help);
            let header = header_of(row, files);
            match header.find(name) {
                Some(column) => problem.at(header.place(column), "the label"),
                None => problem,
            }
        };
        let (labels, classes) = match self.labelling.task {
            Task::Binary => (LabelColumn::Binary(self.binary(table, files)?), Vec::new()),
            Task::Multiclass => {
                let (labels, classes) = classes(table, name).map_err(|(message, help)| refuse(0, message, help))?;
                (LabelColumn::Classes(labels), classes)
            }
            Task::Regression => {
                let labels = column(table, name);
                if let Some(row) = labels.iter().position(|label| self.labelling.is_of_shares && !(0.0..=1.0).contains(label)) {
                    let message = format!("the label `{name}` of row {} is {}, not a share from 0 to 1", row + 1, shortest(labels[row]));
                    return Err(refuse(row, message, "bring it between 0 and 1, or use model.kind = \"linear\", which takes any number"));
                }
                (LabelColumn::Values(labels), Vec::new())
            }
            Task::Clusters | Task::Reconstruction => unreachable!("a scenario without a task for labels names none"),
        };
        let training: usize = files[..files.len().saturating_sub(1).max(1)].iter().map(|(_, rows)| rows).sum();
        let first_rows: Vec<u32> = (0..training as u32).collect();
        match gap(labels.all(), &first_rows, &classes) {
            Some(Gap::Alike(label)) => {
                let (what, help) = match self.labelling.task {
                    Task::Regression => ("nothing to learn", "check data.label"),
                    _ => ("nothing to tell apart", "check data.label, or give rows of both classes"),
                };
                Err(refuse(0, format!("the label `{name}` is {label} in every row: there is {what}"), help))
            }
            _ => Ok((labels, classes)),
        }
    }

    /// Whether each row's label is 1.
    fn binary(&self, table: &Table, files: &[(Header, usize)]) -> Result<Vec<bool>, Problem> {
        let name = self.label.as_ref().expect("a task of two classes has a label");
        let index = table.find(name).expect("the label was asked for");
        let Kind::Category(values) = &table.columns[index].kind else { unreachable!("the label was read as text") };
        let meanings: Vec<Option<bool>> = values.iter().map(|value| self.meaning(value)).collect();
        let codes: Vec<usize> = column(table, name).iter().map(|&code| code as usize).collect();
        let refuse = |row: usize, message: String, help: String| {
            let problem = Problem::about("data.label", message).help(help);
            let header = header_of(row, files);
            match header.find(name) {
                Some(column) => problem.at(header.place(column), "the label"),
                None => problem,
            }
        };
        if values.len() > 2 && (self.positive.is_some() || meanings.contains(&None)) {
            let message = format!("the label `{name}` has {} values, not two: {}", values.len(), shown(values));
            let help = "this model tells two classes apart: use model.kind = \"softmax\" for several, or \"linear\" for a number; or check data.label, or leave the other rows out of the file".to_owned();
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
        Ok(codes.iter().map(|&code| meanings[code].expect("checked above")).collect())
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

/// A few values in quotes.
fn shown(values: &[String]) -> String {
    let more = if values.len() > 5 { ", ..." } else { "" };
    format!("{}{more}", values.iter().take(5).map(|value| format!("\"{value}\"")).collect::<Vec<_>>().join(", "))
}

/// Each row's class, and the classes' names.
type Classes = (Vec<u8>, Vec<String>);

/// Each row's class, and the classes in their order: of numbers that of numbers, else that of their bytes.
fn classes(table: &Table, name: &str) -> Result<Classes, (String, &'static str)> {
    let index = table.find(name).expect("the label was asked for");
    let Kind::Category(values) = &table.columns[index].kind else { unreachable!("the label was read as text") };
    if values.len() > CLASSES_MAX {
        let message = format!("the label `{name}` has {} values, and {CLASSES_MAX} classes are the most: {}", values.len(), shown(values));
        return Err((message, "check data.label, or use model.kind = \"linear\" for a number"));
    }
    let mut order: Vec<usize> = (0..values.len()).collect();
    let numbers: Option<Vec<f64>> = values.iter().map(|value| value.trim().parse().ok()).collect();
    if let Some(numbers) = numbers {
        order.sort_by(|&a, &b| numbers[a].total_cmp(&numbers[b]));
    }
    let mut places = vec![0; values.len()];
    order.iter().enumerate().for_each(|(place, &code)| places[code] = place as u8);
    let labels = column(table, name).iter().map(|&code| places[code as usize]).collect();
    Ok((labels, order.into_iter().map(|code| values[code].clone()).collect()))
}

/// Why rows can't be learned from, or looked at.
pub(super) enum Gap {
    /// All have this label.
    Alike(String),
    /// None is of this class.
    Without(String),
}

/// What some rows lack, if they lack anything.
pub(super) fn gap(labels: Labels<'_>, rows: &[u32], classes: &[String]) -> Option<Gap> {
    let first = *rows.first()? as usize;
    let is_alike = |is_same: &dyn Fn(usize) -> bool| rows.iter().all(|&row| is_same(row as usize));
    match labels {
        Labels::Absent(_) => None,
        Labels::Binary(labels) => is_alike(&|row| labels[row] == labels[first]).then(|| Gap::Alike(u8::from(labels[first]).to_string())),
        Labels::Values(labels) => is_alike(&|row| labels[row] == labels[first]).then(|| Gap::Alike(shortest(labels[first]))),
        Labels::Classes(labels) if is_alike(&|row| labels[row] == labels[first]) => {
            Some(Gap::Alike(format!("\"{}\"", classes[usize::from(labels[first])])))
        }
        Labels::Classes(labels) => {
            let mut is_there = vec![false; classes.len()];
            rows.iter().for_each(|&row| is_there[usize::from(labels[row as usize])] = true);
            let absent = is_there.iter().position(|is_there| !is_there)?;
            Some(Gap::Without(format!("\"{}\"", classes[absent])))
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
