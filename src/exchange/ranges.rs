//! How many numbers lie where, counted in the order of floats by sums alone.
//!
//! In order-preserving bits (a float's own, with the sign flipped), the first byte parts all numbers of single precision into 256
//! ranges, and the second each of these into 256: a number is then known up to 2^-7 of its own size.

use super::survey::{Question, Survey};
use crate::diag::Error;
use crate::numeric::order::single_order_key;
use crate::numeric::reduce;

/// Ranges that a byte parts another into.
pub const RANGES: usize = 256;

/// What clients count: numbers in columns, of which no column has more than two to the power of `bits` less one.
#[derive(Clone, Copy, Debug)]
pub struct Counting<'a, C, V> {
    /// The clients.
    pub clients: &'a [C],
    /// Shows each of a client's numbers, with its column; what is missing is left out.
    pub visit: V,
    /// How many columns there are.
    pub columns: usize,
    /// Bits of a count, sign included.
    pub bits: u32,
}

impl<C: Sync, V: Fn(&C, &mut dyn FnMut(usize, f64)) + Sync + Send> Counting<'_, C, V> {
    /// How many numbers of each column lie in each of 256 ranges of all numbers, (columns, 256): what a server learns.
    ///
    /// # Errors
    /// When the survey can't hold such sums.
    pub fn coarse(&self, name: &'static str, survey: &Survey<'_>) -> Result<Vec<i128>, Error> {
        let counts = reduce::map(self.clients, |client| {
            let mut counts = vec![0_i128; self.columns * RANGES];
            (self.visit)(client, &mut |column, number| counts[column * RANGES + first_byte(number)] += 1);
            counts
        });
        survey.sum(&Question::plain(name), self.bits, &counts)
    }

    /// How many numbers lie in each of 256 ranges of each of these, a column's range each, (opened, 256): what a server learns.
    ///
    /// # Errors
    /// When the survey can't hold such sums.
    pub fn within(&self, opened: &[(usize, usize)], question: &Question<'_>, survey: &Survey<'_>) -> Result<Vec<i128>, Error> {
        let mut places: Vec<Vec<u32>> = vec![Vec::new(); self.columns * RANGES];
        (0..).zip(opened).for_each(|(at, (column, range))| places[column * RANGES + range].push(at));
        let counts = reduce::map(self.clients, |client| {
            let mut counts = vec![0_i128; opened.len() * RANGES];
            (self.visit)(client, &mut |column, number| {
                for &at in &places[column * RANGES + first_byte(number)] {
                    counts[at as usize * RANGES + (single_order_key(number) >> 16 & 0xff) as usize] += 1;
                }
            });
            counts
        });
        survey.sum(question, self.bits, &counts)
    }
}

fn first_byte(number: f64) -> usize {
    (single_order_key(number) >> 24) as usize
}
