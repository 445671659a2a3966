//! What the memory is asked for before it is needed, so that nobody waits for it. Nothing here changes a result.

use std::ops::Range;

use prefetch_index::prefetch_index;

use super::lines::Line;

/// Asks the memory for some lines of a row that is worked on soon, and does not wait for them.
#[inline(always)]
pub(super) fn prefetch<L: Line>(lines: &[L], width: usize, row: u32, part: Range<usize>) {
    for line in part.step_by(L::IN_A_CACHE_LINE) {
        prefetch_index(lines, row as usize * width + line);
    }
}

/// Bytes that are asked for in turn: a core's share of the cache that cores have in common, in today's servers.
const IN_TURN: usize = 4 << 20;

/// Cache lines that are asked for at a time.
const AT_A_TIME: usize = 4;

/// Asks the memory for a row, where one row after the other is asked for, and does not wait for it; not for rows beyond those that
/// stay in the cache.
#[inline(always)]
pub(super) fn prefetch_in_turn<L: Line>(lines: &[L], width: usize, row: usize) {
    // Of long rows these are lines of earlier ones, so that still all are asked for in their order.
    let count = (AT_A_TIME * L::IN_A_CACHE_LINE).min(width);
    let start = row * count;
    if start < IN_TURN / size_of::<L>() {
        (start..start + count).step_by(L::IN_A_CACHE_LINE).for_each(|line| prefetch_index(lines, line));
    }
}

/// Which lines of rows ahead the memory is asked for, and when. It answers some twenty questions at a time and makes whoever
/// asks more wait, so they are spread evenly over a block's work.
pub(super) struct Parts {
    pub(super) while_multiplying: Range<usize>,
    pub(super) between: Range<usize>,
    pub(super) while_adding: Range<usize>,
}

/// Rows of more cache lines are long.
const LONG: usize = 8;

impl Parts {
    #[inline(always)]
    pub(super) fn of<L: Line>(width: usize) -> Self {
        let cache_lines = width.div_ceil(L::IN_A_CACHE_LINE);
        let half = cache_lines / 2;
        let lines = |cache_lines: usize| (cache_lines * L::IN_A_CACHE_LINE).min(width);
        if cache_lines > LONG {
            // In their order: the memory guesses what comes next, and is mostly right.
            return Self { while_multiplying: 0..lines(half), between: 0..0, while_adding: lines(half)..width };
        }
        // From the end to the beginning, as what it would guess to come next would mostly be another row's.
        let most = half + cache_lines / 4;
        Self { while_multiplying: lines(most)..width, between: lines(half)..lines(most), while_adding: 0..lines(half) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::lines::{Doubles, Singles};

    /// No line of a row comes unasked, none is asked for twice, and each part begins with a cache line.
    #[test]
    fn the_parts_of_a_row_that_are_asked_for_make_up_the_row() {
        fn check<L: Line>() {
            for width in 1..100 {
                let Parts { while_multiplying, between, while_adding } = Parts::of::<L>(width);
                let parts = [while_multiplying, between, while_adding];
                let mut asked: Vec<usize> = parts.iter().cloned().flatten().collect();
                asked.sort_unstable();
                assert_eq!(asked, (0..width).collect::<Vec<_>>());
                assert!(parts.iter().all(|part| part.is_empty() || part.start % L::IN_A_CACHE_LINE == 0), "{parts:?}");
            }
        }
        check::<Doubles>();
        check::<Singles>();
    }
}
