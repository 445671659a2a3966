//! What fills, centres and scales each column of numbers.

use super::extremes::{BYTES, extremes};
use super::moments::{Moments, moments};
use super::quantiles::quantiles;
use super::tally::{Counts, Tally};
use super::{Fill, Preprocess, Scale};
use crate::data::table::Table;
use crate::diag::Error;
use crate::exchange::Survey;

/// The questions for an extreme's bytes.
const EXTREMES: [&str; BYTES] =
    ["extremes_1", "extremes_2", "extremes_3", "extremes_4", "extremes_5", "extremes_6", "extremes_7", "extremes_8"];

/// A column of numbers' fill, offset and scale.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Number {
    pub fill: f64,
    pub offset: f64,
    pub scale: f64,
    /// Whether the column has a value at all; the numbers leave cells as they are where it has none.
    pub observed: bool,
}

/// What a column without a value is given: a fill of 0 that stays 0.
pub(super) const UNOBSERVED: Number = Number { fill: 0.0, offset: 0.0, scale: 1.0, observed: false };

/// The statistics of every column of numbers.
#[derive(Clone, Debug)]
pub(super) struct Statistics {
    pub numbers: Vec<Number>,
    /// By how much of a column's spread they may be off at most.
    pub error: f64,
}

/// What is known of the rows before their statistics.
#[derive(Clone, Copy)]
pub(super) struct Known<'a> {
    /// The columns of numbers.
    pub columns: &'a [usize],
    /// Of each client.
    pub tallies: &'a [Tally],
    /// Over all of them.
    pub counts: &'a Counts,
}

/// The statistics of every column of numbers over some rows that need no survey.
pub(super) fn statistics_alone(
    spec: &Preprocess,
    table: &Table,
    rows: &[u32],
    columns: &[usize],
    tally: &Tally,
) -> Result<Statistics, Error> {
    let known = Known { columns, tallies: std::slice::from_ref(tally), counts: tally.counts() };
    statistics(spec, table, &[rows], &known, &Survey::in_one_place())
}

/// The statistics of every column of numbers, from exchanges between `clients`.
pub(super) fn statistics<R: AsRef<[u32]> + Sync>(
    spec: &Preprocess,
    table: &Table,
    clients: &[R],
    known: &Known<'_>,
    survey: &Survey<'_>,
) -> Result<Statistics, Error> {
    let &Known { columns, tallies, counts } = known;
    let moments = moments(table, columns, clients, tallies, counts, survey)?;
    // Nobody learns of a column what it isn't scaled or filled by.
    let ranges = match spec.scale {
        Scale::MinMax => {
            let ends: Vec<Vec<[f64; 2]>> = tallies.iter().map(|tally| columns.iter().map(|&column| tally.ends[column]).collect()).collect();
            extremes(&ends, columns.len(), EXTREMES, survey)?
        }
        Scale::None | Scale::Standard | Scale::Robust => vec![None; columns.len()],
    };
    let quartiles = if spec.scale == Scale::Robust || spec.missing == Fill::Median {
        quantiles(table, columns, &QUARTILES, clients, counts, survey)?
    } else {
        vec![Vec::new(); columns.len()]
    };
    let number = |at: usize| {
        let column = columns[at];
        if counts.missing[column] == counts.rows {
            return UNOBSERVED;
        }
        let of = OfColumn {
            moments: &moments[at],
            range: ranges[at],
            quartiles: &quartiles[at],
            rows: counts.rows,
            missing: counts.missing[column],
        };
        of.number(spec)
    };
    let error = moments.iter().filter_map(Moments::error).fold(0.0, f64::max);
    Ok(Statistics { numbers: (0..columns.len()).map(number).collect(), error })
}

/// The shares of a column's cells below its quartiles.
const QUARTILES: [f64; 3] = [0.25, 0.5, 0.75];

/// What was asked of a column some of whose cells are observed.
struct OfColumn<'a> {
    moments: &'a Moments,
    range: Option<(f64, f64)>,
    quartiles: &'a [f64],
    rows: u64,
    missing: u64,
}

/// A spread of so many times the mean is the mean's own rounding: the column is constant.
const CONSTANT: f64 = 4.0 * f64::EPSILON;

impl OfColumn<'_> {
    fn number(&self, spec: &Preprocess) -> Number {
        let fill = match spec.missing {
            // Nothing is missing, or the reader would have stopped.
            Fill::Error | Fill::Zero | Fill::Keep => 0.0,
            Fill::Mean => self.moments.mean(),
            Fill::Median => self.quartiles[1],
        };
        let (offset, scale) = match spec.scale {
            Scale::None => (0.0, 1.0),
            Scale::Standard => {
                let (mean, std) = match spec.missing {
                    Fill::Keep => self.moments.filled(self.moments.mean(), (self.rows - self.missing) as f64),
                    _ => self.moments.filled(fill, self.rows as f64),
                };
                (mean, if std <= CONSTANT * mean.abs() { 1.0 } else { std })
            }
            Scale::MinMax => {
                let (low, high) = self.range.expect("the column has a value");
                let (low, high) =
                    if self.missing > 0 && spec.missing != Fill::Keep { (low.min(fill), high.max(fill)) } else { (low, high) };
                (low, if low == high { 1.0 } else { high - low })
            }
            Scale::Robust => {
                let [first, median, third] = [0, 1, 2].map(|at| self.quartiles[at]);
                (median, if first == third { 1.0 } else { third - first })
            }
        };
        Number { fill, offset, scale, observed: true }
    }
}
