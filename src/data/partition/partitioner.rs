//! What a partitioner is: a way to deal rows to clients.

use std::fmt::Debug;

use crate::diag::Problem;
use crate::numeric::rng::Streams;
use crate::tasks::Labels;

/// What a partitioner may know of the training rows.
#[derive(Clone, Copy, Debug)]
pub struct TrainingRows<'a> {
    /// Their labels, (rows,).
    pub labels: Labels<'a>,
    /// Each row's place among the sorted values of the column that [`Partitioner::column`] asked for, (rows,).
    pub groups: Option<&'a [u32]>,
}

/// A way to deal rows to clients.
pub trait Partitioner: Debug + Send + Sync {
    /// The column that decides, if one does; it is then read as text and is no feature, and each of its values is a client.
    fn column(&self) -> Option<&str>;

    /// How many clients there are, if the rows tell.
    fn clients(&self, rows: &TrainingRows<'_>) -> Option<usize>;

    /// Whether it goes by labels.
    fn looks_at_labels(&self) -> bool;

    /// Whether a client may be left without rows.
    fn may_leave_empty(&self) -> bool;

    /// Each client's rows, ascending. The lists are disjoint and hold every row.
    ///
    /// # Errors
    /// When no such deal exists or none was found; the problem names the key to change.
    fn deal(&self, rows: &TrainingRows<'_>, clients: usize, streams: &Streams) -> Result<Vec<Vec<u32>>, Problem>;
}
