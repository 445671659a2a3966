//! The few strokes that charts are made of, on any of plotters' backends.

use plotters::backend::DrawingBackend;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontDesc, FontFamily, FontStyle, FontTransform, RGBColor, ShapeStyle, TextStyle};

use super::figure::Dash;
use super::font::{self, FAMILY, Weight, text_width};
use super::palette::Marker;
use crate::diag::Error;

/// A pixel of the backend.
type BackendCoord = (i32, i32);

/// Paper of a figure's size, on which all lengths are the figure's pixels.
pub(crate) struct Canvas<'b, B: DrawingBackend> {
    backend: &'b mut B,
    medium: Medium,
    /// Where each text lies.
    texts: Vec<Rect>,
}

/// What is drawn on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Medium {
    /// A drawing in the figure's own pixels.
    Svg,
    /// A bitmap of this many pixels for one of the figure's, in each direction.
    Bitmap(u32),
}

/// A place, from the top left.
pub(crate) type Place = (f64, f64);

/// A rectangle with its sides along the paper's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Rect {
    pub left: f64,
    pub top: f64,
    pub right: f64,
    pub bottom: f64,
}

impl Rect {
    /// The same rectangle, larger by so much on each side.
    pub(crate) fn grown(self, by: f64) -> Self {
        Self { left: self.left - by, top: self.top - by, right: self.right + by, bottom: self.bottom + by }
    }

    /// Whether the two share a place.
    pub(crate) fn meets(&self, other: &Self) -> bool {
        self.left < other.right && other.left < self.right && self.top < other.bottom && other.top < self.bottom
    }

    /// Whether the other lies inside.
    pub(crate) fn holds(&self, other: &Self) -> bool {
        self.left <= other.left && other.right <= self.right && self.top <= other.top && other.bottom <= self.bottom
    }
}

/// A line of text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Text<'a> {
    pub words: &'a str,
    /// Where its baseline starts, has its middle, or ends.
    pub at: Place,
    /// The em in pixels.
    pub size: f64,
    pub weight: Weight,
    pub colour: RGBColor,
    pub align: Align,
    pub turn: Turn,
}

/// Which part of a text lies at its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Align {
    Start,
    Middle,
    End,
}

/// Which way a text runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// To the right.
    None,
    /// Upward.
    Up,
}

impl Text<'_> {
    /// What the text covers: capitals above its baseline, descenders below.
    pub(crate) fn rect(&self) -> Rect {
        let width = text_width(self.words, self.size, self.weight);
        let start = match self.align {
            Align::Start => 0.0,
            Align::Middle => -width / 2.0,
            Align::End => -width,
        };
        let (above, below) = (0.76 * self.size, 0.24 * self.size);
        let (x, y) = self.at;
        match self.turn {
            Turn::None => Rect { left: x + start, top: y - above, right: x + start + width, bottom: y + below },
            Turn::Up => Rect { left: x - above, top: y - start - width, right: x + below, bottom: y - start },
        }
    }
}

impl<'b, B: DrawingBackend> Canvas<'b, B> {
    pub(crate) fn new(backend: &'b mut B, medium: Medium) -> Self {
        Self { backend, medium, texts: Vec::new() }
    }

    fn scale(&self) -> f64 {
        match self.medium {
            Medium::Svg => 1.0,
            Medium::Bitmap(scale) => f64::from(scale),
        }
    }

    /// The backend's pixel, on the paper or just beside it.
    fn pixel(&self, (x, y): Place) -> BackendCoord {
        let near = |value: f64| (value * self.scale()).round().clamp(-1e5, 1e5) as i32;
        (near(x), near(y))
    }

    fn style(&self, colour: RGBColor, alpha: f64, width: f64) -> ShapeStyle {
        ShapeStyle { color: colour.mix(alpha), filled: true, stroke_width: (width * self.scale()).round() as u32 }
    }

    /// Where the texts lie that were written so far.
    pub(crate) fn texts(&self) -> &[Rect] {
        &self.texts
    }

    /// Fills a rectangle.
    pub(crate) fn rect(&mut self, rect: Rect, colour: RGBColor) -> Result<(), Error> {
        let style = self.style(colour, 1.0, 1.0);
        let (from, to) = (self.pixel((rect.left, rect.top)), self.pixel((rect.right, rect.bottom)));
        self.backend.draw_rect(from, to, &style, true).map_err(undrawable)
    }

    /// Fills what the points go round.
    pub(crate) fn polygon(&mut self, points: &[Place], colour: RGBColor, alpha: f64) -> Result<(), Error> {
        let style = self.style(colour, alpha, 1.0);
        let points: Vec<BackendCoord> = points.iter().map(|&point| self.pixel(point)).collect();
        self.backend.fill_polygon(points, &style).map_err(undrawable)
    }

    /// A line through the points.
    pub(crate) fn line(&mut self, points: &[Place], colour: RGBColor, width: f64) -> Result<(), Error> {
        let mut pixels: Vec<BackendCoord> = points.iter().map(|&point| self.pixel(point)).collect();
        pixels.dedup();
        if pixels.len() < 2 {
            return Ok(());
        }
        let style = self.style(colour, 1.0, width);
        if self.medium == Medium::Svg || pixels.len() == 2 {
            return self.backend.draw_path(pixels, &style).map_err(undrawable);
        }
        // Plotters joins thick strokes by the intersection of their edges, which lies far away where a line turns back.
        let radius = (width * self.scale() / 2.0).floor() as u32;
        for pair in pixels.windows(2) {
            self.stroke(pair[0], pair[1], f64::from(style.stroke_width) / 2.0, &style)?;
        }
        for &joint in &pixels[1..pixels.len() - 1] {
            self.backend.draw_circle(joint, radius, &style, true).map_err(undrawable)?;
        }
        Ok(())
    }

    /// One straight stroke of a bitmap, `half` of its width on each side.
    fn stroke(&mut self, from: BackendCoord, to: BackendCoord, half: f64, style: &ShapeStyle) -> Result<(), Error> {
        let ((x, y), (dx, dy)) = (from, (f64::from(to.0 - from.0), f64::from(to.1 - from.1)));
        let thick = half.round() as i32;
        let drawn = if x == to.0 {
            self.backend.draw_rect((x - thick, y.min(to.1)), (x + thick, y.max(to.1)), style, true)
        } else if y == to.1 {
            self.backend.draw_rect((x.min(to.0), y - thick), (x.max(to.0), y + thick), style, true)
        } else {
            let length = (dx * dx + dy * dy).sqrt();
            let (across, down) = ((-dy / length * half).round() as i32, (dx / length * half).round() as i32);
            let corners = [(x + across, y + down), (to.0 + across, to.1 + down), (to.0 - across, to.1 - down), (x - across, y - down)];
            self.backend.fill_polygon(corners, style)
        };
        drawn.map_err(undrawable)
    }

    /// An interrupted line through the points. One so long that its strokes could not be told from each other, as of noise
    /// over thousands of rounds, is not interrupted.
    pub(crate) fn dashed(&mut self, points: &[Place], colour: RGBColor, width: f64, dash: Dash) -> Result<(), Error> {
        const LONGEST: f64 = 6000.0;
        let length: f64 = points.windows(2).map(|pair| distance(pair[0], pair[1])).sum();
        let strokes: &[f64] = match dash {
            Dash::Solid => &[],
            Dash::Dashed => &[16.0, 9.0],
            Dash::Dotted => &[4.0, 7.0],
            Dash::StrokeDot => &[16.0, 7.0, 4.0, 7.0],
        };
        if strokes.is_empty() || length > LONGEST {
            return self.line(points, colour, width);
        }
        strokes_along(points, strokes).iter().try_for_each(|stroke| self.line(stroke, colour, width))
    }

    /// A marker with a rim in the paper's colour.
    pub(crate) fn marker(&mut self, at: Place, marker: Marker, radius: f64, colour: RGBColor) -> Result<(), Error> {
        let (x, y) = at;
        let by = |corners: &[(f64, f64)]| corners.iter().map(|(dx, dy)| (x + dx * radius, y + dy * radius)).collect::<Vec<_>>();
        match marker {
            Marker::Circle => {
                let style = self.style(colour, 1.0, 1.0);
                let radius = (radius * self.scale()).round() as u32;
                let at = self.pixel(at);
                self.backend.draw_circle(at, radius, &style, true).map_err(undrawable)
            }
            Marker::Triangle => self.polygon(&by(&[(0.0, -1.3), (1.2, 0.9), (-1.2, 0.9)]), colour, 1.0),
            Marker::Square => self.polygon(&by(&[(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)]), colour, 1.0),
            Marker::Diamond => self.polygon(&by(&[(0.0, -1.3), (1.3, 0.0), (0.0, 1.3), (-1.3, 0.0)]), colour, 1.0),
        }
    }

    /// A line of text.
    pub(crate) fn text(&mut self, text: &Text<'_>) -> Result<(), Error> {
        if text.words.is_empty() {
            return Ok(());
        }
        self.texts.push(text.rect());
        match self.medium {
            Medium::Svg => self.text_element(text),
            Medium::Bitmap(_) => self.text_pixels(text),
        }
    }

    /// A text that the reader's own font draws.
    fn text_element(&mut self, text: &Text<'_>) -> Result<(), Error> {
        // Plotters writes a text of size 1.24 with an em of 1, and hangs it from a line 0.76 em above its baseline.
        let (line, drop) = (1.24 * text.size, 0.76 * text.size);
        let (x, y) = text.at;
        let (at, turn) = match text.turn {
            Turn::None => ((x, y - drop), FontTransform::None),
            Turn::Up => ((x - drop, y), FontTransform::Rotate270),
        };
        let anchor = match text.align {
            Align::Start => HPos::Left,
            Align::Middle => HPos::Center,
            Align::End => HPos::Right,
        };
        let weight = if text.weight == Weight::Bold { FontStyle::Bold } else { FontStyle::Normal };
        let font = FontDesc::new(FontFamily::Name(FAMILY), line, weight).transform(turn);
        let style = TextStyle::from(font).color(&text.colour).pos(Pos::new(anchor, VPos::Top));
        let at = self.pixel(at);
        self.backend.draw_text(text.words, &style, at).map_err(undrawable)
    }

    /// A text as pixels, each letter where the font wants it: plotters would shift letters to whole pixels and lose the room
    /// that they keep on their left.
    fn text_pixels(&mut self, text: &Text<'_>) -> Result<(), Error> {
        let rect = text.rect();
        let (x, y) = text.at;
        let start = match text.turn {
            Turn::None => self.pixel((rect.left, y)),
            Turn::Up => self.pixel((x, rect.bottom)),
        };
        let (width, height) = self.backend.get_size();
        for (right, down, share) in font::coverage(text.words, text.size * self.scale(), text.weight) {
            let (dx, dy) = if text.turn == Turn::Up { (down, -right) } else { (right, down) };
            let at = (start.0 + dx, start.1 + dy);
            let is_on_paper = |at: i32, size: u32| u32::try_from(at).is_ok_and(|at| at < size);
            if is_on_paper(at.0, width) && is_on_paper(at.1, height) {
                self.backend.draw_pixel(at, text.colour.mix(share).to_backend_color()).map_err(undrawable)?;
            }
        }
        Ok(())
    }
}

/// A backend that draws into memory fails only where our own font or buffer is wrong.
pub(crate) fn undrawable(cause: impl std::error::Error) -> Error {
    Error::Failure(format!("can't draw a picture: {cause}"))
}

fn distance(a: Place, b: Place) -> f64 {
    ((b.0 - a.0) * (b.0 - a.0) + (b.1 - a.1) * (b.1 - a.1)).sqrt()
}

/// The parts of a line that are drawn: `strokes` are the lengths of strokes and gaps by turns.
fn strokes_along(points: &[Place], strokes: &[f64]) -> Vec<Vec<Place>> {
    let mut parts = vec![points.first().copied().into_iter().collect::<Vec<_>>()];
    let (mut turn, mut left) = (0, strokes[0]);
    for pair in points.windows(2) {
        let (mut from, to) = (pair[0], pair[1]);
        loop {
            let rest = distance(from, to);
            if rest <= left {
                left -= rest;
                break;
            }
            let share = left / rest;
            from = (from.0 + share * (to.0 - from.0), from.1 + share * (to.1 - from.1));
            if turn % 2 == 0 {
                parts.last_mut().expect("the list starts with a stroke").push(from);
            } else {
                parts.push(vec![from]);
            }
            turn = (turn + 1) % strokes.len();
            left = strokes[turn];
        }
        if turn % 2 == 0 {
            parts.last_mut().expect("the list starts with a stroke").push(to);
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strokes_go_on_round_corners() {
        // 3 along, gap of 2, 3 along: the corner at 4 lies in the gap, the second stroke goes from 1 below it to 4 below.
        let parts = strokes_along(&[(0.0, 0.0), (4.0, 0.0), (4.0, 4.0)], &[3.0, 2.0]);
        assert_eq!(parts, [vec![(0.0, 0.0), (3.0, 0.0)], vec![(4.0, 1.0), (4.0, 4.0)]]);
        let around = strokes_along(&[(0.0, 0.0), (2.0, 0.0), (2.0, 4.0)], &[3.0, 9.0]);
        assert_eq!(around, [vec![(0.0, 0.0), (2.0, 0.0), (2.0, 1.0)]]);
    }

    #[test]
    fn a_turned_text_covers_what_the_level_one_does_turned() {
        let text = Text {
            words: "AUC",
            at: (0.0, 0.0),
            size: 20.0,
            weight: Weight::Regular,
            colour: RGBColor(0, 0, 0),
            align: Align::Start,
            turn: Turn::None,
        };
        let (level, up) = (text.rect(), Text { turn: Turn::Up, ..text }.rect());
        assert!((level.right - level.left - (up.bottom - up.top)).abs() < 1e-9);
        assert_eq!((up.bottom, up.left, level.left, level.bottom), (0.0, -15.2, 0.0, 4.8));
    }
}
