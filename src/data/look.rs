//! A look at a table that nobody has described yet: what its columns hold, and what its label's values are.

use std::path::Path;

use super::csv::{self, ColumnRequest, Missing, Options, Role};
use super::suspects::{Suspicion, suspicion};
use super::table::{Header, Kind, Table};
use crate::diag::{Error, Problem};
use crate::tasks::{CLASSES_MAX, Task};

/// Texts that mean a missing cell by default, and those that are tried if a column of numbers has other texts in it.
const NA_VALUES: [&str; 2] = ["", "NA"];
const MORE_NA_VALUES: [&str; 10] = ["", "NA", "N/A", "NaN", "nan", "null", "NULL", "None", "?", "."];

/// A cell that lies so many times the distance of the outer quantiles beyond them makes a heavy tail.
const TAIL: f64 = 3.0;

/// So many whole numbers are classes, unless they are said to be numbers.
const FEW: usize = 20;

/// The outer quantiles.
const OUTER: f64 = 0.01;

/// What a table holds.
#[derive(Clone, Debug)]
pub struct Look {
    /// How many rows there are.
    pub rows: usize,
    /// The columns but for the label.
    pub columns: Vec<LookedAt>,
    /// What the label's column holds.
    pub label: LookedLabel,
    /// The texts that mean a missing cell, if the usual ones do not do.
    pub na_values: Option<Vec<String>>,
}

/// What a label's column holds, each value with its number of rows.
#[derive(Clone, Debug)]
pub enum LookedLabel {
    /// Two values, the rarer first.
    Two([(String, usize); 2]),
    /// More values than two, the rarest first.
    Several(Vec<(String, usize)>),
    /// Numbers.
    Numbers {
        /// How many different ones there are.
        count: usize,
        /// Whether they are shares, between 0 and 1.
        are_shares: bool,
    },
}

/// What a column holds.
#[derive(Clone, Debug)]
pub struct LookedAt {
    /// Its name.
    pub name: String,
    /// How many different texts it holds; `None` if it holds numbers.
    pub texts: Option<usize>,
    /// How many cells are missing.
    pub missing: usize,
    /// Why it may be no feature.
    pub suspicion: Option<Suspicion>,
    /// Whether some of its numbers lie far out.
    pub has_heavy_tail: bool,
}

/// Looks at the table at `path` whose label is to be the column `label`.
///
/// # Errors
/// When the file can't be read, isn't a proper CSV, or the label isn't there or holds nothing that could be learned, or not what `task`
/// is about.
pub fn look(path: &Path, label: &str, task: Option<Task>) -> Result<Look, Error> {
    let usual = read(path, label, &NA_VALUES);
    let (table, na_values) = match usual {
        Ok(table) => (table, None),
        // The first error speaks of the file as it is: only a table that reads another way is better.
        Err(error) => match read(path, label, &MORE_NA_VALUES) {
            Ok(table) => (table, Some(MORE_NA_VALUES.map(str::to_owned).to_vec())),
            Err(_) => return Err(error),
        },
    };
    let label_index = table.find(label).expect("the label was asked for");
    let values = looked_label(&table, label_index, task)?;
    let others = (0..table.columns.len()).filter(|&index| index != label_index);
    let columns = others.map(|index| looked_at(&table, index)).collect();
    Ok(Look { rows: table.rows(), columns, label: values, na_values })
}

fn read(path: &Path, label: &str, na_values: &[&str]) -> Result<Table, Error> {
    let na_values: Vec<String> = na_values.iter().map(|&text| text.to_owned()).collect();
    let options = Options { delimiter: None, na_values: &na_values };
    let choose = |header: &Header| {
        if header.find(label).is_none() {
            return Err(header.missing(label, "--label").into());
        }
        let request = |name: &String| match name == label {
            true => ColumnRequest { role: Role::Category, missing: Missing::Refused },
            false => ColumnRequest { role: Role::Infer, missing: Missing::Allowed },
        };
        Ok(header.names().iter().map(request).collect())
    };
    Ok(csv::read(path, &options, choose)?.table)
}

/// What the label holds: two values are classes, and so are a few more, unless they are numbers with fractions or `task` has it otherwise.
fn looked_label(table: &Table, index: usize, task: Option<Task>) -> Result<LookedLabel, Problem> {
    let name = &table.columns[index].name;
    let Kind::Category(values) = &table.columns[index].kind else { unreachable!("the label was read as text") };
    let refuse = |message: String, label: &'static str, help: String| {
        let problem = Problem::new(message).help(help);
        match table.header.find(name) {
            Some(place) => problem.at(table.header.place(place), label),
            None => problem,
        }
    };
    let shown = |values: &[String]| values.iter().take(5).map(|value| format!("\"{value}\"")).collect::<Vec<_>>().join(", ");
    let (all, more) = (shown(values), if values.len() > 5 { ", ..." } else { "" });
    let numbers: Option<Vec<f64>> =
        values.iter().map(|value| value.trim().parse().ok().filter(|number: &f64| number.is_finite())).collect();
    let are_classes = match &numbers {
        Some(numbers) => values.len() <= FEW && numbers.iter().all(|number| number.fract() == 0.0),
        None => values.len() <= CLASSES_MAX,
    };
    match (values.len(), task) {
        (0, _) => Err(refuse(format!("the label `{name}` has no rows"), "nothing to learn", "name a table that has rows".to_owned())),
        (1, _) => {
            let message = format!("the label `{name}` is {all} in every row: there is nothing to tell apart");
            Err(refuse(message, "not a label", two_valued(table, index)))
        }
        (2, None | Some(Task::Binary)) => {
            let counted = rarest_first(table, index, values);
            Ok(LookedLabel::Two(<[_; 2]>::try_from(counted).expect("two values")))
        }
        (count, Some(Task::Binary)) => {
            let message = format!("the label `{name}` has {count} values, not two: {all}{more}");
            Err(refuse(message, "not a label of two values", two_valued(table, index)))
        }
        (count, Some(Task::Multiclass)) if count > CLASSES_MAX => {
            let message = format!("the label `{name}` has {count} values, and {CLASSES_MAX} classes are the most: {all}{more}");
            Err(refuse(message, "too many classes", "numbers are predicted with --task regression".to_owned()))
        }
        (_, Some(Task::Multiclass)) => Ok(LookedLabel::Several(rarest_first(table, index, values))),
        (_, None) if are_classes => Ok(LookedLabel::Several(rarest_first(table, index, values))),
        (count, task) => {
            if let Some(numbers) = numbers {
                return Ok(LookedLabel::Numbers { count, are_shares: numbers.iter().all(|number| (0.0..=1.0).contains(number)) });
            }
            let what = if task.is_some() { "are no numbers" } else { "are neither classes nor numbers" };
            let message = format!("the label `{name}` has {count} values that {what}: {all}{more}");
            Err(refuse(message, "not a label", two_valued(table, index)))
        }
    }
}

/// Each value of a column with its number of rows, the rarest first; of equally rare ones, the later in the alphabet, which is 1 of 0
/// and 1.
fn rarest_first(table: &Table, index: usize, values: &[String]) -> Vec<(String, usize)> {
    let mut counts = vec![0; values.len()];
    (0..table.rows()).for_each(|row| counts[table.row(row)[index] as usize] += 1);
    let mut counted: Vec<(String, usize)> = values.iter().cloned().zip(counts).rev().collect();
    counted.sort_by_key(|(_, count)| *count);
    counted
}

/// What could be a label of two values instead.
fn two_valued(table: &Table, index: usize) -> String {
    let two_valued = (0..table.columns.len()).filter(|&other| other != index && is_two_valued(table, other));
    let names: Vec<String> = two_valued.take(10).map(|other| format!("`{}`", table.columns[other].name)).collect();
    if names.is_empty() {
        "no column of the table has two values".to_owned()
    } else {
        format!("columns with two values are {}", names.join(", "))
    }
}

fn is_two_valued(table: &Table, index: usize) -> bool {
    match &table.columns[index].kind {
        Kind::Category(values) => values.len() == 2,
        Kind::Number => {
            let mut found: Vec<f64> = Vec::new();
            (0..table.rows()).map(|row| table.row(row)[index]).filter(|cell| !cell.is_nan()).all(|cell| {
                if !found.contains(&cell) {
                    found.push(cell);
                }
                found.len() <= 2
            }) && found.len() == 2
        }
    }
}

fn looked_at(table: &Table, index: usize) -> LookedAt {
    let mut cells: Vec<f64> = (0..table.rows()).map(|row| table.row(row)[index]).filter(|cell| !cell.is_nan()).collect();
    let missing = table.rows() - cells.len();
    let texts = match &table.columns[index].kind {
        Kind::Category(values) => Some(values.len()),
        Kind::Number => None,
    };
    let has_heavy_tail = texts.is_none() && has_heavy_tail(&mut cells);
    LookedAt { name: table.columns[index].name.clone(), texts, missing, suspicion: suspicion(table, index), has_heavy_tail }
}

/// Whether a cell lies far beyond the outer quantiles.
fn has_heavy_tail(cells: &mut [f64]) -> bool {
    cells.sort_unstable_by(f64::total_cmp);
    let at = |share: f64| cells[(share * (cells.len() - 1) as f64).round() as usize];
    if cells.is_empty() {
        return false;
    }
    let (low, high) = (at(OUTER), at(1.0 - OUTER));
    let room = TAIL * (high - low);
    // Of a column that is nearly always the same, the few others are what it tells.
    room > 0.0 && (at(0.0) < low - room || at(1.0) > high + room)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_far_out_makes_a_heavy_tail_and_a_rare_flag_does_not() {
        let mut cells: Vec<f64> = (0..1000).map(f64::from).collect();
        assert!(!has_heavy_tail(&mut cells));
        cells[0] = 1e6;
        assert!(has_heavy_tail(&mut cells));
        let mut flag = vec![0.0; 1000];
        flag[3] = 1.0;
        assert!(!has_heavy_tail(&mut flag) && !has_heavy_tail(&mut []));
    }
}
