//! What each client gains by joining the federation, from alone to federated, the greatest gain first.

use super::clients::{called, name_column, on_axis};
use super::rounds::counted;
use crate::charts::figure::{Axis, Figure, Format, Panel, Point, Pointing, Series, Shape};
use crate::charts::palette::{BLACK, BLUE, GREY, VERMILLION};
use crate::diag::Error;
use crate::metrics::Worse;
use crate::numeric::text::grouped;
use crate::runs::Saved;
use crate::tasks::{Metric, Task};

/// Up to so many clients, each has a row of its own.
const ROWS_MOST: usize = 60;
/// A row's height in pixels.
const ROW: u32 = 30;

/// Whether a client is better off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Gains,
    Loses,
    CantTell,
}

/// A client's row of the table.
#[derive(Clone, Debug)]
struct Participant {
    name: String,
    called: String,
    verdict: Verdict,
    gain: Option<f64>,
    interval: Option<[f64; 2]>,
    /// Alone and in the federation.
    metric: [Option<f64>; 2],
    /// The same of the cost a row; empty where decisions have no price.
    cost: [Option<f64>; 2],
}

/// What a client is better off by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Measure {
    /// The task's headline metric.
    Metric,
    /// What a row adds to the loss: it decides, and the metric is shown.
    Loss,
    Cost,
}

/// The picture.
pub(super) fn figure(saved: &Saved, task: Task) -> Result<Figure, Error> {
    let metric = task.headline();
    let (mut participants, decided_by) = participants(saved, metric)?;
    let at = |verdict: Verdict| participants.iter().filter(|participant| participant.verdict == verdict).count();
    let [better, worse, unknown] = [Verdict::Gains, Verdict::Loses, Verdict::CantTell].map(at).map(|count| grouped(&count.to_string()));
    let by = match decided_by {
        Measure::Cost => "cost",
        Measure::Loss => "loss a row",
        Measure::Metric => metric.label,
    };
    let title = format!(
        "Joining pays for {better} of {} by {by}; {worse} {}, {unknown} can't tell",
        counted(participants.len(), "client"),
        if worse == "1" { "loses" } else { "lose" }
    );
    if participants.len() > ROWS_MOST {
        return Ok(Figure::new(title, 1, (1600, 1000), vec![histogram(saved, &participants, by)?]));
    }
    let key = |participant: &Participant| participant.gain.unwrap_or(f64::NEG_INFINITY);
    participants.sort_by(|a, b| key(b).total_cmp(&key(a)));
    let rows = measured_on(saved)?;
    let panels: Vec<Panel> = match decided_by {
        Measure::Cost => {
            vec![dumbbells(&participants, metric, Measure::Cost, Some(rows)), dumbbells(&participants, metric, Measure::Metric, None)]
        }
        decided_by => vec![dumbbells(&participants, metric, decided_by, Some(rows))],
    };
    let height = 420 + ROW * participants.len().max(4) as u32;
    Ok(Figure::new(title, panels.len(), (1600, height), panels))
}

fn participants(saved: &Saved, metric: &Metric) -> Result<(Vec<Participant>, Measure), Error> {
    const FILE: &str = "join.csv";
    const COLUMNS: [&str; 5] = ["gain", "gain_low", "gain_high", "verdict", "decided_by"];
    let name = name_column(saved, FILE)?;
    let has_cost = saved.columns(FILE)?.iter().any(|column| column == "cost_alone");
    let cost: &[&str] = if has_cost { &["cost_alone", "cost_federated"] } else { &[] };
    let models = ["alone", "federated"].map(|model| format!("{}_{model}", metric.name));
    let fixed = COLUMNS.iter().chain(cost).map(|column| (*column).to_owned());
    let columns: Vec<String> = [name.to_owned()].into_iter().chain(models).chain(fixed).collect();
    let (mut participants, mut decided_by) = (Vec::new(), Measure::Metric);
    saved.rows_of(FILE, &columns, |cells| {
        let number = |at: usize| cells.get(at).map_or(Ok(None), |cell| cell.optional());
        let verdict = match cells[6].text() {
            "gains" => Verdict::Gains,
            "loses" => Verdict::Loses,
            "cant_tell" => Verdict::CantTell,
            _ => return Err(cells[6].problem("is no verdict")),
        };
        match cells[7].text() {
            "cost" => decided_by = Measure::Cost,
            "loss" => decided_by = Measure::Loss,
            _ => {}
        }
        participants.push(Participant {
            name: on_axis(cells[0].text()),
            called: called(cells[0], name),
            verdict,
            gain: number(3)?,
            interval: number(4)?.zip(number(5)?).map(|(low, high)| [low, high]),
            metric: [number(1)?, number(2)?],
            cost: [number(8)?, number(9)?],
        });
        Ok(())
    })?;
    Ok((participants, decided_by))
}

/// A row a client: alone, federated, the way between them, and how far the federated end may be off. `measured_on` tells on which
/// rows, in the panel that decides; only that one has intervals.
fn dumbbells(participants: &[Participant], metric: &Metric, measure: Measure, measured_on: Option<&str>) -> Panel {
    let ends = |participant: &Participant| if measure == Measure::Cost { participant.cost } else { participant.metric };
    let label = if measure == Measure::Cost { "cost a row" } else { metric.label };
    let heading = match (measure, metric.worse) {
        (Measure::Cost, _) => "Cost a row, less is better".to_owned(),
        (_, Worse::Lower) => format!("{label}, more is better"),
        (_, Worse::Higher | Worse::Farther) => format!("{label}, less is better"),
    };
    let title = measured_on.map_or(heading.clone(), |rows| format!("{heading}; {rows}"));
    let names = participants.iter().map(|participant| participant.name.clone()).collect();
    let y = Axis::of_names("client, greatest gain first", names);
    let mut panel = Panel::new(title, Axis::new(label, Format::Number), y);
    panel.note = format!("no client's {} is defined", metric.label);
    panel.pointing = Pointing::Plane;
    let placed = || {
        participants
            .iter()
            .enumerate()
            .filter_map(|(at, participant)| ends(participant)[0].zip(ends(participant)[1]).map(|ends| ((at + 1) as f64, participant, ends)))
    };
    let series = |name: &str, look, shape, points: Vec<Point>| Series { name: name.to_owned(), look, shape, points };
    for (verdict, look) in LOOKS {
        let of = placed().filter(|(_, participant, _)| participant.verdict == verdict);
        let links = of.map(|(y, _, (alone, federated))| Point { x: federated, y: Some(y), low: Some(alone), ..Point::default() });
        panel.series.push(series("", look, Shape::Link, links.collect()));
    }
    // The interval of a loss is not one of the metric.
    if measured_on.is_some() && measure != Measure::Loss {
        let spans = placed().filter_map(|(y, participant, (alone, _))| {
            let [low, high] = participant.interval?;
            let [low, high] = if measure == Measure::Metric { [alone + low, alone + high] } else { [alone - high, alone - low] };
            Some(Point { x: high, y: Some(y), low: Some(low), ..Point::default() })
        });
        panel.series.push(series("90% interval of the gain", BLACK, Shape::Span, spans.collect()));
    }
    let point = |x: f64, y: f64, participant: &Participant| Point { x, y: Some(y), told: Some(told(participant)), ..Point::default() };
    let alone = placed().map(|(y, participant, (alone, _))| point(alone, y, participant)).collect();
    panel.series.push(series("alone", BLACK, Shape::Points, alone));
    for (verdict, look) in LOOKS {
        let of = placed().filter(|(_, participant, _)| participant.verdict == verdict);
        let points = of.map(|(y, participant, (_, federated))| point(federated, y, participant)).collect();
        panel.series.push(series(verdict.words(), look, Shape::Points, points));
    }
    panel.series.retain(|series| !series.points.is_empty());
    panel
}

const LOOKS: [(Verdict, usize); 3] = [(Verdict::Gains, BLUE), (Verdict::Loses, VERMILLION), (Verdict::CantTell, GREY)];

impl Verdict {
    /// What a legend says of the federated end.
    fn words(self) -> &'static str {
        match self {
            Self::Gains => "federated: gains",
            Self::Loses => "federated: loses",
            Self::CantTell => "federated: can't tell",
        }
    }
}

/// The client with its gain.
fn told(participant: &Participant) -> String {
    let interval = participant.interval.map(|[low, high]| format!(", {low:+.4} to {high:+.4}")).unwrap_or_default();
    participant.gain.map_or(participant.called.clone(), |gain| format!("{}: gain {gain:+.4}{interval}", participant.called))
}

/// How many clients gain how much, with the extremes by name.
fn histogram(saved: &Saved, participants: &[Participant], by: &str) -> Result<Panel, Error> {
    const BINS: usize = 40;
    let gains = || participants.iter().filter_map(|participant| Some((participant, participant.gain?)));
    let (low, high) = gains().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), (_, gain)| (low.min(gain), high.max(gain)));
    let extreme =
        |wanted: f64| gains().find(|(_, gain)| *gain == wanted).map(|(participant, gain)| format!("{} {gain:+.4}", participant.called));
    let ends = extreme(high).zip(extreme(low)).map(|(most, least)| format!("most {most}, least {least}; "));
    let title = format!("{}{}", ends.unwrap_or_default(), measured_on(saved)?);
    let x = Axis::new(format!("gain in {by}"), Format::Number);
    let mut panel = Panel::new(title, x, Axis::new("clients", Format::Count).and_zero());
    panel.note = "no client's gain is defined".to_owned();
    let width = if high > low { (high - low) / BINS as f64 } else { 1.0 };
    let bin = |gain: f64| (((gain - low) / width) as usize).min(BINS - 1);
    let mut below = [0.0; BINS];
    for (verdict, look) in [LOOKS[2], LOOKS[1], LOOKS[0]] {
        let mut counts = [0.0; BINS];
        gains().filter(|(participant, _)| participant.verdict == verdict).for_each(|(_, gain)| counts[bin(gain)] += 1.0);
        let points = (0..BINS).map(|at| {
            let from = below[at];
            below[at] += counts[at];
            Point { x: low + (at as f64 + 0.5) * width, y: Some(below[at]), low: Some(from), ..Point::default() }
        });
        let name = match verdict {
            Verdict::Gains => "gain",
            Verdict::Loses => "lose",
            Verdict::CantTell => "can't tell",
        };
        let series = Series { name: name.to_owned(), look, shape: Shape::Stack, points: points.collect() };
        if counts.iter().any(|count| *count > 0.0) {
            panel.series.push(series);
        }
    }
    Ok(panel)
}

/// On which rows the clients were measured, in words.
fn measured_on(saved: &Saved) -> Result<&'static str, Error> {
    let (mut own, mut test) = (false, false);
    saved.rows("join.csv", ["measured_on"], |[rows]| {
        match rows.text() {
            "own" => own = true,
            "test" => test = true,
            "" => {}
            _ => return Err(rows.problem("is neither own nor test")),
        }
        Ok(())
    })?;
    Ok(match (own, test) {
        (true, false) => "on each client's held-out rows",
        (false, true) => "on the test rows",
        (true, true) => "on held-out or test rows",
        (false, false) => "not measured",
    })
}
