//! Whether the rows that the model is tested on, and each client's, are like those that it was trained on.

use super::grid::{Grid, ROWS_MAX};
use super::markup::{note, paragraph};
use crate::diag::Error;
use crate::logs::Unit;
use crate::runs::Saved;

const FILE: &str = "psi.csv";

/// The columns that are shown.
const COLUMNS: [&str; 6] = ["of", "feature", "rows", "psi", "critical", "shift"];

/// What is counted over the table.
#[derive(Default)]
struct Counts {
    features: usize,
    shifted: usize,
    clients: usize,
    clients_shifted: usize,
    score: Option<(f64, f64, String)>,
    test_rows: usize,
}

/// The verdict on the population shift, and the test rows' indices.
///
/// # Errors
/// When the file is not as fedsim wrote it.
pub(super) fn stability(saved: &Saved) -> Result<String, Error> {
    let mut counts = Counts::default();
    saved.rows(FILE, ["compared", "of", "psi", "critical", "shift"], |[sample, of, psi, critical, shift]| {
        let is_shifted = usize::from(shift.text() != "noise");
        match (sample.text(), of.text()) {
            ("test", "score") => counts.score = Some((psi.number()?, critical.number()?, shift.text().to_owned())),
            ("test", _) => (counts.features, counts.shifted) = (counts.features + 1, counts.shifted + is_shifted),
            (_, "score") => (counts.clients, counts.clients_shifted) = (counts.clients + 1, counts.clients_shifted + is_shifted),
            _ => {}
        }
        counts.test_rows += usize::from(sample.text() == "test");
        Ok(())
    })?;
    let count = |count: usize| Unit::Plain.show(count as f64);
    let mut text = String::new();
    if let Some((psi, critical, shift)) = &counts.score {
        let verdict = if shift == "noise" { "no more than noise".to_owned() } else { format!("a {shift} shift") };
        text += &format!(
            "The test rows' scores have a population stability index of {} against those of all training rows: {verdict}, for between two \
             samples of one population it stays below {} in 19 of 20 cases. ",
            Unit::Measure.show(*psi),
            Unit::Measure.show(*critical)
        );
    }
    text += &format!(
        "Of {} features {} are beyond their noise, where {} would be by chance. Of {} clients the scores of {} are.",
        count(counts.features),
        count(counts.shifted),
        Unit::Plain.show((counts.features as f64 / 20.0).round()),
        count(counts.clients),
        count(counts.clients_shifted)
    );
    let most = counts.test_rows.min(ROWS_MAX);
    let (grid, _) = Grid::head_of_csv(saved, FILE, &COLUMNS, most)?;
    let rest = note(
        "The test rows, the features with the greatest index first; from 0.1 on a shift is called moderate, from 0.25 on large. psi.csv has the clients, psi_bins.csv the bins.",
    );
    Ok(paragraph(&text) + &grid.html("psi", "Population shift") + &rest)
}
