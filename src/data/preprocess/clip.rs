//! Winsorising: cells beyond two quantiles of their column count as the quantile (C. P. Winsor; Tukey 1962, "The Future of Data
//! Analysis", section 17).

use super::quantiles::quantiles;
use super::tally::{Counts, Tally};
use super::transform::{Clip, NOT_CLIPPED};
use crate::data::table::Table;
use crate::diag::Error;
use crate::exchange::Survey;

/// The bounds of `columns` at these shares of the rows' cells, (columns,). A column that its bounds would make constant is left as
/// it is: it has few values, and those beyond are what it tells.
pub(super) fn bounds<R: AsRef<[u32]> + Sync>(
    shares: [f64; 2],
    table: &Table,
    columns: &[usize],
    clients: &[R],
    counts: &Counts,
    survey: &Survey<'_>,
) -> Result<Vec<Clip>, Error> {
    let found = quantiles(table, columns, &shares, clients, counts, survey)?;
    Ok(found.into_iter().map(|of_column| if of_column[0] < of_column[1] { [of_column[0], of_column[1]] } else { NOT_CLIPPED }).collect())
}

/// The bounds from some rows that need no survey.
pub(super) fn bounds_alone(shares: [f64; 2], table: &Table, columns: &[usize], rows: &[u32], tally: &Tally) -> Result<Vec<Clip>, Error> {
    bounds(shares, table, columns, &[rows], tally.counts(), &Survey::in_one_place())
}

/// Brings the cells of these rows within the bounds of their columns, and what is known of them with it.
pub(super) fn clip(table: &mut Table, rows: &[u32], tally: &mut Tally, columns: &[usize], bounds: &[Clip]) {
    table.change_rows(rows, |cells| {
        for (&column, [low, high]) in columns.iter().zip(bounds) {
            // A missing cell, which is NaN, stays.
            let cell = &mut cells[column];
            *cell = if *cell < *low {
                *low
            } else if *cell > *high {
                *high
            } else {
                *cell
            };
        }
    });
    for (&column, &[low, high]) in columns.iter().zip(bounds) {
        let [minus_least, greatest] = &mut tally.ends[column];
        if *greatest > f64::NEG_INFINITY {
            (*minus_least, *greatest) = (-(-*minus_least).clamp(low, high), greatest.clamp(low, high));
        }
    }
}
