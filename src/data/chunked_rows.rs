//! A table's rows in chunks of memory that are given back one by one, so that while a matrix is made of them there is never
//! twice as much as one of the two.

use std::mem;

use crate::diag::Problem;
use crate::numeric::pages::Buffer;
use crate::numeric::{memory, reduce};

/// About how many bytes a chunk has. Memory of this size goes back to the system at once when it is freed.
const CHUNK_BYTES: usize = 64 << 20;

/// How many rows are changed at a time.
const CHANGED_ROWS: usize = 4096;

/// Rows of cells, (rows, width).
#[derive(Clone, Debug)]
pub struct ChunkedRows {
    width: usize,
    rows: usize,
    /// A chunk has two to the power of this many rows.
    shift: u32,
    /// Each as long as all others, and zero behind the last row: memory that is never written costs nothing.
    chunks: Vec<Buffer<f64>>,
}

impl ChunkedRows {
    /// No rows yet, of `width` cells. If no more than `cells_max` are to be expected, a chunk is no longer than that.
    pub fn new(width: usize, cells_max: usize) -> Self {
        let cells = cells_max.min(CHUNK_BYTES / size_of::<f64>());
        Self { width, rows: 0, shift: cells.div_ceil(width.max(1)).max(1).next_power_of_two().ilog2(), chunks: Vec::new() }
    }

    /// How many cells a row has.
    pub fn width(&self) -> usize {
        self.width
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// One row, (width,).
    pub fn row(&self, row: usize) -> &[f64] {
        let (chunk, place) = (row >> self.shift, row & ((1 << self.shift) - 1));
        &self.chunks[chunk][place * self.width..][..self.width]
    }

    /// One row, (width,), to be altered.
    pub fn row_mut(&mut self, row: usize) -> &mut [f64] {
        let (chunk, place) = (row >> self.shift, row & ((1 << self.shift) - 1));
        &mut self.chunks[chunk][place * self.width..][..self.width]
    }

    /// Adds the rows of `parts`, (rows, width) each; `change` may alter those of the part whose number it is given.
    ///
    /// # Errors
    /// When there is no memory for them, which `what` asks for: words that complete "... take 3.2 GiB of memory".
    pub fn extend(&mut self, parts: &[&[f64]], what: &str, change: impl Fn(usize, &mut [f64]) + Sync) -> Result<(), Problem> {
        let new: usize = parts.iter().map(|part| part.len()).sum();
        if new == 0 {
            return Ok(());
        }
        let rows = self.rows + new / self.width;
        memory::check_room(new * size_of::<f64>(), what)?;
        while self.chunks.len() << self.shift < rows {
            let cells = self.width << self.shift;
            memory::check_address_space(cells * size_of::<f64>(), what)?;
            self.chunks.push(Buffer::zeros(cells));
        }
        let mut chunks = self.chunks[self.rows >> self.shift..].iter_mut();
        let filled = (self.rows & ((1 << self.shift) - 1)) * self.width;
        let mut free = chunks.next().map(|chunk| &mut chunk[filled..]).unwrap_or_default();
        let mut copies = Vec::with_capacity(parts.len() + 1);
        for (part, mut cells) in parts.iter().copied().enumerate() {
            while !cells.is_empty() {
                if free.is_empty() {
                    free = chunks.next().expect("there is room");
                }
                let count = cells.len().min(free.len());
                let (place, rest) = mem::take(&mut free).split_at_mut(count);
                let (here, later) = cells.split_at(count);
                copies.push((part, here, place));
                (free, cells) = (rest, later);
            }
        }
        reduce::consume(copies, |(part, cells, place)| {
            place.copy_from_slice(cells);
            change(part, place);
        });
        self.rows = rows;
        Ok(())
    }

    /// Makes room for `width` cells in each row, as many as it has or more; the new ones are 0. A chunk that was copied is given
    /// back before the next is.
    ///
    /// # Errors
    /// When there is no memory for them, which `what` asks for.
    pub fn widen(&mut self, width: usize, what: &str) -> Result<(), Problem> {
        memory::check_room((width - self.width) * self.rows * size_of::<f64>(), what)?;
        memory::check_address_space((width << self.shift) * size_of::<f64>(), what)?;
        for (at, chunk) in self.chunks.iter_mut().enumerate() {
            let rows = (self.rows - (at << self.shift)).min(1 << self.shift);
            let mut wider = Buffer::zeros(width << self.shift);
            reduce::fill_chunks(&mut wider[..rows * width], width * CHANGED_ROWS, |start, out| {
                let from = chunk[start / width * self.width..].chunks_exact(self.width);
                out.chunks_exact_mut(width).zip(from).for_each(|(to, from)| to[..self.width].copy_from_slice(from));
            });
            *chunk = wider;
        }
        self.width = width;
        Ok(())
    }

    /// Alters every row, (width,).
    pub fn change(&mut self, change: impl Fn(&mut [f64]) + Sync) {
        let (width, shift) = (self.width, self.shift);
        for (at, chunk) in self.chunks.iter_mut().enumerate() {
            let rows = (self.rows - (at << shift)).min(1 << shift);
            reduce::fill_chunks(&mut chunk[..rows * width], width * CHANGED_ROWS, |_, rows| {
                rows.chunks_exact_mut(width).for_each(&change);
            });
        }
    }

    /// Moves the rows that `lists` name, each once, so that a walk along all lists goes from chunk to chunk and never back;
    /// the lists then name the same rows where they are now. Within a chunk rows keep their order. Others are gone.
    ///
    /// A chunk that was moved is given back before the next is.
    ///
    /// # Errors
    /// When there is no memory for them.
    pub fn arrange(&mut self, lists: &mut [&mut Vec<u32>]) -> Result<(), Problem> {
        if self.chunks.len() <= 1 {
            return Ok(());
        }
        self.arrange_into(Self::new(self.width, usize::MAX), lists)
    }

    fn arrange_into(&mut self, mut arranged: Self, lists: &mut [&mut Vec<u32>]) -> Result<(), Problem> {
        let rows = lists.iter().map(|list| list.len()).sum();
        memory::check_address_space(rows * self.width * size_of::<f64>(), &format!("{rows} rows in the order of the clients"))?;
        arranged.rows = rows;
        // First the chunk that each row goes to, then its place.
        let mut places = vec![u32::MAX; self.rows];
        for (position, &row) in lists.iter().flat_map(|list| list.iter()).enumerate() {
            places[row as usize] = (position >> arranged.shift) as u32;
        }
        let mut next: Vec<u32> = (0..rows.div_ceil(1 << arranged.shift)).map(|chunk| (chunk << arranged.shift) as u32).collect();
        for place in places.iter_mut().filter(|place| **place != u32::MAX) {
            let free = &mut next[*place as usize];
            *place = *free;
            *free += 1;
        }
        arranged.chunks = next.iter().map(|_| Buffer::zeros(self.width << arranged.shift)).collect();
        let mut before = 0;
        for chunk in mem::take(&mut self.chunks) {
            let places = &places[before..(before + (1 << self.shift)).min(self.rows)];
            before += places.len();
            reduce::consume(arranged.chunks.iter_mut().enumerate().collect(), |(at, to)| {
                for (&place, cells) in places.iter().zip(chunk.chunks_exact(self.width)) {
                    if (place >> arranged.shift) as usize == at && place != u32::MAX {
                        let place = place as usize & ((1 << arranged.shift) - 1);
                        to[place * self.width..][..self.width].copy_from_slice(cells);
                    }
                }
            });
        }
        lists.iter_mut().flat_map(|list| list.iter_mut()).for_each(|row| *row = places[*row as usize]);
        *self = arranged;
        Ok(())
    }

    /// How many steps of a walk along the lists after [`ChunkedRows::arrange`] stay in a chunk, from that of step 0.
    pub fn steps(&self) -> usize {
        1 << self.shift
    }

    /// Gives the chunks back that a walk along the lists after [`ChunkedRows::arrange`] leaves behind in `steps` steps. Their rows
    /// can't be read any more.
    pub fn release(&mut self, steps: usize) {
        self.chunks.iter_mut().take(steps >> self.shift).for_each(|chunk| *chunk = Buffer::default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::rng::{Purpose, Seeds, Streams};
    use ndarray_rand::rand::RngCore;

    const WIDTH: usize = 3;

    /// `rows` rows, of which each cell tells where it is, in chunks of four.
    fn numbered(rows: usize) -> ChunkedRows {
        let mut chunks = ChunkedRows::new(WIDTH, 4 * WIDTH);
        let cells: Vec<f64> = (0..rows * WIDTH).map(|cell| cell as f64).collect();
        chunks.extend(&[&cells], "the cells", |_, _| {}).expect("there is memory");
        chunks
    }

    fn row(number: usize) -> [f64; WIDTH] {
        std::array::from_fn(|at| (number * WIDTH + at) as f64)
    }

    #[test]
    fn parts_of_any_length_follow_each_other_and_are_altered_once() {
        let mut chunks = ChunkedRows::new(WIDTH, 4 * WIDTH);
        let cells: Vec<f64> = (0..100 * WIDTH).map(|cell| cell as f64).collect();
        let (mut rest, mut parts) = (cells.as_slice(), Vec::new());
        for rows in [1, 0, 7, 3, 20, 69] {
            let (part, others) = rest.split_at(rows * WIDTH);
            parts.push(part);
            rest = others;
        }
        for parts in parts.chunks(4) {
            let negate = |part: usize, rows: &mut [f64]| rows.iter_mut().filter(|_| part == 2).for_each(|cell| *cell = -*cell);
            chunks.extend(parts, "the cells", negate).expect("there is memory");
        }
        assert_eq!(chunks.rows(), 100);
        chunks.change(|row| row.iter_mut().for_each(|cell| *cell += 0.5));
        for number in 0..100 {
            let sign = if (1..8).contains(&number) { -1.0 } else { 1.0 };
            assert_eq!(chunks.row(number), row(number).map(|cell| sign * cell + 0.5), "row {number}");
        }
    }

    #[test]
    fn rows_are_widened_where_they_are() {
        for rows in [1, 4, 9, 10_000] {
            let mut chunks = numbered(rows);
            chunks.widen(WIDTH + 2, "the cells").expect("there is memory");
            assert_eq!((chunks.width(), chunks.rows()), (WIDTH + 2, rows));
            for number in 0..rows {
                assert_eq!(chunks.row(number), [&row(number)[..], &[0.0; 2]].concat(), "row {number} of {rows}");
            }
            chunks.extend(&[&[7.0; WIDTH + 2]], "the cells", |_, _| {}).expect("there is memory");
            assert_eq!(chunks.row(rows), [7.0; WIDTH + 2]);
        }
    }

    #[test]
    fn a_walk_along_arranged_lists_meets_the_same_rows_and_never_goes_back() {
        let mut random = Streams::new(Seeds::all(3)).stream(Purpose::Generate, 0, 0);
        for rows in [5, 16, 17, 100] {
            let mut chunks = numbered(rows);
            let mut lists = vec![Vec::new(); 5];
            for row in 0..rows {
                lists[random.next_u32() as usize % 5].push(row as u32);
            }
            // The last list is of rows that nobody wants.
            lists.pop();
            let before = lists.clone();
            chunks.arrange_into(ChunkedRows::new(WIDTH, 8 * WIDTH), &mut lists.iter_mut().collect::<Vec<_>>()).expect("there is memory");
            let mut steps = 0;
            for (&old, &new) in before.iter().flatten().zip(lists.iter().flatten()) {
                assert_eq!(chunks.row(new as usize), row(old as usize));
                assert_eq!(new as usize / chunks.steps(), steps / chunks.steps());
                steps += 1;
                chunks.release(steps);
            }
            assert!(lists.iter().all(|list| list.is_sorted()));
            assert!(chunks.chunks.iter().take(steps / 8).all(|chunk| chunk.is_empty()));
        }
    }
}
