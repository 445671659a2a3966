//! A client's sum over its rows, in parts that are made in parallel: of whole numbers, so that no order shows.

use std::ops::Range;

use crate::numeric::reduce;

/// Rows of a part.
const ROWS: usize = 8192;

/// The sum of so many numbers over `rows` rows, of which `of_part` gives that over some in a row.
pub(super) fn sum_in_parts(rows: usize, numbers: usize, of_part: impl Fn(Range<usize>) -> Vec<i128> + Sync) -> Vec<i128> {
    let starts: Vec<usize> = (0..rows).step_by(ROWS).collect();
    let mut sums = vec![0; numbers];
    for part in reduce::map_ahead(&starts, 16 * numbers, |&start| of_part(start..rows.min(start + ROWS))) {
        sums.iter_mut().zip(part).for_each(|(sum, part)| *sum += part);
    }
    sums
}
