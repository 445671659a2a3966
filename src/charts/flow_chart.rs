//! Draws boxes and arrows, a flow chart, from left to right.

use plotters::backend::DrawingBackend;

use super::canvas::{Align, Canvas, Place, Rect, Text, Turn};
use super::figure::Dash;
use super::flow::{Arrow, Flow, FlowBox};
use super::font::Weight;
use super::layout::{Frame, SMALL};
use super::palette::{FAINT, GRID, colour, look};
use super::shapes::{corners, lines_within};
use crate::diag::Error;

/// How wide a box is, in pixels.
const WIDTH: f64 = 316.0;
/// What its text keeps free on either side.
const SIDE: f64 = 6.0;
/// What its text keeps free above and below.
const PADDING: f64 = 12.0;
/// From one baseline in a box to the next.
const LINE: f64 = 30.0;
/// Between two boxes, one below the other.
const BETWEEN: f64 = 14.0;

/// How long a line of a box's text may be, in pixels, at the size of a picture's small print.
pub const TEXT_ROOM: f64 = WIDTH - 2.0 * SIDE;

/// The most that lies between two columns.
const APART_MOST: f64 = 180.0;
/// The length of an arrow's head, and half its width.
const HEAD: (f64, f64) = (16.0, 8.0);
/// Where an arrow turns, as a part of its way across.
const TURN: f64 = 0.3;

/// How high a figure must be to show all boxes of this flow in its only panel.
pub fn figure_height(flow: &Flow) -> u32 {
    /// What titles and the legend take.
    const REST: f64 = 260.0;
    (REST + rows(flow).max(3.0) * (box_height(flow) + BETWEEN)) as u32
}

fn columns(flow: &Flow) -> usize {
    flow.boxes.iter().map(|each| each.column + 1).max().unwrap_or(0)
}

fn rows(flow: &Flow) -> f64 {
    flow.boxes.iter().map(|each| each.row + 1.0).fold(0.0, f64::max)
}

/// How high each box is: as the one with the most lines.
fn box_height(flow: &Flow) -> f64 {
    let lines = flow.boxes.iter().map(|each| each.lines.len()).max().unwrap_or(0);
    LINE * (lines.max(1) - 1) as f64 + SMALL + 2.0 * PADDING
}

/// Width and height of every box.
pub(crate) fn size(frame: &Frame<'_>, flow: &Flow) -> (f64, f64) {
    (WIDTH, box_height(flow).min(pitch(frame, flow) - BETWEEN / 2.0))
}

/// From one row to the next.
fn pitch(frame: &Frame<'_>, flow: &Flow) -> f64 {
    (frame.plot.bottom - frame.plot.top) / rows(flow).max(1.0)
}

/// From one column to the next.
fn stride(frame: &Frame<'_>, flow: &Flow) -> f64 {
    let apart = (frame.plot.right - frame.plot.left - WIDTH) / (columns(flow).max(2) - 1) as f64 - WIDTH;
    WIDTH + apart.min(APART_MOST)
}

/// The middle of a box.
pub(crate) fn middle(frame: &Frame<'_>, flow: &Flow, each: &FlowBox) -> Place {
    let x = frame.plot.left + stride(frame, flow) * each.column as f64 + WIDTH / 2.0;
    (x, frame.plot.top + pitch(frame, flow) * (each.row + 0.5))
}

fn rect(frame: &Frame<'_>, flow: &Flow, each: &FlowBox) -> Rect {
    let ((x, y), (width, height)) = (middle(frame, flow, each), size(frame, flow));
    Rect { left: x - width / 2.0, top: y - height / 2.0, right: x + width / 2.0, bottom: y + height / 2.0 }
}

/// Draws the boxes and the arrows.
pub(crate) fn draw<B: DrawingBackend>(canvas: &mut Canvas<'_, B>, frame: &Frame<'_>, flow: &Flow) -> Result<(), Error> {
    flow.arrows.iter().try_for_each(|each| arrow(canvas, frame, flow, each))?;
    flow.boxes.iter().try_for_each(|each| one(canvas, &rect(frame, flow, each), each))
}

/// An arrow: across, up or down, and across again, with its word above the last part.
fn arrow<B: DrawingBackend>(canvas: &mut Canvas<'_, B>, frame: &Frame<'_>, flow: &Flow, arrow: &Arrow) -> Result<(), Error> {
    let [from, to] = arrow.between.map(|at| rect(frame, flow, &flow.boxes[at]));
    let [high, low] = [&from, &to].map(|rect| (rect.top + rect.bottom) / 2.0);
    let turn = from.right + TURN * (to.left - from.right);
    let ink = colour(FAINT);
    canvas.line(&[(from.right, high), (turn, high), (turn, low), (to.left - HEAD.0, low)], ink, 3.0)?;
    canvas.polygon(&[(to.left, low), (to.left - HEAD.0, low - HEAD.1), (to.left - HEAD.0, low + HEAD.1)], ink, 1.0)?;
    let at = ((turn + to.left) / 2.0, low - 10.0);
    let words = arrow.label.as_str();
    canvas.text(&Text { words, at, size: SMALL, weight: Weight::Regular, colour: ink, align: Align::Middle, turn: Turn::None })
}

/// A box with its lines.
fn one<B: DrawingBackend>(canvas: &mut Canvas<'_, B>, rect: &Rect, each: &FlowBox) -> Result<(), Error> {
    let outline = corners(rect);
    match each.shade {
        Some(shade) => canvas.polygon(&outline, look(shade.look).colour, shade.opacity())?,
        None => canvas.polygon(&outline, colour(GRID), 0.6)?,
    }
    let dash = if each.goes_on { Dash::Dashed } else { Dash::Solid };
    let round = [outline.as_slice(), &outline[..1]].concat();
    canvas.dashed(&round, colour(FAINT), 2.0, dash)?;
    let lines: Vec<&str> = each.lines.iter().map(String::as_str).collect();
    lines_within(canvas, rect, &lines, LINE)
}

#[cfg(test)]
mod tests {
    use super::super::figure::{Figure, Panel};
    use super::super::layout::lay_out;
    use super::*;

    fn each(column: usize, row: f64) -> FlowBox {
        let lines = vec!["a".to_owned(), "b".to_owned()];
        FlowBox { column, row, shade: None, lines, goes_on: false, told: String::new(), values: Vec::new() }
    }

    /// Fifteen boxes in four columns, as a tree of three levels of splits has.
    #[test]
    fn boxes_touch_neither_each_other_nor_the_edges() {
        let boxes: Vec<FlowBox> = (0..4_usize)
            .flat_map(|column| {
                let height = f64::from(8 >> column);
                (0..1_u32 << column).map(move |at| each(column, height * f64::from(at) + (height - 1.0) / 2.0))
            })
            .collect();
        let flow = Flow { boxes, ..Flow::default() };
        let figure = Figure::new("", 1, (1600, figure_height(&flow)), vec![Panel::of_flow("", flow)]);
        let frames = lay_out(&figure);
        let flow = frames[0].panel.flow.as_ref().expect("it is a flow");
        let rects: Vec<Rect> = flow.boxes.iter().map(|each| rect(&frames[0], flow, each)).collect();
        for (at, own) in rects.iter().enumerate() {
            assert!(frames[0].cell.grown(0.1).holds(own), "{own:?} in {:?}", frames[0].cell);
            assert!(own.bottom - own.top >= box_height(flow) - 0.1, "every line has room");
            assert!(!rects[..at].iter().any(|other| other.grown(6.0).meets(own)), "{own:?}");
        }
        // Wide enough for the longest word beside an arrow.
        assert!(stride(&frames[0], flow) - WIDTH > 80.0);
    }

    /// Two lines: 30 + 24 + 2 * 12 = 78 pixels, 92 with the room below; two rows, of which three are left room for, and 260 besides.
    #[test]
    fn a_figure_is_as_high_as_its_boxes() {
        let flow = Flow { boxes: vec![each(0, 0.5), each(1, 0.0), each(1, 1.0)], ..Flow::default() };
        assert_eq!((columns(&flow), rows(&flow), box_height(&flow), figure_height(&flow)), (2, 2.0, 78.0, 536));
        assert_eq!((columns(&Flow::default()), rows(&Flow::default())), (0, 0.0));
    }
}
