//! How far the test rows, feature by feature, and each client's scores are from all training rows.

use super::clients::{called, name_column};
use crate::charts::figure::{Axis, Figure, Format, Panel, Point, Pointing, Series, Shape};
use crate::charts::palette::{BLUE, GREY, ORANGE, VERMILLION};
use crate::charts::{SMALL, shortened};
use crate::diag::Error;
use crate::runs::Saved;

const FILE: &str = "psi.csv";

/// So many bars are shown a panel: the greatest.
const BARS_MOST: usize = 15;
/// A row's height in pixels.
const ROW: usize = 42;
/// The room of a name.
const NAME: f64 = 260.0;

/// The shifts in words, as the table has them, each with its colour.
const SHIFTS: [(&str, usize); 4] = [("noise", GREY), ("small", BLUE), ("moderate", ORANGE), ("large", VERMILLION)];

/// A sample's column.
struct Bar {
    name: String,
    psi: f64,
    critical: f64,
    shift: String,
}

/// The picture.
pub(super) fn figure(saved: &Saved) -> Result<Figure, Error> {
    let column = name_column(saved, FILE)?;
    let (mut test, mut clients) = (Vec::new(), Vec::new());
    saved.rows(
        FILE,
        ["compared", column, "of", "feature", "psi", "critical", "shift"],
        |[sample, name, of, feature, psi, critical, shift]| {
            let is_score = of.text() == "score";
            let bar = |name: String| {
                Ok::<_, Error>(Bar { name, psi: psi.number()?, critical: critical.number()?, shift: shift.text().to_owned() })
            };
            match sample.text() {
                "test" => test.push(bar(if is_score { "the score".to_owned() } else { feature.text().to_owned() })?),
                _ if is_score => clients.push(bar(called(name, column))?),
                _ => {}
            }
            Ok(())
        },
    )?;
    let title = match test.first() {
        Some(score) => format!("Population shift: the test rows' scores have a PSI of {:.4}, {}", score.psi, words(&score.shift)),
        None => "Population shift".to_owned(),
    };
    // The score stays first.
    let rest = test.len().saturating_sub(BARS_MOST);
    test.truncate(BARS_MOST);
    let heading = if rest > 0 { "Test rows: score and features furthest off".to_owned() } else { "Test rows".to_owned() };
    clients.sort_by(|a, b| b.psi.total_cmp(&a.psi));
    let all = clients.len();
    clients.truncate(BARS_MOST);
    let of_clients = if all > clients.len() {
        format!("Scores, the {} clients furthest off", clients.len())
    } else {
        "Scores of each client".to_owned()
    };
    let most = test.len().max(clients.len()).max(5);
    let panels = vec![panel(heading, &test), panel(of_clients, &clients)];
    Ok(Figure::new(title, 2, (1600, (330 + ROW * most) as u32), panels))
}

fn words(shift: &str) -> String {
    if shift == "noise" { "no more than noise".to_owned() } else { format!("a {shift} shift") }
}

fn panel(heading: String, bars: &[Bar]) -> Panel {
    let names = bars.iter().map(|bar| shortened(&bar.name, SMALL, NAME)).collect();
    let x = Axis::new("PSI against all training rows", Format::Number).and_zero();
    let mut panel = Panel::new(heading, x, Axis::of_names("", names));
    panel.pointing = Pointing::Plane;
    let series = |(shift, look): (&str, usize)| {
        let point = |(at, bar): (usize, &Bar)| {
            let told = format!("{}: {}, noise up to {:.4}", bar.name, words(&bar.shift), bar.critical);
            Point { x: bar.psi, y: Some(at as f64), low: Some(0.0), label: Some(format!("{:.4}", bar.psi)), told: Some(told) }
        };
        let points: Vec<Point> = (1..).zip(bars).filter(|(_, bar)| bar.shift == shift).map(point).collect();
        Series { name: if shift == "noise" { shift.to_owned() } else { format!("{shift} shift") }, look, shape: Shape::Bar, points }
    };
    panel.series = SHIFTS.into_iter().map(series).filter(|series| !series.points.is_empty()).collect();
    panel
}
