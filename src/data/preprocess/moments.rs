//! Mean and spread of columns of numbers, from sums of whole numbers alone: each cell is rounded to a public grid before it is
//! added, so that neither the deal of rows to clients nor what carries the sums shows in a bit, and no cell's last digits leave
//! a client.
//!
//! The grid of a column lies about a public centre and under a public bound, a power of two that no cell's distance from the
//! centre reaches. Both come from sums too: the bound from the clients' levels, the centre is 0 at first. Where the mean is so
//! large beside the spread that the squares would lose digits (Chan, Golub and LeVeque 1983, "Algorithms for Computing the
//! Sample Variance"), the sums are asked for once more about the mean.

use super::by_client::by_client;
use super::magnitude::{bound_power, level};
use super::tally::{Counts, Tally};
use crate::data::table::Table;
use crate::diag::Error;
use crate::exchange::{Question, Survey};
use crate::numeric::grid::{GridSums, SUM_BITS, from_steps};
use crate::numeric::math::scale_by_power_of_two;
use crate::numeric::simd::vectorised;

/// Statistics may be off by so much of a column's spread, and are asked for again where they might be off by more.
const ERROR_MAX: f64 = 1.0 / (1_u64 << 41) as f64;

/// The grid of a column.
#[derive(Clone, Copy, Debug)]
struct Grid {
    centre: f64,
    power: i32,
}

/// Mean and spread of a column's observed cells.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moments {
    grid: Grid,
    count: f64,
    /// The mean distance from the centre, in bounds.
    first: f64,
    /// The mean square of it, in squares of bounds.
    second: f64,
}

impl Moments {
    fn new(grid: Grid, count: u64, [first, second]: [i128; 2]) -> Self {
        let mean = |sum: i128| if count == 0 { 0.0 } else { from_steps(sum) / count as f64 };
        Self { grid, count: count as f64, first: mean(first), second: mean(second) }
    }

    /// The mean.
    pub fn mean(&self) -> f64 {
        self.grid.centre + scale_by_power_of_two(self.first, self.grid.power)
    }

    /// The population standard deviation of a column of `rows` cells of which those that were not observed are `fill`, and that
    /// column's mean.
    pub fn filled(&self, fill: f64, rows: f64) -> (f64, f64) {
        let (own, missing) = (self.mean(), rows - self.count);
        let mean = own + missing * (fill - own) / rows;
        // In bounds, so that squares neither overflow nor vanish.
        let [from_own, from_fill] = [own - mean, fill - mean].map(|distance| scale_by_power_of_two(distance, -self.grid.power));
        let squares = self.count * (self.variance() + from_own * from_own) + missing * from_fill * from_fill;
        (mean, scale_by_power_of_two((squares / rows).sqrt(), self.grid.power))
    }

    /// In squares of bounds.
    fn variance(&self) -> f64 {
        (self.second - self.first * self.first).max(0.0)
    }

    /// By how much of the spread mean and spread may be off: half a step of the grid each, and what doubles round. `None` for a
    /// column without spread.
    pub fn error(&self) -> Option<f64> {
        let (variance, half_a_step) = (self.variance(), 0.5 * from_steps(1));
        // The mean's own error counts twice in its square.
        let of_spread = 0.5 * (3.0 * half_a_step + f64::EPSILON * self.second) / variance;
        (variance > 0.0).then(|| of_spread.max(half_a_step / variance.sqrt()))
    }

    fn is_precise(&self) -> bool {
        // A column that is nothing but its centre has no spread to be off by.
        self.second == 0.0 || self.error().is_some_and(|error| error <= ERROR_MAX)
    }
}

/// The moments of `columns`, over all clients, of each of whom there is a tally.
pub(super) fn moments<R: AsRef<[u32]> + Sync>(
    table: &Table,
    columns: &[usize],
    clients: &[R],
    tallies: &[Tally],
    counts: &Counts,
    survey: &Survey<'_>,
) -> Result<Vec<Moments>, Error> {
    let observed = |column: usize| counts.rows - counts.missing[column];
    let ask = |columns: &[usize], centres: &[f64], levels: &[Vec<u8>], names: [&'static str; 2]| -> Result<Vec<Moments>, Error> {
        // A server learns a level for each column, which it rounds the greatest distance of any cell from the centre up to.
        let levels = survey.greatest(&Question { name: names[0], broadcast: centres }, levels)?;
        let grids: Vec<Grid> = centres.iter().zip(&levels).map(|(&centre, &level)| Grid { centre, power: bound_power(level) }).collect();
        let broadcast: Vec<f64> = grids.iter().flat_map(|grid| [grid.centre, f64::from(grid.power)]).collect();
        // And the sums of the cells' distances from the centre and of their squares, in steps of the grid.
        let answers = by_client("summing columns", clients, |rows| sums(table, columns, rows.as_ref(), &grids));
        let sums = survey.sum(&Question { name: names[1], broadcast: &broadcast }, SUM_BITS, &answers)?;
        let (sums, _) = sums.as_chunks::<2>();
        Ok(columns.iter().zip(grids).zip(sums).map(|((&column, grid), &sums)| Moments::new(grid, observed(column), sums)).collect())
    };
    let about_zero = |tally: &Tally| columns.iter().map(|&column| level(tally.ends[column][0].max(tally.ends[column][1]))).collect();
    let about_zero: Vec<Vec<u8>> = tallies.iter().map(about_zero).collect();
    let mut moments = ask(columns, &vec![0.0; columns.len()], &about_zero, ["magnitudes", "moments"])?;
    let again: Vec<usize> = (0..columns.len()).filter(|&at| !moments[at].is_precise()).collect();
    if !again.is_empty() {
        let columns: Vec<usize> = again.iter().map(|&at| columns[at]).collect();
        let means: Vec<f64> = again.iter().map(|&at| moments[at].mean()).collect();
        let about_means = by_client("measuring columns", clients, |rows| reaches(table, &columns, rows.as_ref(), &means));
        let asked_again = ask(&columns, &means, &about_means, ["magnitudes_about_means", "moments_about_means"])?;
        again.into_iter().zip(asked_again).for_each(|(at, better)| moments[at] = better);
    }
    Ok(moments)
}

/// The level of the greatest distance of an observed cell from its column's centre.
fn reaches(table: &Table, columns: &[usize], rows: &[u32], centres: &[f64]) -> Vec<u8> {
    let mut reaches = vec![0.0_f64; columns.len()];
    table.walk(rows, |cells| {
        for ((reach, &column), centre) in reaches.iter_mut().zip(columns).zip(centres) {
            // A missing cell, which is NaN, leaves what was there.
            *reach = reach.max((cells[column] - centre).abs());
        }
    });
    reaches.into_iter().map(level).collect()
}

/// The sums of the observed cells' distances from their columns' centres, and of the squares of these, in steps of the grids.
fn sums(table: &Table, columns: &[usize], rows: &[u32], grids: &[Grid]) -> Vec<i128> {
    // Of the other columns nothing is summed but zeros: it is quicker than to leave them out.
    let (mut centres, mut inverses) = (vec![0.0; table.columns.len()], vec![0.0; table.columns.len()]);
    for (&column, grid) in columns.iter().zip(grids) {
        (centres[column], inverses[column]) = (grid.centre, scale_by_power_of_two(1.0, -grid.power));
    }
    let (mut first, mut second) = (GridSums::new(centres.len()), GridSums::new(centres.len()));
    vectorised(
        #[inline(always)]
        || {
            table.walk(
                rows,
                #[inline(always)]
                |cells| {
                    // As long as the row, so that no cell needs a check.
                    let (centres, inverses) = (&centres[..cells.len()], &inverses[..cells.len()]);
                    let away = |at: usize, cell: f64| if cell.is_nan() { 0.0 } else { (cell - centres[at]) * inverses[at] };
                    first.add(cells, away);
                    second.add(cells, |at, cell| away(at, cell) * away(at, cell));
                },
            );
        },
    );
    let (first, second) = (first.into_totals(), second.into_totals());
    columns.iter().flat_map(|&column| [first[column], second[column]]).collect()
}
