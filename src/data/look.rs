//! A look at a table that nobody has described yet: what its columns hold, and what its label's values are.

use std::path::Path;

use super::csv::{self, ColumnRequest, Missing, Options, Role};
use super::source::column;
use super::suspects::{Suspicion, suspicion};
use super::table::{Header, Kind, Table};
use crate::diag::{Error, Problem};

/// Texts that mean a missing cell by default, and those that are tried if a column of numbers has other texts in it.
const NA_VALUES: [&str; 2] = ["", "NA"];
const MORE_NA_VALUES: [&str; 10] = ["", "NA", "N/A", "NaN", "nan", "null", "NULL", "None", "?", "."];

/// A cell that lies so many times the distance of the outer quantiles beyond them makes a heavy tail.
const TAIL: f64 = 3.0;

/// The outer quantiles.
const OUTER: f64 = 0.01;

/// What a table holds.
#[derive(Clone, Debug)]
pub struct Look {
    /// How many rows there are.
    pub rows: usize,
    /// The columns but for the label.
    pub columns: Vec<LookedAt>,
    /// The label's two values with their numbers of rows, the rarer first.
    pub label: [(String, usize); 2],
    /// The texts that mean a missing cell, if the usual ones do not do.
    pub na_values: Option<Vec<String>>,
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
/// When the file can't be read, isn't a proper CSV, or the label isn't there or hasn't two values.
pub fn look(path: &Path, label: &str) -> Result<Look, Error> {
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
    let values = label_values(&table, label_index)?;
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

/// The label's two values, the rarer first; of equally rare ones, the later in the alphabet, which is 1 of 0 and 1.
fn label_values(table: &Table, index: usize) -> Result<[(String, usize); 2], Problem> {
    let name = &table.columns[index].name;
    let Kind::Category(values) = &table.columns[index].kind else { unreachable!("the label was read as text") };
    let refuse = |message: String| {
        let two_valued = (0..table.columns.len()).filter(|&other| other != index && is_two_valued(table, other));
        let names: Vec<String> = two_valued.take(10).map(|other| format!("`{}`", table.columns[other].name)).collect();
        let help = match names.as_slice() {
            [] => "no column of the table has two values".to_owned(),
            names => format!("columns with two values are {}", names.join(", ")),
        };
        let problem = Problem::new(message).help(help);
        match table.header.find(name) {
            Some(place) => problem.at(table.header.place(place), "not a label of two values"),
            None => problem,
        }
    };
    let shown = |values: &[String]| values.iter().take(5).map(|value| format!("\"{value}\"")).collect::<Vec<_>>().join(", ");
    let [a, b] = values.as_slice() else {
        return Err(match values.len() {
            0 => refuse(format!("the label `{name}` has no rows")),
            1 => refuse(format!("the label `{name}` is {} in every row: there is nothing to tell apart", shown(values))),
            count => {
                refuse(format!("the label `{name}` has {count} values, not two: {}{}", shown(values), if count > 5 { ", ..." } else { "" }))
            }
        });
    };
    let of_b = column(table, name).iter().filter(|&&code| code == 1.0).count();
    let (a, b) = ((a.clone(), table.rows() - of_b), (b.clone(), of_b));
    Ok(if a.1 < b.1 { [a, b] } else { [b, a] })
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
