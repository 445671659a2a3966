//! DejaVu Sans, carried along: no picture depends on the fonts of the machine that draws it.

use std::sync::Once;

use plotters::style::{FontDesc, FontFamily, FontStyle, register_font};

/// The family as the SVG names it, with what stands in where DejaVu Sans is not installed: Verdana is as wide.
const FAMILY: &str = "DejaVu Sans, Verdana, sans-serif";

/// Pixels from the top of the ascenders to the bottom of the descenders, by pixels of the em: what the font's file says.
pub(super) const HEIGHT_PER_EM: f64 = 1.164;

/// How heavy a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// For all but titles.
    Regular,
    /// For titles.
    Bold,
}

/// The font in a size that plotters understands.
pub(super) fn font(size: f64, weight: Weight) -> FontDesc<'static> {
    static REGISTERED: Once = Once::new();
    REGISTERED.call_once(|| {
        for (style, bytes) in [(FontStyle::Normal, dejavu::sans::regular()), (FontStyle::Bold, dejavu::sans::bold())] {
            assert!(register_font(FAMILY, style, bytes).is_ok(), "the crate's fonts are whole");
        }
    });
    let style = if weight == Weight::Bold { FontStyle::Bold } else { FontStyle::Normal };
    FontDesc::new(FontFamily::Name(FAMILY), size, style)
}

/// The width of a text in pixels, `size` being the em's.
pub fn text_width(text: &str, size: f64, weight: Weight) -> f64 {
    // Measured at 1000 pixels an em, because plotters gives whole pixels.
    let ((left, _), (right, _)) = font(1000.0 * HEIGHT_PER_EM, weight).layout_box(text).expect("the font is registered");
    f64::from(right - left) * size / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_are_the_fonts_advances() {
        // DejaVu Sans's digits are 1303 of 2048 units wide, in every size.
        assert!((text_width("0", 20.0, Weight::Regular) - 20.0 * 1303.0 / 2048.0).abs() < 0.05);
        assert!((text_width("00000", 20.0, Weight::Regular) - 100.0 * 1303.0 / 2048.0).abs() < 0.05);
        assert!(text_width("round", 20.0, Weight::Bold) > text_width("round", 20.0, Weight::Regular));
        assert_eq!(text_width("", 20.0, Weight::Regular), 0.0);
    }
}
