//! Seconds in which all threads read so many bytes once, in order, and do nothing else: what no round over as many bytes of rows
//! can beat. The benches compare rounds with it.
//!
//! `bytes_once BYTES` prints the median of some readings.

#![expect(clippy::print_stdout, reason = "the number is for the program that called this one")]

use std::error::Error;
use std::hint::black_box;

use fedsim::numeric::pages::Buffer;
use fedsim::numeric::reduce;
use fedsim::numeric::simd::vectorised;
use fedsim::timing::WallStopwatch;

/// Numbers that a thread reads before it looks for more.
const CHUNK: usize = 1 << 16;

/// How many readings there are.
const READINGS: usize = 31;

fn main() -> Result<(), Box<dyn Error>> {
    let bytes: usize = std::env::args().nth(1).ok_or("bytes_once BYTES")?.parse()?;
    // Memory as a matrix has, written once so that the system gives it.
    let mut numbers = Buffer::<u64>::zeros(bytes / size_of::<u64>());
    reduce::fill_chunks(&mut numbers, CHUNK, |start, part| part.fill(start as u64));
    let chunks: Vec<&[u64]> = numbers.chunks(CHUNK).collect();
    let seconds = |_| {
        let stopwatch = WallStopwatch::start();
        black_box(reduce::map(&chunks, |chunk| {
            vectorised(
                #[inline(always)]
                || chunk.iter().fold(0, |all, number| all ^ number),
            )
        }));
        stopwatch.elapsed()
    };
    let mut readings: Vec<f64> = (0..READINGS).map(seconds).collect();
    readings.sort_unstable_by(f64::total_cmp);
    println!("{}", readings[READINGS / 2]);
    Ok(())
}
