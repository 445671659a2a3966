//! Labels beside what they name, where they hide the least and touch no other text.

use std::cmp::Ordering;

use super::canvas::{Align, Place, Rect, Text, Turn};
use super::font::{Weight, text_width};
use super::layout::SMALL;
use super::palette::{FAINT, INK, colour};

/// Up to so many points in a panel, each is named.
pub(crate) const NAMED_MOST: usize = 30;

/// A stretch of the data's lines that labels should not lie on.
#[derive(Debug, Default)]
pub(crate) struct Obstacles(Vec<Place>);

impl Obstacles {
    /// Adds a line, as points a few pixels apart.
    pub(crate) fn add_line(&mut self, points: &[Place]) {
        const STEP: f64 = 6.0;
        for pair in points.windows(2) {
            let ((x, y), (dx, dy)) = (pair[0], (pair[1].0 - pair[0].0, pair[1].1 - pair[0].1));
            let steps = (dx.abs().max(dy.abs()) / STEP).ceil().clamp(1.0, 1000.0);
            self.0.extend((0..=steps as usize).map(|step| (x + dx * step as f64 / steps, y + dy * step as f64 / steps)));
        }
    }

    /// Adds a marker: its middle and what it covers around it.
    pub(crate) fn add_marker(&mut self, (x, y): Place) {
        const RADIUS: f64 = 7.0;
        self.0.extend([(x, y), (x - RADIUS, y), (x + RADIUS, y), (x, y - RADIUS), (x, y + RADIUS)]);
    }

    fn within(&self, rect: &Rect) -> usize {
        self.0.iter().filter(|(x, y)| rect.left < *x && *x < rect.right && rect.top < *y && *y < rect.bottom).count()
    }
}

/// The label of a level line at height `y`: above or below it, left, right or in the middle.
pub(crate) fn beside_level<'a>(words: &'a str, y: f64, plot: &Rect, texts: &[Rect], obstacles: &Obstacles) -> Option<Text<'a>> {
    let width = text_width(words, SMALL, Weight::Regular);
    let (above, below) = (y - 0.24 * SMALL - 4.0, y + 0.76 * SMALL + 5.0);
    let (right, left) = (plot.right - width - 6.0, plot.left + 10.0);
    // Where the data run along the line, the label stands beyond them.
    let heights = [0.0, 1.0, 2.0].into_iter().flat_map(|away| [above - 16.0 * away, below + 16.0 * away]);
    let candidates = heights.flat_map(|height| [1.0, 0.0, 0.5, 0.75, 0.25].map(|share| (left + share * (right - left), height)));
    best(words, candidates, plot, texts, obstacles, usize::MAX)
}

/// The label of a level that lies beyond the axis: at the edge on that side.
pub(crate) fn at_edge<'a>(words: &'a str, side: Ordering, plot: &Rect, texts: &[Rect], obstacles: &Obstacles) -> Option<Text<'a>> {
    let width = text_width(words, SMALL, Weight::Regular);
    let height = if side == Ordering::Greater { plot.top + 0.76 * SMALL + 6.0 } else { plot.bottom - 0.24 * SMALL - 6.0 };
    let (right, left) = (plot.right - width - 6.0, plot.left + 10.0);
    let candidates = [1.0, 0.0, 0.5, 0.75, 0.25].map(|share| (left + share * (right - left), height));
    best(words, candidates.into_iter(), plot, texts, obstacles, usize::MAX)
}

/// The label of a rising line through `points`: below it or above it, near its upper end.
pub(crate) fn beside_diagonal<'a>(
    words: &'a str,
    points: &[Place],
    plot: &Rect,
    texts: &[Rect],
    obstacles: &Obstacles,
) -> Option<Text<'a>> {
    let width = text_width(words, SMALL, Weight::Regular);
    let beside = |&(x, y): &Place| [(x + 14.0, y + 26.0), (x - 16.0 - width, y - 8.0)];
    let candidates = [60, 40, 20, 90, 70, 75, 80, 85].into_iter().filter_map(|part| points.get(points.len() * part / 100)).flat_map(beside);
    best(words, candidates, plot, texts, obstacles, usize::MAX)
}

/// The label of a point: right, left, above or below; none if it would hide another point or a text.
pub(crate) fn beside_point<'a>(words: &'a str, at: Place, plot: &Rect, texts: &[Rect], obstacles: &Obstacles) -> Option<Text<'a>> {
    let width = text_width(words, SMALL, Weight::Regular);
    let (x, y) = at;
    let middle = y + 0.36 * SMALL;
    let candidates = [
        (x + 15.0, middle),
        (x - 15.0 - width, middle),
        (x - width / 2.0, y - 16.0),
        (x - width / 2.0, y + 15.0 + 0.76 * SMALL),
        (x + 12.0, y - 10.0),
        (x + 12.0, y + 10.0 + 0.6 * SMALL),
    ];
    best(words, candidates.into_iter(), plot, texts, obstacles, 0)
}

/// Of the places where the words start, the first of those that hide the fewest obstacles, `most` at most.
fn best<'a>(
    words: &'a str,
    candidates: impl Iterator<Item = Place>,
    plot: &Rect,
    texts: &[Rect],
    obstacles: &Obstacles,
    most: usize,
) -> Option<Text<'a>> {
    let ink = if most == 0 { FAINT } else { INK };
    let text = |at| Text { words, at, size: SMALL, weight: Weight::Regular, colour: colour(ink), align: Align::Start, turn: Turn::None };
    let free = candidates.map(text).filter(|text| {
        let rect = text.rect();
        plot.grown(2.0).holds(&rect) && !texts.iter().any(|other| other.grown(3.0).meets(&rect))
    });
    let counted = free.map(|text| (obstacles.within(&text.rect().grown(1.0)), text));
    counted.filter(|(hidden, _)| *hidden <= most).min_by_key(|(hidden, _)| *hidden).map(|(_, text)| text)
}
