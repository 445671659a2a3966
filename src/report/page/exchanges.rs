//! What left the clients: every kind of sum, how often it was made, and what it took.

use super::grid::{Column, Grid, Value};
use super::markup::{note, paragraph};
use crate::diag::Error;
use crate::logs::Unit;
use crate::runs::Saved;

/// All sums of one name.
#[derive(Clone, Debug)]
struct Sums {
    name: String,
    read: String,
    times: u64,
    before_rounds: bool,
    /// The fewest clients in one that came about.
    fewest: Option<u64>,
    numbers: u64,
    bits: u64,
    uploaded: f64,
    downloaded: f64,
}

/// The columns of `exchange_log.csv` that are read.
const READ: [&str; 9] = ["round", "sum", "read", "outcome", "answered", "numbers", "bits", "upload_bytes", "download_bytes"];

/// The table of sums, in the order in which they were first made.
///
/// # Errors
/// When the log is not as fedsim wrote it.
pub(super) fn exchanges(saved: &Saved) -> Result<String, Error> {
    let mut all: Vec<Sums> = Vec::new();
    saved.rows_of("exchange_log.csv", &READ.map(str::to_owned), |cells| {
        let [name, read] = [1, 2].map(|at| cells[at].text().replace('_', " "));
        let [round, answered, numbers, bits, uploaded, downloaded] = [0, 4, 5, 6, 7, 8].map(|at| cells[at].count());
        let (before_rounds, answered) = (round? == 0, answered?);
        let at = all.iter().position(|sums| sums.name == name).unwrap_or(all.len());
        if at == all.len() {
            let none = Sums { name, read, times: 0, before_rounds, fewest: None, numbers: 0, bits: 0, uploaded: 0.0, downloaded: 0.0 };
            all.push(none);
        }
        let sums = &mut all[at];
        sums.times += 1;
        sums.numbers = sums.numbers.max(numbers?);
        sums.bits = sums.bits.max(bits?);
        sums.uploaded += uploaded? as f64;
        sums.downloaded += downloaded? as f64;
        if cells[3].text() == "completed" {
            sums.fewest = Some(sums.fewest.map_or(answered, |fewest| fewest.min(answered)));
        }
        Ok(())
    })?;
    let columns = [
        Column::named("sum"),
        Column::new("When", Unit::Text),
        Column::named("read"),
        Column::new("Times", Unit::Plain),
        Column::new("Fewest clients", Unit::Plain),
        Column::named("numbers"),
        Column::named("bits"),
        Column::named("upload_bytes"),
        Column::named("download_bytes"),
    ];
    let row = |sums: Sums| {
        let when = if sums.before_rounds { "before the rounds" } else { "in rounds" };
        let [times, numbers, bits] = [sums.times, sums.numbers, sums.bits].map(|count| Value::Number(count as f64));
        let fewest = sums.fewest.map(|fewest| fewest as f64).into();
        let bytes = [sums.uploaded, sums.downloaded].map(Value::Number);
        [Value::Words(sums.name), Value::Words(when.to_owned()), Value::Words(sums.read), times, fewest, numbers, bits]
            .into_iter()
            .chain(bytes)
            .collect()
    };
    let words = "Every sum that the clients were asked for. Numbers are those that one client sends in one sum, bits those of one number on its way; \
                 bytes are those of all clients and all sums.";
    let html = Grid { columns: columns.into(), rows: all.into_iter().map(row).collect() }.html("sums", "Sums");
    Ok(paragraph(words) + &html + &note("A line a sum: exchange_log.csv."))
}
