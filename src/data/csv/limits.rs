//! How much of a file is held at a time, and how much of it is read at all.

/// How much is read at a time, and how much at all.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Bytes of a block.
    pub block: usize,
    /// Least bytes of a piece of a block.
    pub piece: usize,
    /// Bytes of a record, about.
    pub record: usize,
    pub columns: usize,
    pub rows: usize,
    /// Distinct texts of a column.
    pub texts: usize,
    /// Cells of a chunk of the table's memory.
    pub chunk: usize,
}

/// The limits of every file that a user names.
pub(super) const LIMITS: Limits = Limits {
    block: 4 << 20,
    piece: 512 << 10,
    record: 64 << 20,
    columns: 100_000,
    rows: u32::MAX as usize,
    texts: 100_000,
    chunk: usize::MAX,
};
