//! Eight numbers a line, in double or in single precision, and memory for many lines, each within one cache line.

use bytemuck::Pod;

use super::linalg::LANES;
use super::pages::Buffer;

/// Eight numbers in double precision: a cache line.
pub(super) type Doubles = [f64; LANES];

/// Eight numbers in single precision: half of one.
pub(super) type Singles = [f32; LANES];

/// Eight numbers, however they are kept.
pub(super) trait Line: Copy + Send + Sync {
    /// How many lie in one cache line.
    const IN_A_CACHE_LINE: usize = BOUNDARY / size_of::<Self>();
    /// Eight numbers, kept.
    fn narrow(numbers: [f64; LANES]) -> Self;
    /// The eight, for arithmetic.
    fn wide(&self) -> [f64; LANES];
}

impl Line for Doubles {
    #[inline(always)]
    fn narrow(numbers: [f64; LANES]) -> Self {
        numbers
    }

    #[inline(always)]
    fn wide(&self) -> [f64; LANES] {
        *self
    }
}

impl Line for Singles {
    #[inline(always)]
    fn narrow(numbers: [f64; LANES]) -> Self {
        numbers.map(|number| number as f32)
    }

    #[inline(always)]
    fn wide(&self) -> [f64; LANES] {
        // A loop, as closures of `map` are not compiled for wide instructions.
        let mut numbers = [0.0; LANES];
        for (wide, narrow) in numbers.iter_mut().zip(self) {
            *wide = f64::from(*narrow);
        }
        numbers
    }
}

/// Memory for lines, the first of which begins where a cache line does.
#[derive(Clone, Debug)]
pub(super) struct Room<N: Pod> {
    numbers: Buffer<N>,
    start: usize,
    lines: usize,
}

/// Bytes of a cache line.
const BOUNDARY: usize = 64;

impl<N: Pod> Room<N> {
    /// Room for so many lines, all zero.
    pub(super) fn zeros(lines: usize) -> Self {
        let slack = BOUNDARY / size_of::<N>();
        let numbers = Buffer::<N>::zeros(lines * LANES + slack);
        let start = numbers.as_ptr().align_offset(BOUNDARY).min(slack);
        Self { numbers, start, lines }
    }

    /// All of them.
    pub(super) fn lines(&self) -> &[[N; LANES]] {
        self.numbers[self.start..][..self.lines * LANES].as_chunks().0
    }

    /// All of them, to be written.
    pub(super) fn lines_mut(&mut self) -> &mut [[N; LANES]] {
        self.numbers[self.start..][..self.lines * LANES].as_chunks_mut().0
    }
}
