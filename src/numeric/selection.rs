//! Which rows are read and in which order, some at a time; and what is asked of the memory meanwhile, so that nobody waits for
//! it.

/// How many rows are worked on together.
pub const BLOCK: usize = 16;

/// How many rows lie between those that are worked on and those that the memory is asked for. Fewer have not arrived when they
/// are needed, and more don't fit into the nearest cache.
const AHEAD: usize = 20;

/// Rows, by their numbers, in the order in which they are read.
#[derive(Clone, Copy, Debug)]
pub struct Selection<'a> {
    /// These rows, then those that will be selection next.
    order: &'a [u32],
    count: usize,
}

impl<'a> Selection<'a> {
    /// All of these.
    pub fn all(order: &'a [u32]) -> Self {
        Self { order, count: order.len() }
    }

    /// The first `count` of these; those after them are needed soon.
    ///
    /// # Panics
    /// If there are not as many.
    pub fn first(order: &'a [u32], count: usize) -> Self {
        assert!(count <= order.len(), "more rows are selection than there are");
        Self { order, count }
    }

    /// The rows.
    #[inline(always)]
    pub fn rows(&self) -> &'a [u32] {
        &self.order[..self.count]
    }

    /// The rows, up to [`BLOCK`] at a time.
    #[inline(always)]
    pub fn blocks(self) -> impl Iterator<Item = Block<'a>> {
        self.rows().chunks(BLOCK).enumerate().map(move |(at, rows)| {
            let soon = self.order.get(at * BLOCK + AHEAD..).unwrap_or_default();
            Block { rows, soon: &soon[..soon.len().min(rows.len())] }
        })
    }
}

/// Up to [`BLOCK`] rows to work on.
#[derive(Clone, Copy, Debug)]
pub struct Block<'a> {
    rows: &'a [u32],
    /// As many that are worked on soon, or fewer at the end.
    soon: &'a [u32],
}

impl<'a> Block<'a> {
    /// These rows, up to [`BLOCK`], when nobody knows what comes after them.
    #[inline(always)]
    pub fn alone(rows: &'a [u32]) -> Self {
        Self { rows, soon: &[] }
    }

    /// The rows.
    #[inline(always)]
    pub fn rows(&self) -> &'a [u32] {
        self.rows
    }

    /// As many others that are worked on soon, or fewer.
    #[inline(always)]
    pub fn soon(&self) -> &'a [u32] {
        self.soon
    }

    /// Each row with another that is worked on soon.
    #[inline(always)]
    pub fn with_soon(&self) -> impl Iterator<Item = (u32, Option<u32>)> {
        let mut soon = self.soon.iter();
        self.rows.iter().map(move |&row| (row, soon.next().copied()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Over the batches of a pass every row is worked on once, in its order, and all but the first have been asked for before.
    #[test]
    fn every_row_but_the_first_is_asked_for_once_and_early() {
        for (count, batch) in [(100, 100), (100, 10), (100, 32), (23, 5), (24, 24), (25, 25), (200, 64), (1, 1)] {
            let order: Vec<u32> = (0..count as u32).map(|row| row * 7 % 1000).collect();
            let (mut read, mut asked) = (Vec::new(), Vec::new());
            for start in (0..count).step_by(batch) {
                let selection = Selection::first(&order[start..], batch.min(count - start));
                assert_eq!(selection.rows(), &order[start..count.min(start + batch)]);
                for block in selection.blocks() {
                    assert!((1..=BLOCK).contains(&block.rows().len()));
                    for (row, soon) in block.with_soon() {
                        assert!(read.len() < AHEAD || asked.contains(&row), "{count} {batch}: row {row} comes unasked");
                        read.push(row);
                        asked.extend(soon);
                    }
                }
            }
            assert_eq!(read, order);
            assert_eq!(asked, order[AHEAD.min(count)..], "{count} {batch}");
        }
    }
}
