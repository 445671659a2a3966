//! Quantiles of columns of numbers from counts alone, found by counting in the order of floats.
//!
//! One sum counts the cells of each column in 256 ranges of all numbers; a second one counts those of the ranges that wanted ranks
//! fall into in 256 ranges of each. A quantile is then known up to a range of 2^-7 of its own
//! size, and is given as that range's end nearest to zero: the number that eight significant bits leave of it. So it is nobody's
//! value but where values have no more bits than that.

use super::tally::{COUNT_BITS, Counts};
use crate::data::table::Table;
use crate::diag::Error;
use crate::exchange::{Counting, Question, RANGES, Survey};
use crate::numeric::order::from_single_order_key;
use crate::work::Work;

/// The quantiles of `columns` at each of `shares` of their observed cells, (columns, shares); 0 for a column without a value.
///
/// A server learns how many cells of each column lie in each of 256 ranges of all numbers, and in each of 256 ranges of those
/// that a quantile falls into: counts over all clients.
pub(super) fn quantiles<R: AsRef<[u32]> + Sync>(
    table: &Table,
    columns: &[usize],
    shares: &[f64],
    clients: &[R],
    counts: &Counts,
    survey: &Survey<'_>,
) -> Result<Vec<Vec<f64>>, Error> {
    let wanted = columns.len() * shares.len();
    let ranks: Vec<f64> =
        columns.iter().flat_map(|&column| shares.iter().map(move |share| share * (counts.rows - counts.missing[column]) as f64)).collect();
    let visit = |rows: &R, look: &mut dyn FnMut(usize, f64)| visit(table, columns, rows.as_ref(), look);
    let counting = Counting { clients, visit, columns: columns.len(), bits: COUNT_BITS };
    let work = (clients.len() > 1).then(|| Work::begin("looking for quantiles", 2));
    let coarse = counting.coarse("ranges", survey)?;
    work.iter().for_each(|work| work.advance(1));
    let of_wanted = |at: usize| &coarse[at / shares.len() * RANGES..][..RANGES];
    let opened: Vec<Found> = (0..wanted).map(|at| Found::of(of_wanted(at), ranks[at])).collect();
    let broadcast: Vec<f64> = opened.iter().map(|found| found.range as f64).collect();
    let places: Vec<(usize, usize)> = opened.iter().enumerate().map(|(at, found)| (at / shares.len(), found.range)).collect();
    let fine = counting.within(&places, &Question { name: "ranges_of_ranges", broadcast: &broadcast }, survey)?;
    let quantile = |((counts, opened), rank): ((&[i128], &Found), &f64)| {
        let found = Found::of(counts, rank - opened.below as f64);
        let first = (opened.range << 24 | found.range << 16) as u32;
        let is_observed = counts.iter().any(|&count| count > 0);
        // Of negative numbers, the last of a range is the nearest to zero.
        let nearest_to_zero = if first >> 31 == 1 { first } else { first | 0xffff };
        if is_observed { f64::from(from_single_order_key(nearest_to_zero)) } else { 0.0 }
    };
    let quantiles: Vec<f64> = fine.chunks_exact(RANGES).zip(&opened).zip(&ranks).map(quantile).collect();
    Ok(quantiles.chunks(shares.len()).map(<[f64]>::to_vec).collect())
}

/// The range that a rank falls into.
#[derive(Clone, Copy, Debug)]
struct Found {
    range: usize,
    /// How many cells lie below it.
    below: i128,
}

impl Found {
    /// The first range up to whose end there are as many cells as the rank asks for, one at least.
    fn of(counts: &[i128], rank: f64) -> Self {
        let mut below = 0;
        for (range, &count) in counts.iter().enumerate() {
            if count > 0 && (below + count) as f64 >= rank {
                return Self { range, below };
            }
            below += count;
        }
        // Nothing was observed.
        Self { range: 0, below: 0 }
    }
}

/// Shows `look` the number among `columns` of each observed cell, and the cell.
fn visit(table: &Table, columns: &[usize], rows: &[u32], look: &mut dyn FnMut(usize, f64)) {
    table.walk(rows, |cells| {
        for (at, &column) in columns.iter().enumerate() {
            if !cells[column].is_nan() {
                look(at, cells[column]);
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::preprocess::tally::Tally;
    use crate::data::table::Kind;
    use crate::numeric::math::scale_by_power_of_two;
    use crate::numeric::rng::{Purpose, Seeds, Streams};
    use crate::numeric::sample::STANDARD_NORMAL;
    use ndarray_rand::rand::distr::Distribution;

    /// Of one column, all rows at one client, or dealt to three.
    fn of(cells: &[f64], shares: &[f64]) -> Vec<f64> {
        let table = Table::of_test(&[("x", Kind::Number)], cells);
        let rows = cells.len() as u32;
        let found = [1, 3].map(|clients| {
            let clients: Vec<Vec<u32>> = (0..clients).map(|client| (0..rows).filter(|row| row % clients == client).collect()).collect();
            let tallies: Vec<Tally> = clients.iter().map(|rows| Tally::of(&table, rows)).collect();
            let counts = Counts::over_all(&tallies, &table, &Survey::in_one_place()).expect("it is in the clear");
            quantiles(&table, &[0], shares, &clients, &counts, &Survey::in_one_place()).expect("it is in the clear").remove(0)
        });
        assert_eq!(found[0], found[1]);
        found[0].clone()
    }

    /// By hand: of 1, 3 and 8 the second is the median, of an even number the lower one; 0 and both ends are ranks too.
    #[test]
    fn quantiles_of_a_few_short_numbers_are_the_numbers_themselves() {
        assert_eq!(of(&[8.0, 1.0, 3.0, f64::NAN], &[0.5, 0.0, 1.0]), [3.0, 1.0, 8.0]);
        assert_eq!(of(&[8.0, -1.0, 3.0, -200.0], &[0.25, 0.5, 0.75]), [-200.0, -1.0, 3.0]);
        assert_eq!(of(&[0.0, 0.0, 0.0, 5.0], &[0.5, 0.99]), [0.0, 5.0]);
        assert_eq!(of(&[-0.0, 0.0], &[0.5]), [0.0]);
        assert_eq!(of(&[f64::NAN, f64::NAN], &[0.5]), [0.0]);
    }

    /// Eight significant bits of 1000.7 are 1000, of -0.3 are -0.298828125 = -153/512, and beyond single precision its greatest.
    #[test]
    fn longer_numbers_lose_their_bits_towards_zero() {
        assert_eq!(of(&[1000.7], &[0.5]), [1000.0]);
        assert_eq!(of(&[-0.3], &[0.5]), [-153.0 / 512.0]);
        assert_eq!(of(&[1e300, -1e300], &[0.1, 0.9]), [-255.0 * scale_by_power_of_two(1.0, 120), 255.0 * scale_by_power_of_two(1.0, 120)]);
    }

    /// Against the sorted column: the quantile is the cell of its rank but for its last bits.
    #[test]
    fn quantiles_are_those_of_the_sorted_cells_to_a_part_in_128() {
        let mut stream = Streams::new(Seeds::all(3)).stream(Purpose::Generate, 0, 0);
        let cells: Vec<f64> = (0..5000).map(|_| STANDARD_NORMAL.sample(&mut stream)).map(|x| x * x * x * 1e5).collect();
        let shares = [0.01, 0.25, 0.5, 0.75, 0.99];
        let mut sorted = cells.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        for (share, found) in shares.into_iter().zip(of(&cells, &shares)) {
            let expected = sorted[(share * 5000.0) as usize - 1];
            assert!((0.0..expected.abs() / 128.0).contains(&((expected - found) * expected.signum())), "{share}: {found} for {expected}");
        }
    }
}
