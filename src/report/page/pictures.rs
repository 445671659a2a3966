//! The pictures on the page: drawn in the page's own colours, with their values for the pointer and the keyboard.

use super::markup::{escape, script_json};
use crate::charts::palette::{FAINT, GRID, INK, PAPER, colours};

/// A picture that the page takes in.
#[derive(Clone, Debug)]
pub struct Picture<'a> {
    /// A short name without blanks.
    pub name: &'a str,
    /// What it shows, in words.
    pub title: &'a str,
    /// The picture, a whole `<svg>` element with a `viewBox` or a width and a height.
    pub svg: &'a str,
    /// Its values and where they lie in it, as JSON: `width`, `height`, perhaps `cells`, each the left, top, right and bottom of a
    /// part that can stand alone, and `panels`, each with `left`, `top`, `right`,
    /// `bottom`, `x_label`, `x`, `x_px` and `series`, each with `name`, `unit`, `y` and `y_px`; and it may have `names`, one
    /// for each x, and `plane`.
    pub hover: String,
}

/// The colours of a picture's lettering and ground, as the SVG has them, and the page's own in their place: those change in
/// the dark, as those of the series do.
const THEME: [(&str, &str); 4] =
    [(INK, "var(--plot-ink)"), (FAINT, "var(--plot-faint)"), (GRID, "var(--plot-grid)"), (PAPER, "var(--plot-paper)")];

/// All pictures, one below the other.
pub(super) fn all(pictures: &[Picture<'_>]) -> String {
    let mut html =
        "<p class=\"with-script\">Point at a picture for its values, or select it and press the arrow keys.</p>\n<div class=\"pictures\">\n"
            .to_owned();
    for picture in pictures {
        let name = escape(picture.name);
        html.push_str(&format!(
            "<figure class=\"picture\" id=\"picture-{name}\">\n<figcaption>{}</figcaption>\n<div class=\"canvas\">{}</div>\n\
             <script type=\"application/json\">{}</script>\n</figure>\n",
            escape(picture.title),
            themed(picture),
            script_json(&picture.hover)
        ));
    }
    html + "</div>\n"
}

/// The SVG element alone, named for those who don't see it, in the page's colours.
fn themed(picture: &Picture<'_>) -> String {
    let start = picture.svg.find("<svg").unwrap_or(picture.svg.len());
    let mut svg =
        picture.svg[start..].trim_end().replacen("<svg", &format!("<svg role=\"img\" aria-label=\"{}\"", escape(picture.title)), 1);
    let series = colours().enumerate().map(|(at, colour)| (colour, format!("var(--plot-{at})")));
    let inks = THEME.into_iter().map(|(colour, variable)| (colour, variable.to_owned()));
    for (colour, variable) in inks.chain(series) {
        for colour in [colour.to_uppercase(), colour.to_lowercase()] {
            svg = svg.replace(&format!("\"{colour}\""), &format!("\"{variable}\""));
        }
    }
    svg
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::charts::cells::OPAQUE_MOST;
    use crate::charts::palette::{BLUE, VERMILLION};
    use crate::numeric::math;

    /// Relative luminance as WCAG 2 has it, of red, green and blue from 0 to 255.
    fn luminance(colour: [f64; 3]) -> f64 {
        let linear =
            |part: f64| if part <= 0.03928 * 255.0 { part / 255.0 / 12.92 } else { math::pow((part / 255.0 + 0.055) / 1.055, 2.4) };
        let [red, green, blue] = colour.map(linear);
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    /// A variable of the page's style in the light (0) and in the dark (1).
    fn variable(name: &str, theme: usize) -> [f64; 3] {
        let style = include_str!("../../../assets/report.css");
        let hex = style.split(&format!("--{name}: #")).nth(theme + 1).expect("the style sets it twice");
        [0, 2, 4].map(|at| f64::from(u8::from_str_radix(&hex[at..at + 2], 16).expect("two digits")))
    }

    /// WCAG 2 wants a contrast of 4.5 for text; full colours are the worst.
    #[test]
    fn numbers_are_read_on_cells_of_every_shade_in_the_light_and_in_the_dark() {
        for theme in [0, 1] {
            let (ink, paper) = (variable("plot-ink", theme), variable("plot-paper", theme));
            for look in [BLUE, VERMILLION] {
                let colour = variable(&format!("plot-{look}"), theme);
                let seen: [f64; 3] = std::array::from_fn(|at| OPAQUE_MOST * colour[at] + (1.0 - OPAQUE_MOST) * paper[at]);
                let (a, b) = (luminance(ink), luminance(seen));
                let contrast = (a.max(b) + 0.05) / (a.min(b) + 0.05);
                assert!(contrast >= 4.5, "{contrast} of look {look} in theme {theme}");
            }
        }
    }

    #[test]
    fn a_picture_comes_in_the_colours_of_the_page_and_without_a_prolog() {
        let svg =
            format!("<?xml version=\"1.0\"?>\n<svg width=\"8\" height=\"6\"><rect fill=\"{PAPER}\"/><text fill=\"{INK}\">a</text></svg>\n");
        let picture = Picture { name: "a", title: "A < B", svg: &svg, hover: "{\"x\":\"</script>\"}".to_owned() };
        assert_eq!(
            themed(&picture),
            "<svg role=\"img\" aria-label=\"A &lt; B\" width=\"8\" height=\"6\"><rect fill=\"var(--plot-paper)\"/>\
             <text fill=\"var(--plot-ink)\">a</text></svg>"
        );
        let html = all(&[picture]);
        assert_eq!(html.matches("</script>").count(), 1);
        assert!(html.contains("id=\"picture-a\"") && !html.contains("<?xml"), "{html}");
    }
}
