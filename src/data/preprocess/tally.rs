//! What one walk over a client's rows finds: how many cells are missing, how many are of each category, and how far the numbers
//! reach.

use super::extremes::NO_ENDS;
use crate::data::table::{Kind, Table};
use crate::diag::Error;
use crate::exchange::{Question, Survey};
use crate::numeric::simd::vectorised;

/// What one walk over some rows finds.
#[derive(Clone, Debug)]
pub(super) struct Tally {
    counts: Counts,
    /// Of each column, minus the least and the greatest of the observed cells; minus infinity where there is none.
    pub ends: Vec<[f64; 2]>,
}

/// Counts of rows and cells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Counts {
    /// How many rows there are.
    pub rows: u64,
    /// How many cells of each column are missing.
    pub missing: Vec<u64>,
    /// How many cells of each column are of each category; none for a column of numbers.
    pub categories: Vec<Vec<u64>>,
}

/// Bits of a count, sign included: there are fewer than 2^32 rows.
pub const COUNT_BITS: u32 = 33;

impl Tally {
    /// Of these rows of the table.
    pub fn of(table: &Table, rows: &[u32]) -> Self {
        let columns = table.columns.len();
        let (mut missing, mut ends) = (vec![0.0; columns], vec![NO_ENDS; columns]);
        let mut categories: Vec<Vec<u64>> = table.columns.iter().map(|column| vec![0; category_count(&column.kind)]).collect();
        let mut of_categories: Vec<(usize, &mut Vec<u64>)> = categories.iter_mut().enumerate().filter(|(_, of)| !of.is_empty()).collect();
        vectorised(
            #[inline(always)]
            || {
                table.walk(
                    rows,
                    #[inline(always)]
                    |cells| {
                        for ((missing, ends), &cell) in missing.iter_mut().zip(&mut ends).zip(cells) {
                            *missing += if cell.is_nan() { 1.0 } else { 0.0 };
                            // A missing cell, which is NaN, leaves what was there.
                            ends[0] = ends[0].max(-cell);
                            ends[1] = ends[1].max(cell);
                        }
                        for (column, counts) in of_categories.iter_mut().filter(|(column, _)| !cells[*column].is_nan()) {
                            counts[cells[*column] as usize] += 1;
                        }
                    },
                );
            },
        );
        let missing = missing.into_iter().map(|count: f64| count as u64).collect();
        Self { counts: Counts { rows: rows.len() as u64, missing, categories }, ends }
    }

    /// The counts alone.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }
}

fn category_count(kind: &Kind) -> usize {
    match kind {
        Kind::Number => 0,
        Kind::Category(categories) => categories.len(),
    }
}

impl Counts {
    /// Over all clients. A server learns how many rows the federation has, how many cells of each column are missing and how
    /// many are of each category: nothing of a single client's.
    pub fn over_all(tallies: &[Tally], table: &Table, survey: &Survey<'_>) -> Result<Self, Error> {
        let answers: Vec<Vec<i128>> = tallies.iter().map(|tally| tally.counts.to_integers()).collect();
        let sums = survey.sum(&Question::plain("counts"), COUNT_BITS, &answers)?;
        let mut sums = sums.into_iter().map(|sum| u64::try_from(sum).expect("counts are not negative"));
        let mut next = |count: usize| sums.by_ref().take(count).collect::<Vec<u64>>();
        let rows = next(1)[0];
        let missing = next(table.columns.len());
        Ok(Self { rows, missing, categories: table.columns.iter().map(|column| next(category_count(&column.kind))).collect() })
    }

    fn to_integers(&self) -> Vec<i128> {
        [self.rows].iter().chain(&self.missing).chain(self.categories.iter().flatten()).map(|&count| i128::from(count)).collect()
    }
}
