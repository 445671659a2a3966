//! What a generator is: a process that makes rows one by one.

use std::fmt::Debug;

use crate::numeric::rng::Stream;

/// A process that makes rows one by one.
pub trait Generator: Debug + Send + Sync {
    /// The columns' names, as a line of CSV.
    fn header(&self) -> String;

    /// Row `index` (from 0) of a table of `rows` rows, as a line of CSV.
    fn row(&self, index: usize, rows: usize, stream: &mut Stream) -> String;
}
