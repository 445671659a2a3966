//! Where columns of numbers are parted into bins of about as many cells each, found by two sums of counts.

use crate::diag::Error;
use crate::exchange::{Counting, Question, RANGES, Survey};
use crate::learners::boosting::{Cuts, choose, opened};

/// Each column's cuts into so many bins at most; `names` are those of the two sums. A server learns of each column how many cells lie in
/// each range of numbers (see [`Counting`]), over all clients.
pub(super) fn cuts<C, V>(counting: &Counting<'_, C, V>, names: [&'static str; 2], bins: usize, survey: &Survey<'_>) -> Result<Cuts, Error>
where
    C: Sync,
    V: Fn(&C, &mut dyn FnMut(usize, f64)) + Sync + Send,
{
    let coarse = counting.coarse(names[0], survey)?;
    let opened: Vec<Vec<usize>> = coarse.chunks_exact(RANGES).map(|counts| opened(counts, bins)).collect();
    let places: Vec<(usize, usize)> =
        opened.iter().enumerate().flat_map(|(column, ranges)| ranges.iter().map(move |&range| (column, range))).collect();
    let broadcast: Vec<f64> = places.iter().flat_map(|&(column, range)| [column as f64, range as f64]).collect();
    let fine = counting.within(&places, &Question { name: names[1], broadcast: &broadcast }, survey)?;
    let mut fine = fine.as_slice();
    let of_column = |(counts, opened): (&[i128], &Vec<usize>)| {
        let (own, rest) = fine.split_at(opened.len() * RANGES);
        fine = rest;
        choose(counts, opened, own, bins)
    };
    Ok(Cuts::new(coarse.chunks_exact(RANGES).zip(&opened).map(of_column).collect()))
}
