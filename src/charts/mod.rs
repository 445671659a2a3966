//! Charts: a figure, which is a value, laid out and drawn as SVG and as PNG. What the figure is about is not known here.

mod bitmap;
mod canvas;
pub mod cells;
pub mod figure;
pub mod flow;
mod flow_chart;
mod font;
mod heat_map;
mod hover;
mod labels;
mod layout;
pub mod palette;
mod render;
mod shapes;
mod thin;
mod ticks;

pub use figure::Figure;
pub use flow_chart::{TEXT_ROOM, figure_height};
pub use font::{Weight, shortened, text_width};
pub use hover::{Hover, HoverPanel, HoverSeries};
pub use layout::SMALL;
pub use shapes::between;

use plotters::backend::{DrawingBackend as _, SVGBackend};

use self::canvas::Medium;
use crate::diag::Error;
use crate::numeric::reduce;

/// A figure, drawn.
#[derive(Clone, Debug)]
pub struct Chart {
    /// As SVG.
    pub svg: String,
    /// As PNG, of the same size in pixels.
    pub png: Vec<u8>,
    /// The values in it, with their places in the SVG.
    pub hover: Hover,
}

/// Lays the figure out and draws it.
///
/// # Errors
/// When a backend can't draw it.
pub fn draw(figure: &Figure) -> Result<Chart, Error> {
    let frames = layout::lay_out(figure);
    let hover = Hover::new(figure, &frames);
    let svg = || {
        let mut svg = String::new();
        let mut backend = SVGBackend::with_string(&mut svg, figure.size);
        render::draw(figure, &frames, &mut backend, Medium::Svg)?;
        backend.present().map_err(canvas::undrawable)?;
        drop(backend);
        // Sharp turns of a noisy line would else be drawn as spikes beyond the data.
        Ok::<String, Error>(svg.replacen("<svg ", "<svg stroke-linejoin=\"round\" ", 1))
    };
    let (svg, png) = reduce::both(svg, || bitmap::png(figure, &frames));
    Ok(Chart { svg: svg?, png: png?, hover })
}
