//! The files of a portfolio's losses, all whole before the first has its name.

use std::path::Path;

use super::losses::Losses;
use super::picture::figure;
use crate::charts;
use crate::diag::Error;
use crate::runs::OutputFile;

/// The files' names.
pub const FILES: [&str; 4] = ["loans.csv", "totals.csv", "expected_loss.png", "expected_loss.svg"];

/// The tables and the picture in this folder, complete, but not published.
///
/// # Errors
/// When one can't be written.
pub fn files(losses: &Losses, folder: &Path) -> Result<Vec<OutputFile>, Error> {
    let [loans, totals, png, svg] = FILES.map(|name| folder.join(name));
    let chart = charts::draw(&figure(losses))?;
    let mut files = vec![losses.write_loans(&loans)?];
    for (path, bytes) in [(&totals, losses.totals_csv().as_bytes()), (&png, &chart.png), (&svg, chart.svg.as_bytes())] {
        let mut file = OutputFile::create(path)?;
        file.bytes(bytes)?;
        files.push(file);
    }
    files.iter_mut().try_for_each(OutputFile::complete)?;
    Ok(files)
}
