//! The two long tables: what happened in each round, and what became of each client.

use std::collections::BTreeMap;

use super::grid::{Choice, Column, Grid, Value};
use super::markup::{note, paragraph};
use super::names;
use super::run::Run;
use crate::diag::Error;
use crate::logs::Unit;
use crate::numeric::quantile;
use crate::runs::Saved;
use crate::tasks::Task;

/// What `round_log.csv` and `perf_log.csv` tell of a round, in this order, before its metrics.
const ROUND: [&str; 7] = ["round", "outcome", "selected", "survivors", "dropped", "examples", "update_norm"];
const PERF: [&str; 2] = ["duration_s", "upload_bytes"];

/// Said only where a script runs, and not on paper.
const SORT_HINT: &str = "<span class=\"with-script\"> Click a column's head to sort by it.</span>";

/// The table of rounds.
///
/// # Errors
/// When a log is not as fedsim wrote it.
pub(super) fn rounds(saved: &Saved, run: &Run, most: usize) -> Result<String, Error> {
    let choice = Choice::new(run.manifest.rounds + 1, most);
    let with_round = |names: &[String]| [&["round".to_owned()], names].concat();
    let perf = by_round(saved, "perf_log.csv", &with_round(&PERF.map(str::to_owned)), choice)?;
    let metrics = by_round(saved, "metrics_log.csv", &with_round(run.metrics()), choice)?;
    let names: Vec<&str> = ROUND.iter().chain(&PERF).copied().chain(run.metrics().iter().map(String::as_str)).collect();
    let columns = names.into_iter().map(Column::named).collect();
    let mut rows = Vec::new();
    saved.rows_of("round_log.csv", &ROUND.map(str::to_owned), |cells| {
        let round = cells[0].count()?;
        if !choice.has(usize::try_from(round).unwrap_or(usize::MAX)) {
            return Ok(());
        }
        let mut row = vec![Value::Number(round as f64), Value::Words(names::outcome(cells[1].text()))];
        for cell in &cells[2..] {
            row.push(cell.optional()?.into());
        }
        for (known, width) in [(&perf, PERF.len()), (&metrics, run.metrics().len())] {
            row.extend(known.get(&round).cloned().unwrap_or_else(|| vec![Value::Empty; width]));
        }
        rows.push(row);
        Ok(())
    })?;
    let mut grid = Grid { columns, rows };
    grid.drop_empty_columns();
    let mut html = format!("<p>Round 0 is the model before training.{SORT_HINT}</p>\n");
    html.push_str(&grid.html("rounds", "Rounds"));
    html.push_str(
        &choice.note("rounds", "round_log.csv with metrics_log.csv and perf_log.csv").map(|text| note(&text)).unwrap_or_default(),
    );
    Ok(html)
}

/// The cells of the chosen rounds, without the round itself, which comes first among `columns`.
fn by_round(saved: &Saved, file: &'static str, columns: &[String], choice: Choice) -> Result<BTreeMap<u64, Vec<Value>>, Error> {
    let mut found = BTreeMap::new();
    saved.rows_of(file, columns, |cells| {
        let round = cells[0].count()?;
        if choice.has(usize::try_from(round).unwrap_or(usize::MAX)) {
            found.insert(round, cells[1..].iter().map(|cell| Ok(cell.optional()?.into())).collect::<Result<Vec<_>, Error>>()?);
        }
        Ok(())
    })?;
    Ok(found)
}

/// Over all rounds, of one client.
#[derive(Clone, Debug, Default)]
struct Totals {
    rounds: u64,
    dropped: u64,
    train_s: Vec<f64>,
    upload_bytes: f64,
    download_bytes: f64,
    metrics: Vec<Value>,
}

/// The table of clients.
///
/// # Errors
/// When a log is not as fedsim wrote it.
pub(super) fn clients(saved: &Saved, run: &Run, most: usize) -> Result<String, Error> {
    let choice = Choice::new(run.manifest.clients, most);
    let mut totals = client_totals(saved, choice)?;
    let metrics = if saved.has("client_metrics.csv") { client_metrics(saved, run.manifest.task, choice, &mut totals)? } else { Vec::new() };
    let mut grid = Grid::of_csv(saved, "partition.csv", choice)?;
    let columns = [
        ("Rounds taken part", Unit::Plain),
        ("Dropped", Unit::Plain),
        ("Median training time", Unit::Seconds),
        ("Uploaded", Unit::Bytes),
        ("Downloaded", Unit::Bytes),
    ];
    grid.columns.extend(columns.map(|(label, unit)| Column::new(label, unit)));
    grid.columns.extend(metrics.iter().map(|name| Column::named(name)));
    for row in &mut grid.rows {
        let client = if let Some(Value::Number(client)) = row.first() { *client as u64 } else { 0 };
        let mut total = totals.remove(&client).unwrap_or_default();
        let [rounds, dropped] = [total.rounds, total.dropped].map(|count| Value::Number(count as f64));
        let bytes = [total.upload_bytes, total.download_bytes].map(Value::Number);
        row.extend([rounds, dropped, median(&mut total.train_s).into()].into_iter().chain(bytes));
        total.metrics.resize(metrics.len(), Value::Empty);
        row.append(&mut total.metrics);
    }
    grid.drop_empty_columns();
    let labels: Vec<String> = metrics.iter().map(|name| names::label(name)).collect();
    let mut html = if metrics.is_empty() {
        String::new()
    } else {
        paragraph(&format!("{} are those of the last measured model on the client's own rows.", labels.join(", ")))
    };
    html.push_str(&grid.html("clients", "Clients"));
    html.push_str(&choice.note("clients", "partition.csv with client_perf.csv").map(|text| note(&text)).unwrap_or_default());
    Ok(html)
}

fn client_totals(saved: &Saved, choice: Choice) -> Result<BTreeMap<u64, Totals>, Error> {
    let mut totals: BTreeMap<u64, Totals> = BTreeMap::new();
    let columns = ["client", "fate", "train_time_s", "upload_bytes", "download_bytes"];
    saved.rows("client_perf.csv", columns, |[client, fate, train_s, upload, download]| {
        let client = client.count()?;
        if !is_chosen(choice, client) {
            return Ok(());
        }
        let total = totals.entry(client).or_default();
        total.rounds += 1;
        total.dropped += u64::from(fate.text().starts_with("dropped"));
        // A client that fails before it trains has no training time.
        total.train_s.extend(train_s.optional()?.filter(|seconds| *seconds > 0.0));
        total.upload_bytes += upload.number()?;
        total.download_bytes += download.number()?;
        Ok(())
    })?;
    Ok(totals)
}

/// Adds to `totals` the metrics that the file has, in the last round that it has, and gives their names.
fn client_metrics(saved: &Saved, task: Task, choice: Choice, totals: &mut BTreeMap<u64, Totals>) -> Result<Vec<String>, Error> {
    let present = saved.columns("client_metrics.csv")?;
    let metrics: Vec<String> = task.shown().iter().map(|metric| metric.name.to_owned()).filter(|name| present.contains(name)).collect();
    let mut last = String::new();
    saved.rows("metrics_log.csv", ["round"], |[round]| {
        round.text().clone_into(&mut last);
        Ok(())
    })?;
    let columns = [&["round".to_owned(), "client".to_owned()], &metrics[..]].concat();
    saved.rows_of("client_metrics.csv", &columns, |cells| {
        if cells[0].text() != last || !is_chosen(choice, cells[1].count()?) {
            return Ok(());
        }
        let values = cells[2..].iter().map(|cell| Ok(cell.optional()?.into())).collect::<Result<Vec<Value>, Error>>()?;
        totals.entry(cells[1].count()?).or_default().metrics = values;
        Ok(())
    })?;
    Ok(metrics)
}

fn is_chosen(choice: Choice, client: u64) -> bool {
    // Clients count from 1 in the files.
    usize::try_from(client).ok().and_then(|client| client.checked_sub(1)).is_some_and(|at| choice.has(at))
}

/// The median of values in any order.
fn median(values: &mut [f64]) -> Option<f64> {
    values.sort_unstable_by(f64::total_cmp);
    quantile(values, 0.5)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_one_or_between_the_middle_two() {
        assert_eq!(
            [median(&mut []), median(&mut [2.0]), median(&mut [3.0, 1.0]), median(&mut [9.0, 1.0, 2.0])],
            [None, Some(2.0), Some(2.0), Some(2.0)]
        );
    }
}
