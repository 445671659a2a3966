//! The only parallelism: results come back in the order of their inputs, so the order in which threads end is unseen.

use std::collections::VecDeque;

use rayon::prelude::*;

use crate::diag::{Error, Problem};

/// Runs `work` with `threads` worker threads, or one per core if `None`. No result depends on the number.
///
/// # Errors
/// When the system refuses that many threads.
pub fn with_threads<T: Send>(threads: Option<usize>, work: impl FnOnce() -> T + Send) -> Result<T, Error> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads.unwrap_or(0)).build();
    let pool =
        pool.map_err(|cause| Problem::new(format!("can't start the worker threads: {cause}")).help("ask for fewer with --threads"))?;
    Ok(pool.install(work))
}

/// How many worker threads there are.
pub fn thread_count() -> usize {
    rayon::current_num_threads()
}

/// f of every item, in parallel, in the items' order.
pub fn map<I: Sync, T: Send>(items: &[I], f: impl Fn(&I) -> T + Sync + Send) -> Vec<T> {
    items.par_iter().map(&f).collect()
}

/// Like [`map`], for items that `f` consumes.
pub fn consume<I: Send, T: Send>(items: Vec<I>, f: impl Fn(I) -> T + Sync + Send) -> Vec<T> {
    items.into_par_iter().map(&f).collect()
}

/// Both results, worked out at the same time where there are two threads.
pub fn both<A: Send, B: Send>(a: impl FnOnce() -> A + Send, b: impl FnOnce() -> B + Send) -> (A, B) {
    rayon::join(a, b)
}

/// Results held for each thread take about so many bytes, or are few.
const BLOCK_BYTES: usize = 1 << 18;

/// f of every item, as an iterator in the items' order that works in parallel a few items ahead.
///
/// Only a block of results, of about `bytes` each, is held at a time, so a fold over millions of items keeps a few of them.
/// The fold itself runs item after item, so that neither block nor threads show in its sums.
pub fn map_ahead<'a, I: Sync, T: Send + 'a>(items: &'a [I], bytes: usize, f: impl Fn(&I) -> T + Sync + 'a) -> impl Iterator<Item = T> + 'a {
    // Small results come in large blocks, as each block's begin and end cost time.
    let block = (BLOCK_BYTES / bytes.max(1)).clamp(16, 1024) * rayon::current_num_threads();
    let mut waiting = items;
    let mut ready = VecDeque::new();
    std::iter::from_fn(move || {
        if ready.is_empty() {
            let (now, later) = waiting.split_at(block.min(waiting.len()));
            waiting = later;
            ready = map(now, &f).into();
        }
        ready.pop_front()
    })
}

/// Like [`map_ahead`], for items that `f` consumes.
pub fn consume_ahead<'a, I: Send + 'a, T: Send + 'a>(items: Vec<I>, f: impl Fn(I) -> T + Sync + 'a) -> impl Iterator<Item = T> + 'a {
    let block = 16 * rayon::current_num_threads();
    let mut waiting = items.into_iter();
    let mut ready = Vec::new().into_iter();
    std::iter::from_fn(move || {
        if ready.len() == 0 {
            let now: Vec<I> = waiting.by_ref().take(block).collect();
            ready = now.into_par_iter().map(&f).collect::<Vec<T>>().into_iter();
        }
        ready.next()
    })
}

/// Splits `out` into chunks of `chunk` elements and has `f` fill each, given the chunk's first index, in parallel.
pub fn fill_chunks<T: Send>(out: &mut [T], chunk: usize, f: impl Fn(usize, &mut [T]) + Sync) {
    out.par_chunks_mut(chunk).enumerate().for_each(|(index, part)| f(index * chunk, part));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_order_on_any_number_of_threads() {
        let items: Vec<usize> = (0..1000).collect();
        for threads in [1, 2, 7] {
            let squares = with_threads(Some(threads), || map_ahead(&items, 8, |i| i * i).collect::<Vec<_>>()).expect("threads start");
            assert!(squares.iter().enumerate().all(|(i, &square)| square == i * i) && squares.len() == 1000);
            let owned = with_threads(Some(threads), || consume_ahead(items.clone(), |i| i * i).collect::<Vec<_>>());
            assert_eq!(owned.expect("threads start"), squares);
        }
    }

    #[test]
    fn both_results_keep_their_sides() {
        for threads in [1, 2] {
            assert_eq!(with_threads(Some(threads), || both(|| 1, || "b")).expect("threads start"), (1, "b"));
        }
    }

    #[test]
    fn chunks_know_where_they_start() {
        let mut out = vec![0; 10];
        fill_chunks(&mut out, 4, |start, part| part.iter_mut().enumerate().for_each(|(i, slot)| *slot = start + i));
        assert_eq!(out, (0..10).collect::<Vec<_>>());
    }
}
