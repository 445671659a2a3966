//! What clients are called in pictures: by their names where the data have names, else by their numbers.

use crate::charts::{SMALL, shortened};
use crate::diag::Error;
use crate::runs::{Cell, Saved};

/// The column that says what a table's clients are called.
pub(super) fn name_column(saved: &Saved, file: &'static str) -> Result<&'static str, Error> {
    Ok(if saved.columns(file)?.iter().any(|column| column == "name") { "name" } else { "client" })
}

/// What a tooltip or a title calls the client in a cell of that column.
pub(super) fn called(cell: Cell<'_>, column: &str) -> String {
    if column == "name" { cell.text().to_owned() } else { format!("client {}", cell.text()) }
}

/// As much of a name as an axis has room for.
pub(super) fn on_axis(name: &str) -> String {
    const ROOM: f64 = 230.0;
    shortened(name, SMALL, ROOM)
}
