//! The pictures of a run, drawn from its CSV files alone: one short file per picture says what is on it, the rest draws.

mod baseline;
mod bitmap;
mod canvas;
mod convergence;
mod figure;
mod font;
mod hover;
mod join;
mod labels;
mod layout;
mod palette;
mod partition;
mod performance;
mod render;
mod roc;
mod rounds;
mod shapes;
mod thin;
mod ticks;

pub use font::{Weight, text_width};
pub use hover::{Hover, HoverPanel, HoverSeries};
pub use palette::{FAINT, GRID, INK, PAPER, colours};

use plotters::backend::SVGBackend;

use self::canvas::Medium;
use self::figure::Figure;
use crate::diag::Error;
use crate::numeric::reduce;
use crate::runs::Saved;
use crate::task::Task;

/// A finished picture.
#[derive(Clone, Debug)]
pub struct Drawn {
    /// Its file's name, without folder and ending.
    pub name: &'static str,
    /// What it shows.
    pub title: String,
    /// The picture as SVG.
    pub svg: String,
    /// The picture as PNG, of the same size in pixels.
    pub png: Vec<u8>,
    /// The values in it, with their places in the SVG.
    pub hover: Hover,
}

/// A picture that a run may have.
struct Picture {
    name: &'static str,
    /// The files without which it can't be drawn.
    files: &'static [&'static str],
    need: Need,
    figure: fn(&Saved) -> Result<Figure, Error>,
}

/// Whether a picture's files must be there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Need {
    /// Every run leaves them.
    Always,
    /// Only some runs leave them.
    IfThere,
}

const PICTURES: [Picture; 6] = [
    Picture { name: "convergence", files: &["metrics_log.csv", "round_log.csv"], need: Need::Always, figure: convergence::figure },
    Picture { name: "performance", files: &["perf_log.csv", "client_perf.csv"], need: Need::Always, figure: performance::figure },
    Picture { name: "partition", files: &["partition.csv"], need: Need::IfThere, figure: partition::figure },
    Picture { name: "roc", files: &["curves.csv"], need: Need::IfThere, figure: roc::figure },
    Picture { name: "baseline_vs_fl", files: &["baseline_log.csv"], need: Need::IfThere, figure: baseline::figure },
    Picture { name: "join", files: &["join.csv"], need: Need::IfThere, figure: join::figure },
];

impl Picture {
    /// Whether it is to be drawn.
    fn is_wanted(&self, saved: &Saved) -> bool {
        self.need == Need::Always || self.files.iter().all(|name| saved.has(name))
    }
}

/// Draws every picture whose files are there.
///
/// # Errors
/// When a file that every run leaves is missing, or any of them is not as fedsim wrote it.
pub fn draw_all(saved: &Saved) -> Result<Vec<Drawn>, Error> {
    let wanted: Vec<&Picture> = PICTURES.iter().filter(|picture| picture.is_wanted(saved)).collect();
    let task = Task::begin("drawing", wanted.len() as u64);
    let draw = |picture: &&Picture| {
        let drawn = draw(picture.name, &(picture.figure)(saved)?);
        task.advance(1);
        drawn
    };
    reduce::map(&wanted, draw).into_iter().collect()
}

fn draw(name: &'static str, figure: &Figure) -> Result<Drawn, Error> {
    let frames = layout::lay_out(figure);
    let hover = Hover::new(figure, &frames);
    let svg = || {
        let mut svg = String::new();
        let mut backend = SVGBackend::with_string(&mut svg, figure.size);
        render::draw(figure, &frames, &mut backend, Medium::Svg)?;
        plotters::backend::DrawingBackend::present(&mut backend).map_err(canvas::undrawable)?;
        drop(backend);
        // Sharp turns of a noisy line would else be drawn as spikes beyond the data.
        Ok::<String, Error>(svg.replacen("<svg ", "<svg stroke-linejoin=\"round\" ", 1))
    };
    let (svg, png) = reduce::both(svg, || bitmap::png(figure, &frames));
    Ok(Drawn { name, title: figure.title.clone(), svg: svg?, png: png?, hover })
}
