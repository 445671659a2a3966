//! What the segments of a model of clusters are like: their means, feature by feature, and how far from the mean of all rows.

use super::rounds::counted;
use crate::charts::cells::{Alike, At, Cell, Cells, Ramp, Shade};
use crate::charts::figure::{Axis, Figure, Panel};
use crate::charts::palette::{BLUE, VERMILLION};
use crate::charts::{SMALL, shortened};
use crate::diag::{Error, Problem};
use crate::numeric::text::grouped;
use crate::runs::Saved;

const FILE: &str = "centroids.csv";

/// So many features are shown: those in which the segments differ most.
const FEATURES_MOST: usize = 30;
/// So many segments are shown: those with the most rows.
const SEGMENTS_MOST: usize = 30;
/// A row's height in pixels.
const ROW: usize = 42;
/// From so many spreads on, a cell has its full colour.
const FULL: f64 = 2.0;
/// The room of a feature's name.
const NAME: f64 = 330.0;
/// What stands above the features: the segment's number, its rows and their share.
const HEAD: [&str; 3] = ["segment", "test rows", "share of rows"];

/// A centroid.
#[derive(Clone, Debug)]
struct Segment {
    number: u64,
    rows: f64,
    /// In the columns' own units, (features,).
    means: Vec<f64>,
    /// As the model has it, (features,).
    scaled: Vec<f64>,
}

/// A feature, with how far each segment lies from the mean of all rows, (segments,).
#[derive(Clone, Debug)]
struct Profile {
    /// Its place in the table.
    feature: usize,
    /// In the model's spreads; all zero where the feature has none.
    away: Vec<f64>,
    /// The root of their mean square over all rows.
    difference: f64,
    /// Whether its means are shares of a category.
    is_share: bool,
}

/// The picture.
pub(super) fn figure(saved: &Saved) -> Result<Figure, Error> {
    let (features, segments) = read(saved)?;
    let mut profiles = profiles(features.len(), &segments);
    profiles.truncate(FEATURES_MOST);
    let columns = largest(&segments);
    let left_out = match (features.len() - profiles.len(), segments.len() - columns.len()) {
        (0, 0) => String::new(),
        (features, 0) => format!("; {} left out, in which they differ less", counted(features, "feature")),
        (0, segments) => format!("; {} left out, which are smaller", counted(segments, "segment")),
        (features, segments) => format!("; {} and {} left out", counted(features, "feature"), counted(segments, "smaller segment")),
    };
    let rows = grouped(&format!("{:.0}", rows_of(&segments)));
    let title = format!("{} of {rows} test rows, by their means{left_out}", counted(segments.len(), "segment"));
    let names = profiles.iter().map(|profile| shortened(&features[profile.feature], SMALL, NAME));
    let y = Axis::of_names("feature, most different first", HEAD.into_iter().map(str::to_owned).chain(names).collect());
    let numbers = columns.iter().map(|&at| segments[at].number.to_string()).collect();
    let x = Axis::of_names("segment; spread: the scale in preprocess.csv, by default a standard deviation", numbers);
    let ramp = |name: String, look| Ramp { name, look };
    let cells = Cells {
        ramps: vec![
            ramp(format!("above the mean of all rows, up to {FULL} spreads or more"), BLUE),
            ramp("below it".to_owned(), VERMILLION),
        ],
        measures: vec![("mean", ""), ("from the mean of all, in spreads", "")],
        alike: Alike::Row,
        all: columns.iter().enumerate().flat_map(|(column, &at)| cells((column, at), &features, &segments, &profiles)).collect(),
    };
    let mut panel = Panel::of_cells("Means of the segments", x, y, cells);
    panel.note = "there are no segments".to_owned();
    Ok(Figure::new(title, 1, (1600, (380 + ROW * (HEAD.len() + profiles.len())) as u32), vec![panel]))
}

/// The cells of the segment at this place, in this column: its head, and its means.
fn cells((column, at): (usize, usize), features: &[String], segments: &[Segment], profiles: &[Profile]) -> Vec<Cell> {
    let segment = &segments[at];
    let body = profiles.iter().map(|profile| cell(profile, &features[profile.feature], (at, segment)));
    let cells = head(segment, rows_of(segments)).into_iter().chain(body);
    cells.enumerate().map(|(row, cell)| Cell { at: At { column, row }, ..cell }).collect()
}

/// The test rows of all segments.
fn rows_of(segments: &[Segment]) -> f64 {
    segments.iter().map(|segment| segment.rows).sum()
}

/// The features' names, and the segments.
fn read(saved: &Saved) -> Result<(Vec<String>, Vec<Segment>), Error> {
    let (mut features, mut segments): (Vec<String>, Vec<Segment>) = Default::default();
    let columns = ["cluster", "rows", "feature", "centroid", "centroid_scaled"];
    saved.rows(FILE, columns, |[cluster, rows, feature, mean, scaled]| {
        let (number, rows) = (cluster.count()?, rows.count()? as f64);
        if segments.last().is_none_or(|last| last.number != number) {
            segments.push(Segment { number, rows, means: Vec::new(), scaled: Vec::new() });
        }
        let is_first = segments.len() == 1;
        let segment = segments.last_mut().expect("one was added where there was none");
        if is_first {
            features.push(feature.text().to_owned());
        } else if features.get(segment.means.len()).is_none_or(|name| name != feature.text()) {
            return Err(feature.problem("is not the feature that the first cluster has in this place"));
        }
        segment.means.push(mean.number()?);
        segment.scaled.push(scaled.number()?);
        Ok(())
    })?;
    if segments.iter().any(|segment| segment.means.len() != features.len()) {
        let message = format!("{}: a cluster lacks features", saved.path_of(FILE).display());
        return Err(Problem::new(message).help("the file is not as fedsim wrote it: run the scenario again").into());
    }
    Ok((features, segments))
}

/// The places of the segments that are shown, in the table's order.
fn largest(segments: &[Segment]) -> Vec<usize> {
    let mut places: Vec<usize> = (0..segments.len()).collect();
    places.sort_by(|&a, &b| segments[b].rows.total_cmp(&segments[a].rows));
    places.truncate(SEGMENTS_MOST);
    places.sort_unstable();
    places
}

/// All features, those first in which the segments differ most; equals in the table's order.
fn profiles(features: usize, segments: &[Segment]) -> Vec<Profile> {
    let mut profiles: Vec<Profile> = (0..features).map(|feature| profile(feature, segments)).collect();
    profiles.sort_by(|a, b| b.difference.total_cmp(&a.difference));
    profiles
}

/// What a feature's means are like. The mean of all rows is that of the segments, weighed by their rows. A number's spread is what the
/// model divides it by. A column that the model takes as it is, within 0 and 1, is a share p, whose standard deviation is the root of
/// p (1 - p): of no column within these ends is it greater.
fn profile(feature: usize, segments: &[Segment]) -> Profile {
    let total = rows_of(segments);
    // Without test rows every segment counts the same.
    let weight = |segment: &Segment| if total > 0.0 { segment.rows / total } else { 1.0 / segments.len() as f64 };
    let mean: f64 = segments.iter().map(|segment| weight(segment) * segment.scaled[feature]).sum();
    let is_share = segments.iter().all(|segment| {
        let (mean, scaled) = (segment.means[feature], segment.scaled[feature]);
        mean == scaled && (0.0..=1.0).contains(&mean)
    });
    let spread = if is_share { (mean * (1.0 - mean)).max(0.0).sqrt() } else { 1.0 };
    let of = |segment: &Segment| if spread > 0.0 { (segment.scaled[feature] - mean) / spread } else { 0.0 };
    let away: Vec<f64> = segments.iter().map(of).collect();
    let square: f64 = segments.iter().zip(&away).map(|(segment, away)| weight(segment) * away * away).sum();
    Profile { feature, away, difference: square.sqrt(), is_share }
}

/// A segment's number, its rows and their share.
fn head(segment: &Segment, rows: f64) -> [Cell; 3] {
    let share = if rows > 0.0 { 100.0 * segment.rows / rows } else { 0.0 };
    let told = format!("segment {}: {} test rows, {share:.1}%", segment.number, grouped(&format!("{:.0}", segment.rows)));
    let cell = |line: String| Cell { at: At { column: 0, row: 0 }, shade: None, lines: vec![line], told: told.clone(), values: Vec::new() };
    [segment.number.to_string(), grouped(&format!("{:.0}", segment.rows)), format!("{share:.1}%")].map(cell)
}

/// A segment's mean of a feature; the segment comes with its place.
fn cell(profile: &Profile, feature: &str, (at, segment): (usize, &Segment)) -> Cell {
    let (mean, away) = (segment.means[profile.feature], profile.away[at]);
    let look = if away > 0.0 { BLUE } else { VERMILLION };
    let words = if profile.is_share { format!("{:.1}%", 100.0 * mean) } else { short(mean) };
    Cell {
        at: At { column: 0, row: 0 },
        shade: Some(Shade { look, strength: away.abs() / FULL }),
        lines: vec![words],
        told: format!("segment {}: {feature}", segment.number),
        values: vec![Some(mean), Some(away)],
    }
}

/// Three significant digits, or as many more as the whole part has, in thousands (k) from 100,000 on, in millions (M) and in billions (bn).
fn short(value: f64) -> String {
    let sign = if value < 0.0 { "−" } else { "" };
    match value.abs() {
        0.0 => "0".to_owned(),
        size if !(0.001..1e12).contains(&size) => format!("{sign}{size:.1e}"),
        size if size >= 1e9 => format!("{sign}{:.1}bn", size / 1e9),
        size if size >= 1e6 => format!("{sign}{:.1}M", size / 1e6),
        size if size >= 1e5 => format!("{sign}{:.0}k", size / 1e3),
        size if size >= 100.0 => format!("{sign}{}", grouped(&format!("{size:.0}"))),
        size if size >= 10.0 => format!("{sign}{size:.1}"),
        size if size >= 1.0 => format!("{sign}{size:.2}"),
        size => format!("{sign}{size:.3}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(number: u64, rows: f64, means: &[f64], scaled: &[f64]) -> Segment {
        Segment { number, rows, means: means.to_vec(), scaled: scaled.to_vec() }
    }

    /// By hand: three rows at -1 and one at 3 have the mean 0, so that the segments lie 1 below and 3 above; the root of
    /// (3 * 1 + 1 * 9) / 4 is that of 3. The category's share is (3 * 0 + 1 * 1) / 4 = 0.25, its standard deviation the root of
    /// 0.25 * 0.75 = 0.1875.
    #[test]
    fn segments_are_measured_from_the_mean_of_all_rows() {
        let segments = [segment(1, 3.0, &[10.0, 0.0], &[-1.0, 0.0]), segment(2, 1.0, &[50.0, 1.0], &[3.0, 1.0])];
        let number = profile(0, &segments);
        assert_eq!((number.away.as_slice(), number.is_share), (&[-1.0, 3.0][..], false));
        assert!((number.difference - 3.0_f64.sqrt()).abs() < 1e-12);
        let share = profile(1, &segments);
        let deviation = 0.1875_f64.sqrt();
        assert!(share.is_share);
        assert!((share.away[0] + 0.25 / deviation).abs() < 1e-12 && (share.away[1] - 0.75 / deviation).abs() < 1e-12);
        let cell = cell(&number, "income", (0, &segments[0]));
        assert_eq!(cell.shade, Some(Shade { look: VERMILLION, strength: 0.5 }));
        assert_eq!((cell.lines[0].as_str(), cell.told.as_str()), ("10.0", "segment 1: income"));
    }

    #[test]
    fn features_in_which_segments_differ_more_come_first_and_equals_stay_in_order() {
        let segments = [segment(1, 1.0, &[9.0; 4], &[0.1, -2.0, 0.1, 1.0]), segment(2, 1.0, &[9.0; 4], &[-0.1, 2.0, -0.1, -1.0])];
        let order: Vec<usize> = profiles(4, &segments).iter().map(|profile| profile.feature).collect();
        assert_eq!(order, [1, 3, 0, 2]);
    }

    /// An empty segment lies somewhere, but moves no mean; one that is alone lies at the mean.
    #[test]
    fn a_segment_without_rows_has_no_weight_and_a_single_one_no_distance() {
        let segments = [segment(1, 4.0, &[5.0], &[0.5]), segment(2, 0.0, &[9.0], &[7.5])];
        let found = profile(0, &segments);
        assert_eq!((found.away.as_slice(), found.difference), (&[0.0, 7.0][..], 0.0));
        assert_eq!(head(&segments[1], 4.0)[2].lines, ["0.0%"]);
        let alone = profile(0, &segments[..1]);
        assert_eq!((alone.away.as_slice(), alone.difference), (&[0.0][..], 0.0));
        // Without any test row both count the same: the mean of 0.5 and 7.5 is 4.
        let none = [segment(1, 0.0, &[5.0], &[0.5]), segment(2, 0.0, &[9.0], &[7.5])];
        assert_eq!(profile(0, &none).away, [-3.5, 3.5]);
    }

    #[test]
    fn a_mean_is_written_shortly() {
        let written = [0.0, 28_867.2, 38.21, -1.234, 0.0457, -123_456.0, 2.36e7, 7.2e9, 0.0004, 2e15].map(short);
        assert_eq!(written, ["0", "28,867", "38.2", "−1.23", "0.046", "−123k", "23.6M", "7.2bn", "4.0e-4", "2.0e15"]);
    }
}
