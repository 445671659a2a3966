//! The least and the greatest cell of each column, byte by byte.

use crate::diag::Error;
use crate::exchange::{Question, Survey};
use crate::numeric::order::{from_order_key, order_key};

/// Bytes of an extreme: as many questions.
pub const BYTES: usize = 8;

/// What a client without a cell has in a column.
pub const NO_ENDS: [f64; 2] = [f64::NEG_INFINITY; 2];

/// The least and the greatest observed cell of each column, from minus the least and the greatest that each client has; `None` where
/// nothing is observed.
///
/// Byte by byte from the highest: a client whose extreme begins like the greatest so far answers with its next byte, the others
/// with 0. A server learns the extremes themselves, byte by byte, each of which is the cell of some client; not whose, and
/// nothing of any other's.
///
/// # Errors
/// When the survey can't hold such sums.
pub fn extremes(
    ends: &[Vec<[f64; 2]>],
    columns: usize,
    names: [&'static str; BYTES],
    survey: &Survey<'_>,
) -> Result<Vec<Option<(f64, f64)>>, Error> {
    // Added to zero, as -0 would else come before 0, and which of them is the greater is nobody's promise.
    let keys = |ends: &Vec<[f64; 2]>| ends.as_flattened().iter().map(|end| order_key(end + 0.0)).collect::<Vec<u64>>();
    let keys: Vec<Vec<u64>> = ends.iter().map(keys).collect();
    let mut prefixes = vec![0_u64; 2 * columns];
    for (byte, name) in names.into_iter().enumerate() {
        let shift = 56 - 8 * byte as u32;
        let next_byte = |(&key, &prefix): (&u64, &u64)| {
            // A shift by all 64 bits leaves nothing, as no byte is known yet.
            if key.checked_shr(shift + 8).unwrap_or(0) == prefix { (key >> shift & 0xff) as u8 } else { 0 }
        };
        let answers: Vec<Vec<u8>> = keys.iter().map(|keys| keys.iter().zip(&prefixes).map(next_byte).collect()).collect();
        // In halves, which doubles hold.
        let broadcast: Vec<f64> = prefixes.iter().flat_map(|prefix| [prefix >> 32, prefix & 0xffff_ffff]).map(|half| half as f64).collect();
        let greatest = survey.greatest(&Question { name, broadcast: &broadcast }, &answers)?;
        prefixes.iter_mut().zip(greatest).for_each(|(prefix, byte)| *prefix = *prefix << 8 | u64::from(byte));
    }
    let ends = prefixes.into_iter().map(from_order_key).collect::<Vec<f64>>();
    let range = |&[least, greatest]: &[f64; 2]| (greatest > f64::NEG_INFINITY).then_some((-least, greatest));
    Ok(ends.as_chunks().0.iter().map(range).collect())
}
