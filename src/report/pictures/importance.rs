//! What each feature is worth to a model of trees: its splits' part of the gain, the greatest first.

use super::rounds::counted;
use crate::charts::figure::{Axis, Figure, Format, Panel, Point, Pointing, Series, Shape};
use crate::charts::palette::BLUE;
use crate::charts::{SMALL, shortened};
use crate::diag::Error;
use crate::numeric::text::grouped;
use crate::runs::Saved;

const FILE: &str = "importance.csv";

/// So many features are shown: those with the greatest gain.
const FEATURES_MOST: usize = 20;
/// A row's height in pixels.
const ROW: usize = 42;
/// The room of a feature's name.
const NAME: f64 = 420.0;

/// A feature that nodes are split by.
struct Feature {
    name: String,
    gain_share: f64,
    splits: usize,
}

/// The picture.
pub(super) fn figure(saved: &Saved) -> Result<Figure, Error> {
    let (mut used, total) = read(saved)?;
    let (title, heading) = (title(&used), heading(used.len(), total));
    used.truncate(FEATURES_MOST);
    let names = used.iter().map(|feature| shortened(&feature.name, SMALL, NAME)).collect();
    let y = Axis::of_names("feature, greatest gain first", names);
    let x = Axis::new("share of the gain of all splits", Format::Percent).and_zero();
    let point = |(at, feature): (usize, &Feature)| {
        let splits = counted(feature.splits, "split");
        let told = Some(format!("{}: {splits}", feature.name));
        Point { x: feature.gain_share, y: Some(at as f64), low: Some(0.0), label: Some(splits), told }
    };
    let points = (1..).zip(&used).map(point).collect();
    let mut panel = Panel::new(heading, x, y);
    panel.note = "no tree splits its rows".to_owned();
    panel.pointing = Pointing::Plane;
    panel.series = vec![Series { name: "share of the gain".to_owned(), look: BLUE, shape: Shape::Bar, points }];
    Ok(Figure::new(title, 1, (1600, (300 + ROW * used.len().max(5)) as u32), vec![panel]))
}

/// The features that nodes are split by, as the table has them, and how many features there are.
fn read(saved: &Saved) -> Result<(Vec<Feature>, usize), Error> {
    let (mut used, mut total) = (Vec::new(), 0);
    saved.rows(FILE, ["feature", "gain_share", "splits"], |[name, share, splits]| {
        total += 1;
        let splits = splits.count()? as usize;
        if splits > 0 {
            used.push(Feature { name: name.text().to_owned(), gain_share: share.number()?, splits });
        }
        Ok(())
    })?;
    Ok((used, total))
}

fn title(used: &[Feature]) -> String {
    let Some(first) = used.first() else { return "Importance: the trees look at no feature".to_owned() };
    format!("Importance: {} makes {:.1}% of the gain", shortened(&first.name, SMALL, NAME), 100.0 * first.gain_share)
}

/// How many features the trees look at, and how many of them are shown.
fn heading(used: usize, total: usize) -> String {
    let [of, all] = [used, total].map(|count| grouped(&count.to_string()));
    let shown = if used > FEATURES_MOST { format!(", {FEATURES_MOST} are shown") } else { String::new() };
    format!("Features by gain: {of} of {all} are used{shown}")
}
