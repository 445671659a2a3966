//! Draws a table whose cells are coloured by what is in them, a heat map, with numbers where all of a kind have room.

use plotters::backend::DrawingBackend;

use super::canvas::{Canvas, Rect};
use super::cells::{Alike, At, Cell, Cells};
use super::font::{Weight, text_width};
use super::layout::{Frame, SMALL};
use super::palette::{GRID, colour, look};
use super::shapes::{corners, lines_within};
use crate::diag::Error;

/// From one baseline to the next.
const LINE: f64 = 29.0;
/// What a number keeps free on either side.
const PADDING: f64 = 3.0;
/// Cells of so many pixels are set apart by thin lines.
const RULED: f64 = 12.0;

/// What a cell covers; `None` beyond the axes.
fn rect(frame: &Frame<'_>, at: At) -> Option<Rect> {
    let (x, y) = (at.column as f64 + 0.5, at.row as f64 + 0.5);
    let (left, right, top, bottom) = (frame.x.place(x)?, frame.x.place(x + 1.0)?, frame.y.place(y)?, frame.y.place(y + 1.0)?);
    Some(Rect { left, top, right, bottom })
}

/// Width and height of every cell.
pub(crate) fn size(frame: &Frame<'_>) -> (f64, f64) {
    rect(frame, At { column: 0, row: 0 }).map_or((0.0, 0.0), |first| (first.right - first.left, first.bottom - first.top))
}

/// Whether each line of a row's cells is written, (rows, lines).
fn readable(cells: &Cells, size: (f64, f64)) -> Vec<Vec<bool>> {
    let mut rows: Vec<Vec<&Cell>> = Vec::new();
    for cell in &cells.all {
        rows.resize_with(rows.len().max(cell.at.row + 1), Vec::new);
        rows[cell.at.row].push(cell);
    }
    match cells.alike {
        Alike::All => vec![fitting(&cells.all.iter().collect::<Vec<_>>(), size); rows.len()],
        Alike::Row => rows.iter().map(|row| fitting(row, size)).collect(),
    }
}

/// Whether each line of the cells has room in all of them, the first lines first.
fn fitting(cells: &[&Cell], (width, height): (f64, f64)) -> Vec<bool> {
    let count = cells.iter().map(|cell| cell.lines.len()).max().unwrap_or(0);
    let mut free = (height / LINE) as usize;
    let has_room = |line: usize| {
        let fits = |words: &String| text_width(words, SMALL, Weight::Regular) + 2.0 * PADDING <= width;
        let is_kept = free > 0 && cells.iter().filter_map(|cell| cell.lines.get(line)).all(fits);
        free -= usize::from(is_kept);
        is_kept
    };
    (0..count).map(has_room).collect()
}

/// What the panel's title adds where numbers are left out.
pub(crate) fn note(frame: &Frame<'_>) -> &'static str {
    let Some(cells) = &frame.panel.cells else { return "" };
    let kept = readable(cells, size(frame)).concat();
    match (kept.contains(&true), kept.contains(&false)) {
        (_, false) => "",
        (true, true) => "; some numbers left out",
        (false, true) => "; numbers left out",
    }
}

/// Draws the cells.
pub(crate) fn draw<B: DrawingBackend>(canvas: &mut Canvas<'_, B>, frame: &Frame<'_>, cells: &Cells) -> Result<(), Error> {
    for cell in &cells.all {
        let Some(shade) = cell.shade.filter(|shade| shade.opacity() > 0.0) else { continue };
        if let Some(rect) = rect(frame, cell.at) {
            canvas.polygon(&corners(&rect), look(shade.look).colour, shade.opacity())?;
        }
    }
    rules(canvas, frame)?;
    let readable = readable(cells, size(frame));
    cells.all.iter().try_for_each(|cell| write(canvas, frame, cell, &readable[cell.at.row]))
}

/// Thin lines between the cells.
fn rules<B: DrawingBackend>(canvas: &mut Canvas<'_, B>, frame: &Frame<'_>) -> Result<(), Error> {
    let (width, height) = size(frame);
    if width.min(height) < RULED {
        return Ok(());
    }
    let Rect { left, top, right, bottom } = frame.plot;
    for column in 1..=frame.panel.x.names.len() {
        let Some(x) = frame.x.place(column as f64 + 0.5) else { continue };
        canvas.line(&[(x, top), (x, bottom)], colour(GRID), 2.0)?;
    }
    for row in 0..frame.panel.y.names.len() {
        let Some(y) = frame.y.place(row as f64 + 0.5) else { continue };
        canvas.line(&[(left, y), (right, y)], colour(GRID), 2.0)?;
    }
    Ok(())
}

/// Writes those lines of a cell that are readable, in its middle.
fn write<B: DrawingBackend>(canvas: &mut Canvas<'_, B>, frame: &Frame<'_>, cell: &Cell, readable: &[bool]) -> Result<(), Error> {
    let lines: Vec<&str> = cell.lines.iter().zip(readable).filter(|(_, is_kept)| **is_kept).map(|(line, _)| line.as_str()).collect();
    let Some(rect) = rect(frame, cell.at) else { return Ok(()) };
    lines_within(canvas, &rect, &lines, LINE)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Cells with these lines, two in a row.
    fn table(lines: &[&[&str]]) -> Cells {
        let cell = |(column, lines): (usize, &&[&str])| Cell {
            at: At { column: column % 2, row: column / 2 },
            shade: None,
            lines: lines.iter().map(|line| (*line).to_owned()).collect(),
            told: String::new(),
            values: Vec::new(),
        };
        Cells { all: lines.iter().enumerate().map(cell).collect(), ..Cells::default() }
    }

    /// A digit of 24 pixels is 24 * 1303 / 2048 = 15.27 pixels wide: three are 45.8, and 51.8 with the room beside them.
    #[test]
    fn a_line_is_written_only_if_it_has_room_in_every_cell() {
        let cells = table(&[&["1", "100"], &["99", "7"]]);
        assert_eq!(readable(&cells, (52.0, 60.0)), [[true, true]]);
        assert_eq!(readable(&cells, (51.0, 60.0)), [[true, false]]);
        assert_eq!(readable(&cells, (52.0, 57.0)), [[true, false]], "one line has room");
        assert_eq!(readable(&cells, (52.0, 28.0)), [[false, false]]);
        assert!(readable(&table(&[]), (52.0, 60.0)).is_empty());
        let rows = table(&[&["1"], &["99"], &["100"], &["1000"]]);
        assert_eq!(readable(&rows, (52.0, 60.0)), [[false], [false]]);
        assert_eq!(readable(&Cells { alike: Alike::Row, ..rows }, (52.0, 60.0)), [[true], [false]]);
    }
}
