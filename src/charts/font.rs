//! DejaVu Sans, carried along: no picture depends on the fonts of the machine that draws it.

use std::sync::OnceLock;

use ab_glyph::{Font, FontRef, GlyphId, PxScale, ScaleFont, point};

/// The family as the SVG names it, with what stands in where DejaVu Sans is not installed: Verdana is as wide.
pub(crate) const FAMILY: &str = "DejaVu Sans, Verdana, sans-serif";

/// How heavy a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// For all but titles.
    Regular,
    /// For titles.
    Bold,
}

fn font(weight: Weight) -> &'static FontRef<'static> {
    static FONTS: OnceLock<[FontRef<'static>; 2]> = OnceLock::new();
    let read = |bytes| FontRef::try_from_slice(bytes).expect("the crate's fonts are whole");
    let [regular, bold] = FONTS.get_or_init(|| [dejavu::sans::regular(), dejavu::sans::bold()].map(read));
    if weight == Weight::Bold { bold } else { regular }
}

/// The scale at which the em has `size` pixels; the font's own unit is the height of a line.
fn scale(font: &FontRef<'_>, size: f64) -> PxScale {
    PxScale::from((size * f64::from(font.height_unscaled()) / f64::from(font.units_per_em().unwrap_or(2048.0))) as f32)
}

/// The text's glyphs with the places where they start; and where the text ends.
fn set(text: &str, size: f64, weight: Weight) -> (Vec<(GlyphId, f32)>, f32) {
    let font = font(weight).as_scaled(scale(font(weight), size));
    let (mut x, mut glyphs) = (0.0, Vec::new());
    for letter in text.chars() {
        let glyph = font.glyph_id(letter);
        if let Some((last, _)) = glyphs.last() {
            x += font.kern(*last, glyph);
        }
        glyphs.push((glyph, x));
        x += font.h_advance(glyph);
    }
    (glyphs, x)
}

/// The width of a text in pixels, `size` being the em's.
pub fn text_width(text: &str, size: f64, weight: Weight) -> f64 {
    set(text, size, weight).1.into()
}

/// The pixels that a text covers, to the right of and below the start of its baseline, each with the covered share.
pub(crate) fn coverage(text: &str, size: f64, weight: Weight) -> Vec<(i32, i32, f64)> {
    let font = font(weight);
    let scale = scale(font, size);
    let mut pixels = Vec::new();
    for (glyph, x) in set(text, size, weight).0 {
        // Spaces have no outline.
        let Some(outline) = font.outline_glyph(glyph.with_scale_and_position(scale, point(x, 0.0))) else { continue };
        let corner = outline.px_bounds().min;
        outline.draw(|x, y, share| pixels.push((corner.x as i32 + x.cast_signed(), corner.y as i32 + y.cast_signed(), f64::from(share))));
    }
    pixels
}

/// As much of the words as has room, with an ellipsis where some have not.
pub fn shortened(words: &str, size: f64, room: f64) -> String {
    if text_width(words, size, Weight::Regular) <= room {
        return words.to_owned();
    }
    let mut kept = words.to_owned();
    while !kept.is_empty() && text_width(&kept, size, Weight::Regular) + size > room {
        kept.pop();
    }
    kept.truncate(kept.trim_end().len());
    kept + "…"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_are_the_fonts_advances() {
        // DejaVu Sans's digits are 1303 of 2048 units wide, in every size.
        assert!((text_width("0", 20.0, Weight::Regular) - 20.0 * 1303.0 / 2048.0).abs() < 1e-3);
        assert!((text_width("00000", 20.0, Weight::Regular) - 100.0 * 1303.0 / 2048.0).abs() < 1e-3);
        assert!(text_width("round", 20.0, Weight::Bold) > text_width("round", 20.0, Weight::Regular));
        assert_eq!(text_width("", 20.0, Weight::Regular), 0.0);
    }

    #[test]
    fn every_sign_that_labels_use_is_in_the_fonts() {
        for weight in [Weight::Regular, Weight::Bold] {
            for sign in "0123456789.,−×⁻⁰¹²³⁴⁵⁶⁷⁸⁹µ%:()↑↓".chars() {
                assert_ne!(font(weight).glyph_id(sign), GlyphId(0), "{sign}");
            }
        }
    }

    #[test]
    fn a_capital_stands_on_its_baseline() {
        // DejaVu Sans's H is 1493 of 2048 units high.
        let pixels = coverage("H", 100.0, Weight::Regular);
        let (top, bottom) = pixels.iter().filter(|pixel| pixel.2 > 0.5).fold((0, i32::MIN), |(t, b), p| (t.min(p.1), b.max(p.1)));
        assert_eq!((top, bottom), (-73, -1));
    }
}
