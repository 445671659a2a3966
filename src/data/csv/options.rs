//! How a file is to be read.

/// What to read a column's cells as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Not at all: its cells may hold anything.
    Skip,
    /// Numbers if all cells that are not missing are finite numbers (or all are missing), texts if none is.
    Infer,
    /// Finite numbers.
    Number,
    /// Texts, whatever they look like.
    Category,
    /// Texts, as many different ones as there are rows.
    Id,
}

/// What a missing cell is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// NaN in the table.
    Allowed,
    /// A mistake.
    Refused,
}

/// How to read one column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ColumnRequest {
    /// What to read its cells as.
    pub role: Role,
    /// What a missing cell is; of no effect on a column that is skipped.
    pub missing: Missing,
}

/// How to read a file.
#[derive(Clone, Copy, Debug)]
pub struct Options<'a> {
    /// The byte between fields, or `None` for the one of comma, semicolon and tab that is most frequent in the header.
    pub delimiter: Option<u8>,
    /// The texts that mean a missing cell, exactly.
    pub na_values: &'a [String],
}
