//! Bytes a second that all threads together read from memory, in order and with nothing else to do. A round can't end before its
//! rows have come from there once: the benches tell how much longer it takes.
//!
//! `bandwidth` prints the median of some readings of 1 GiB, more than caches hold.

#![expect(clippy::print_stdout, reason = "the number is for the program that called this one")]

use std::hint::black_box;

use fedsim::numeric::pages::Buffer;
use fedsim::numeric::reduce;
use fedsim::numeric::simd::vectorised;
use fedsim::timing::WallStopwatch;

/// Numbers of eight bytes.
const COUNT: usize = 1 << 27;

/// Numbers that a thread reads before it looks for more.
const CHUNK: usize = 1 << 16;

/// How many readings there are.
const READINGS: usize = 11;

fn main() {
    // Memory as a matrix has, written once so that the system gives it.
    let mut numbers = Buffer::<u64>::zeros(COUNT);
    reduce::fill_chunks(&mut numbers, CHUNK, |start, part| part.fill(start as u64));
    let chunks: Vec<&[u64]> = numbers.chunks(CHUNK).collect();
    let read = |chunk: &&[u64]| {
        vectorised(
            #[inline(always)]
            || chunk.iter().fold(0, |all, number| all ^ number),
        )
    };
    let seconds = |_| {
        let stopwatch = WallStopwatch::start();
        black_box(reduce::map(&chunks, read));
        stopwatch.elapsed()
    };
    let mut readings: Vec<f64> = (0..READINGS).map(seconds).collect();
    readings.sort_unstable_by(f64::total_cmp);
    println!("{}", size_of_val(&numbers[..]) as f64 / readings[READINGS / 2]);
}
