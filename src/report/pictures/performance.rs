//! What a run costs in time and bytes: per round, by stage, and over clients.

use super::rounds::{ascending, counted};
use crate::charts::figure::{Axis, Figure, Format, Panel, Point, Series, Shape};
use crate::charts::palette::{BLACK, BLUE, GREEN, GREY, ORANGE, PURPLE, VERMILLION, WINE, YELLOW};
use crate::diag::Error;
use crate::logs::Unit;
use crate::numeric::quantile;
use crate::numeric::text::grouped;
use crate::runs::Saved;

/// The stages in the clear, in the order of the stack, with their columns and colours.
const CLEAR: [(&str, &str, usize); 3] =
    [("train_s", "train", BLUE), ("aggregate_s", "aggregate", ORANGE), ("evaluate_s", "evaluate", GREEN)];

/// The stages under secure aggregation: the protocol's in place of the aggregation.
const SECURE: [(&str, &str, usize); 7] = [
    ("train_s", "train", BLUE),
    ("advertise_s", "advertise", WINE),
    ("share_s", "share", PURPLE),
    ("masked_input_s", "masked input", YELLOW),
    ("consistency_s", "consistency", BLACK),
    ("unmask_s", "unmask", ORANGE),
    ("evaluate_s", "evaluate", GREEN),
];

/// Up to so many bars in a panel, each round has its own.
const BARS_MOST: usize = 600;

/// The picture.
pub(super) fn figure(saved: &Saved) -> Result<Figure, Error> {
    let is_secure = saved.columns("perf_log.csv")?.iter().any(|column| column == "unmask_s");
    let stages = if is_secure { &SECURE[..] } else { &CLEAR };
    let rounds = rounds(saved, stages)?;
    let (training, uploads, flat_upload) = spreads(saved)?;
    let mut panels = vec![times(&rounds, stages)];
    let (bytes, mut flat) = bytes(&rounds);
    panels.extend(bytes);
    panels.push(training);
    match flat_upload {
        Some(bytes) => flat.push(format!("{} up a client", Unit::Bytes.show(bytes))),
        None => panels.push(uploads),
    }
    let flat = if flat.is_empty() { String::new() } else { format!("; always {}", flat.join(", ")) };
    let title = format!("Performance of {}{flat}", counted(rounds.len(), "round"));
    let size = (1600, if panels.len() > 2 { 1240 } else { 740 });
    Ok(Figure::new(title, panels.len().min(2), size, panels))
}

/// The value that all have, if there are two or more.
fn always(mut values: impl Iterator<Item = f64>) -> Option<f64> {
    let first = values.next()?;
    let mut others = values.peekable();
    (others.peek().is_some() && others.all(|value| value == first)).then_some(first)
}

/// What one round cost.
#[derive(Clone, Debug)]
struct Round {
    number: f64,
    duration_s: f64,
    upload: f64,
    download: f64,
    /// Seconds of each stage.
    stages: Vec<f64>,
}

fn rounds(saved: &Saved, stages: &[(&str, &str, usize)]) -> Result<Vec<Round>, Error> {
    let columns = ["round", "duration_s", "upload_bytes", "download_bytes"].into_iter().chain(stages.iter().map(|(column, ..)| *column));
    let columns: Vec<String> = columns.map(str::to_owned).collect();
    let (mut rounds, mut last) = (Vec::new(), 0.0);
    saved.rows_of("perf_log.csv", &columns, |cells| {
        let number = ascending(cells[0], &mut last)?;
        let (duration_s, upload, download) = (cells[1].number()?, cells[2].number()?, cells[3].number()?);
        let stages = cells[4..].iter().map(|cell| Ok(cell.optional()?.unwrap_or(0.0).max(0.0))).collect::<Result<_, Error>>()?;
        rounds.push(Round { number, duration_s, upload, download, stages });
        Ok(())
    })?;
    Ok(rounds)
}

/// Wall seconds of each round, stacked.
fn times(rounds: &[Round], stages: &[(&str, &str, usize)]) -> Panel {
    let mut layers: Vec<Vec<Point>> = vec![Vec::new(); stages.len() + 1];
    // So many rounds that their bars would be thinner than a pixel share one of mean height.
    let size = (layers.len() * rounds.len()).div_ceil(BARS_MOST).max(1);
    for rounds in rounds.chunks(size) {
        let mean = |value: &dyn Fn(&Round) -> f64| rounds.iter().map(value).sum::<f64>() / rounds.len() as f64;
        let middle = rounds[0].number + (size - 1) as f64 / 2.0;
        let mut low = 0.0;
        for (index, layer) in layers.iter_mut().enumerate() {
            let is_rest = index == stages.len();
            let top = if is_rest { mean(&|round| round.duration_s).max(low) } else { low + mean(&|round| round.stages[index]) };
            layer.push(Point { x: middle, y: Some(top), low: Some(low), ..Point::default() });
            low = top;
        }
    }
    let heading = match size {
        1 => "Time per round by stage".to_owned(),
        size => format!("Time per round by stage, means of {}", grouped(&size.to_string())),
    };
    let ends = rounds.first().zip(rounds.last()).map(|(first, last)| (first.number - 0.5, last.number + 0.5));
    // What no stage takes is the draw of the cohort, the faults and the record.
    let names = stages.iter().map(|(_, name, look)| (*name, *look)).chain([("outside the stages", GREY)]);
    let mut panel = Panel::new(heading, Axis { range: ends, ..Axis::of_rounds() }, Axis::new("wall time", Format::Seconds).and_zero());
    panel.note = "no round was run".to_owned();
    let height = |point: &Point| point.y.unwrap_or(0.0) - point.low.unwrap_or(0.0);
    let whole: f64 = layers.iter().flatten().map(height).sum();
    // What can't be seen has no key.
    let is_seen = |points: &[Point]| points.iter().map(height).sum::<f64>() > 0.001 * whole;
    let layers = names.zip(layers).filter(|(_, points)| is_seen(points));
    panel.series = layers.map(|((name, look), points)| Series { name: name.to_owned(), look, shape: Shape::Stack, points }).collect();
    panel
}

/// A way that bytes go: its name, its look and what a round sends.
type Way = (&'static str, usize, fn(&Round) -> f64);

/// Bytes of each round, both ways; those that are the same in every round only in words.
fn bytes(rounds: &[Round]) -> (Option<Panel>, Vec<String>) {
    let ways: [Way; 2] = [("upload", BLUE, |round| round.upload), ("download", VERMILLION, |round| round.download)];
    let flat = |bytes: fn(&Round) -> f64| always(rounds.iter().map(bytes));
    let words = ways.iter().filter_map(|(name, _, bytes)| Some(format!("{} {name} a round", Unit::Bytes.show(flat(*bytes)?)))).collect();
    let moving: Vec<_> = ways.into_iter().filter(|(_, _, bytes)| flat(*bytes).is_none()).collect();
    if moving.is_empty() {
        return (None, words);
    }
    let axis = Axis::new("bytes per round", Format::Bytes);
    let axis = axis.log_if_wide(moving.iter().flat_map(|(_, _, bytes)| rounds.iter().map(bytes))).and_zero();
    let title = match moving[..] {
        [(name, ..)] => format!("Bytes of the {name}, all clients"),
        _ => "Bytes up and down, all clients".to_owned(),
    };
    let mut panel = Panel::new(title, Axis::of_rounds(), axis);
    panel.note = "no round was run".to_owned();
    let line = |(name, look, bytes): Way| Series::line(name, look, rounds.iter().map(|round| (round.number, Some(bytes(round)))));
    panel.series = moving.into_iter().map(line).collect();
    (Some(panel), words)
}

/// Five numbers that tell a round's clients.
#[derive(Clone, Copy, Debug)]
struct Spread {
    round: f64,
    least: f64,
    quarter: f64,
    median: f64,
    three_quarters: f64,
    greatest: f64,
}

impl Spread {
    /// Of the values at a round, which are sorted; nothing if there are none.
    fn of(round: f64, values: &mut [f64]) -> Option<Self> {
        values.sort_unstable_by(f64::total_cmp);
        let at = |share| quantile(values, share);
        let (least, quarter, median, three_quarters, greatest) = (at(0.0)?, at(0.25)?, at(0.5)?, at(0.75)?, at(1.0)?);
        Some(Self { round, least, quarter, median, three_quarters, greatest })
    }
}

/// Training time over the clients that trained, and upload over those that sent something, with what each of them always sent.
fn spreads(saved: &Saved) -> Result<(Panel, Panel, Option<f64>), Error> {
    let (mut times, mut uploads) = (Vec::new(), Vec::new());
    let (mut training, mut sent) = (Vec::new(), Vec::new());
    let mut last = 0.0;
    saved.rows("client_perf.csv", ["round", "train_time_s", "upload_bytes"], |[round, seconds, upload]| {
        let before = last;
        if ascending(round, &mut last)? > before {
            times.extend(Spread::of(before, &mut training));
            uploads.extend(Spread::of(before, &mut sent));
            training.clear();
            sent.clear();
        }
        training.extend(Some(seconds.number()?).filter(|&seconds| seconds > 0.0));
        sent.extend(Some(upload.number()?).filter(|&upload| upload > 0.0));
        Ok(())
    })?;
    times.extend(Spread::of(last, &mut training));
    uploads.extend(Spread::of(last, &mut sent));
    let flat = always(uploads.iter().flat_map(|spread| [spread.least, spread.greatest]));
    let times = spread_panel("Training time per client", Axis::new("training time", Format::Seconds), &times, "no client trained");
    let uploads = spread_panel("Upload per client", Axis::new("upload", Format::Bytes), &uploads, "no client sent anything");
    Ok((times, uploads, flat))
}

fn spread_panel(title: &str, axis: Axis, spreads: &[Spread], note: &str) -> Panel {
    let axis = axis.log_if_wide(spreads.iter().flat_map(|spread| [spread.least, spread.greatest])).and_zero();
    let band = |name: &str, ends: fn(&Spread) -> (f64, f64)| {
        let point = |spread: &Spread| {
            let (low, high) = ends(spread);
            Point { x: spread.round, y: Some(high), low: Some(low), ..Point::default() }
        };
        Series { name: name.to_owned(), look: BLUE, shape: Shape::Band, points: spreads.iter().map(point).collect() }
    };
    let mut panel = Panel::new(title, Axis::of_rounds(), axis);
    panel.note = note.to_owned();
    panel.series = vec![
        band("min to max", |spread| (spread.least, spread.greatest)),
        band("quartiles", |spread| (spread.quarter, spread.three_quarters)),
        Series::line("median", BLUE, spreads.iter().map(|spread| (spread.round, Some(spread.median)))),
    ];
    panel
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_numbers_tell_a_round() {
        // Ranks 0, 1, 2 and 3: the quartiles lie at 0.75, 1.5 and 2.25.
        let spread = Spread::of(1.0, &mut [40.0, 10.0, 30.0, 20.0]).expect("there are values");
        let five = [spread.least, spread.quarter, spread.median, spread.three_quarters, spread.greatest];
        assert_eq!(five, [10.0, 17.5, 25.0, 32.5, 40.0]);
        assert!(Spread::of(1.0, &mut []).is_none());
        let one = Spread::of(1.0, &mut [7.0]).expect("there is one");
        assert_eq!((one.least, one.median, one.greatest), (7.0, 7.0, 7.0));
    }
}
