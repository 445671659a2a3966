//! The smaller tables, each where the run left its file: fairness, comparison, joining, secure aggregation, performance.

use super::grid::{Choice, Column, Grid, ROWS_MAX, Value};
use super::markup::{facts, note, paragraph};
use super::names;
use crate::diag::Error;
use crate::logs::Unit;
use crate::runs::Saved;

/// The spread of metrics over clients, in the first measured round and the last.
///
/// # Errors
/// When the file is not as fedsim wrote it.
pub(super) fn fairness(saved: &Saved) -> Result<String, Error> {
    const FILE: &str = "fairness.csv";
    let names = saved.columns(FILE)?;
    let units: Vec<Unit> = names.iter().map(|name| names::unit(name)).collect();
    // Of each round only its number is kept, and the rows of the first and of the last.
    let (mut first, mut last): (Vec<Vec<Value>>, Vec<Vec<Value>>) = (Vec::new(), Vec::new());
    saved.rows_of(FILE, &names, |cells| {
        let mut row = cells.iter().zip(&units).map(|(cell, unit)| Value::read(*cell, *unit)).collect::<Result<Vec<_>, Error>>()?;
        name_metrics(&names, &mut row);
        if first.first().is_none_or(|known| known[0] == row[0]) {
            first.push(row);
            return Ok(());
        }
        if last.first().is_some_and(|known| known[0] != row[0]) {
            last.clear();
        }
        last.push(row);
        Ok(())
    })?;
    first.append(&mut last);
    let mut grid = Grid { columns: names.iter().map(|name| Column::named(name)).collect(), rows: first };
    grid.drop_empty_columns();
    let text = "How evenly the model serves the clients, each measured on its own rows: the client it serves worst, the one at the \
                10th percentile counted from the worst, the median client, and the Gini coefficient, which is 0 where all clients are \
                served alike and nears 1 where few have all.";
    Ok(paragraph(text) + &grid.html("fairness", "Fairness") + &note("In the first measured round and in the last; fairness.csv has all."))
}

/// The federation beside the centralised model and each client alone.
///
/// # Errors
/// When the file is not as fedsim wrote it.
pub(super) fn baseline(saved: &Saved) -> Result<String, Error> {
    const FILE: &str = "baseline_vs_fl.csv";
    let names = saved.columns(FILE)?;
    let mut grid = Grid::of_csv(saved, FILE, Choice::new(ROWS_MAX, ROWS_MAX))?;
    for row in &mut grid.rows {
        name_metrics(&names, row);
    }
    let text = "The same model trained on the pooled rows, by the federation, and by each client alone, all measured on the test rows; \
                whether the federation is equivalent is decided where a tolerance was set.";
    Ok(paragraph(text) + &grid.html("baseline", "Comparison with baselines"))
}

/// What each client gains by joining.
///
/// # Errors
/// When the file is not as fedsim wrote it.
pub(super) fn joining(saved: &Saved) -> Result<String, Error> {
    const FILE: &str = "join.csv";
    let (mut better, mut worse, mut all) = (0, 0, 0);
    saved.rows(FILE, ["verdict"], |[verdict]| {
        all += 1;
        better += usize::from(verdict.text() == "gains");
        worse += usize::from(verdict.text() == "loses");
        Ok(())
    })?;
    let choice = Choice::new(all, ROWS_MAX);
    let grid = Grid::of_csv(saved, FILE, choice)?;
    let [better, worse, unknown, all] = [better, worse, all - better - worse, all].map(|count| Unit::Plain.show(count as f64));
    let text = format!(
        "Each client that has rows trained alone, in the federation and with all rows in one place. {better} of {all} clients are \
         better off in the federation than alone, and {worse} worse off; of {unknown} nobody can tell."
    );
    let rest = choice.note("clients", FILE).map(|text| note(&text)).unwrap_or_default();
    Ok(paragraph(&text) + &grid.html("join", "Joining") + &rest)
}

/// The summary of secure aggregation, and what clients that collude would see.
///
/// # Errors
/// When the file is not as fedsim wrote it.
pub(super) fn secure(saved: &Saved) -> Result<String, Error> {
    let mut figures = Vec::new();
    let mut rows: Vec<Vec<Value>> = Vec::new();
    let (mut safe, mut unsafe_from) = (None, None);
    saved.rows("secagg_summary.csv", ["metric", "colluders", "value"], |[metric, colluders, value]| {
        let Some(count) = colluders.optional()? else {
            if let Some(number) = value.optional()? {
                figures.push((names::label(metric.text()), names::unit(metric.text()).show(number)));
            }
            return Ok(());
        };
        if rows.last().is_none_or(|row| row[0] != Value::Number(count)) {
            rows.push(vec![Value::Number(count), Value::Empty, Value::Empty]);
        }
        let row = rows.last_mut().expect("one was just added");
        if metric.text() == "honest_inputs_left" {
            row[2] = Value::Number(value.number()?);
            return Ok(());
        }
        row[1] = Value::Words(value.text().to_owned());
        if value.text() == "yes" {
            safe = Some(count);
        } else {
            unsafe_from = unsafe_from.or(Some(count));
        }
        Ok(())
    })?;
    let mut html = format!("<div class=\"counts\">\n{}</div>\n", facts(&figures));
    if rows.is_empty() {
        return Ok(html);
    }
    let words = |count: f64| Unit::Plain.show(count);
    html.push_str(&paragraph(&match (safe, unsafe_from) {
        (Some(safe), Some(from)) => format!(
            "Where as many as {} clients tell the server all they know, it still learns nothing but the sum; from {} on that is not \
             assured.",
            words(safe),
            words(from)
        ),
        (Some(_), None) => "The server learns nothing but the sum, however many clients tell it all they know.".to_owned(),
        _ => "Even where no client colludes with the server, it is not assured that it learns nothing but the sum.".to_owned(),
    }));
    let choice = Choice::new(rows.len(), ROWS_MAX);
    let mut at = 0..;
    rows.retain(|_| at.next().is_some_and(|at| choice.has(at)));
    let columns = [("Colluders", Unit::Plain), ("Sum is safe", Unit::Text), ("Honest inputs left in the sum", Unit::Plain)];
    let columns = columns.map(|(label, unit)| Column::new(label, unit)).to_vec();
    html.push_str(&Grid { columns, rows }.html("collusion", "Collusion"));
    html.push_str(&choice.note("rows", "secagg_summary.csv").map(|text| note(&text)).unwrap_or_default());
    Ok(html)
}

/// Time and bytes in all.
///
/// # Errors
/// When the file is not as fedsim wrote it.
pub(super) fn performance(saved: &Saved) -> Result<String, Error> {
    let mut rows = Vec::new();
    saved.rows("performance_summary.csv", ["metric", "value"], |[metric, value]| {
        if let Some(number) = value.optional()? {
            rows.push(vec![Value::Words(names::label(metric.text())), Value::Of(names::unit(metric.text()), number)]);
        }
        Ok(())
    })?;
    let columns = vec![Column::new("Figure", Unit::Text), Column::new("Value", Unit::Plain)];
    let text = "Measured on the machine that ran the simulation: times are the simulator's, bytes are those that the clients would send.";
    Ok(paragraph(text) + &Grid { columns, rows }.html("performance", "Performance"))
}

/// Gives the metrics of a row the names that people know them by.
fn name_metrics(names: &[String], row: &mut [Value]) {
    for (name, value) in names.iter().zip(row) {
        if let (true, Value::Words(words)) = (name == "metric", value) {
            *words = names::label(words);
        }
    }
}
