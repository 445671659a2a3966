//! The colours: Okabe and Ito's palette, which colour-blind people tell apart, a wine red, and the few inks that the page may replace.
//!
//! Masataka Okabe and Kei Ito, Color Universal Design, 2008, <https://jfly.uni-koeln.de/color/>. Each colour comes with a dash
//! pattern and a marker, and neighbours differ in luminance, so that the series are told apart in grey as well.

use plotters::style::RGBColor;

use super::figure::Dash;

/// Text and axes.
pub const INK: &str = "#22272E";
/// Text of less weight.
pub const FAINT: &str = "#5C6670";
/// Grid lines.
pub const GRID: &str = "#E2E5E8";
/// The background.
pub const PAPER: &str = "#FFFFFF";

/// The numbers of the looks that pictures ask for by name.
pub const BLUE: usize = 0;
pub(crate) const VERMILLION: usize = 1;
pub(crate) const GREEN: usize = 2;
pub(crate) const ORANGE: usize = 3;
pub(crate) const SKY: usize = 4;
pub(crate) const PURPLE: usize = 5;
pub(crate) const YELLOW: usize = 6;
pub(crate) const GREY: usize = 7;
pub(crate) const WINE: usize = 8;
pub(crate) const BLACK: usize = 9;

/// What tells a series from the others.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Look {
    /// Its colour.
    pub colour: RGBColor,
    /// Its lines.
    pub dash: Dash,
    /// Its points.
    pub marker: Marker,
}

/// The form of a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Marker {
    Circle,
    Triangle,
    Square,
    Diamond,
}

const LOOKS: [(&str, Dash, Marker); 10] = [
    ("#0072B2", Dash::Solid, Marker::Circle),
    ("#D55E00", Dash::Dashed, Marker::Triangle),
    ("#009E73", Dash::StrokeDot, Marker::Square),
    ("#E69F00", Dash::Dotted, Marker::Diamond),
    ("#56B4E9", Dash::Dashed, Marker::Circle),
    ("#CC79A7", Dash::StrokeDot, Marker::Triangle),
    ("#F0E442", Dash::Dotted, Marker::Square),
    ("#B9BEC4", Dash::Solid, Marker::Diamond),
    ("#882255", Dash::Dashed, Marker::Square),
    ("#000000", Dash::StrokeDot, Marker::Circle),
];

/// The colours of all looks, as `#RRGGBB`, in the order of their numbers.
pub fn colours() -> impl Iterator<Item = &'static str> {
    LOOKS.iter().map(|(hex, ..)| *hex)
}

/// The look of this number; the numbers go round.
pub(crate) fn look(index: usize) -> Look {
    let (hex, dash, marker) = LOOKS[index % LOOKS.len()];
    Look { colour: colour(hex), dash, marker }
}

/// The colour of a `#RRGGBB`.
pub(crate) fn colour(hex: &str) -> RGBColor {
    let part = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).expect("the palette is written in hexadecimal digits");
    RGBColor(part(1), part(3), part(5))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rec. 709's weights, on the values as they stand: near enough to what a printer makes of them.
    fn grey(index: usize) -> f64 {
        let RGBColor(r, g, b) = look(index).colour;
        0.2126 * f64::from(r) + 0.7152 * f64::from(g) + 0.0722 * f64::from(b)
    }

    #[test]
    fn the_first_lines_differ_in_dash_or_marker_and_the_numbers_go_round() {
        for a in 0..4 {
            for b in 0..a {
                assert_ne!(look(a).dash, look(b).dash);
                assert_ne!(look(a).marker, look(b).marker);
            }
        }
        assert_eq!(look(10).colour, look(0).colour);
    }

    #[test]
    fn the_layers_of_a_stack_differ_in_grey() {
        for stack in [&[BLUE, ORANGE, GREEN, GREY][..], &[BLUE, WINE, PURPLE, YELLOW, BLACK, ORANGE, GREEN, GREY], &[SKY, VERMILLION]] {
            for (at, a) in stack.iter().enumerate() {
                assert!(stack[..at].iter().all(|b| (grey(*a) - grey(*b)).abs() > 20.0), "{a} of {stack:?}");
            }
        }
    }
}
