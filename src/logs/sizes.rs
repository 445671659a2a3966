//! How long tables can be: what a run's plan and its data imply, not what a stranger's file takes.

/// The figures that the lengths of a run's files follow from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// Rounds that it may have.
    pub rounds: u64,
    /// Clients.
    pub clients: u64,
    /// Parameters of the model.
    pub parameters: u64,
    /// Features.
    pub features: u64,
    /// Test rows.
    pub test_rows: u64,
    /// Numbers that the server and all clients may remember beside the model, between two rounds.
    pub remembered: u64,
    /// Seeds under which a comparison was made.
    pub seeds: u64,
}

/// Metrics, and figures of a summary, are fewer.
pub(crate) const FIGURES_MAX: u64 = 100;

/// Sums that preprocessing takes are fewer, and so are a sum's stages times eight.
pub(super) const STATISTICS: u64 = 64;

impl Sizes {
    /// Of a run of which nothing is known: the greatest that any scenario and any table may have.
    pub const MOST: Self = Self {
        rounds: 10_000_000,
        clients: 100_000_000,
        parameters: 100_000_001,
        features: 100_000_000,
        test_rows: u32::MAX as u64,
        remembered: 1 << 32,
        seeds: 1000,
    };

    /// Times at which models may be measured: after each round, and at the start.
    pub(super) fn measured(&self) -> u64 {
        self.rounds + 1
    }
}

/// How long a table can be.
#[derive(Clone, Copy, Debug)]
pub struct Length {
    /// Its rows, the header aside.
    pub rows: fn(&Sizes) -> u64,
    /// Bytes of a row.
    pub row_bytes: u64,
}

impl Length {
    /// Of rows of numbers and of words of ours: they have at most 40 cells, and no number takes more than 400 bytes.
    pub(super) const fn of_numbers(rows: fn(&Sizes) -> u64) -> Self {
        Self { rows, row_bytes: 1 << 16 }
    }

    /// Of rows that have a client's name or a row's identifier besides: 4 KiB, and as much again for quotes in it.
    pub(super) const fn of_named(rows: fn(&Sizes) -> u64) -> Self {
        Self { rows, row_bytes: 1 << 17 }
    }

    /// Of rows that have names of columns, which a table's header of 64 MiB holds, twice, and a category.
    pub(super) const fn of_columns(rows: fn(&Sizes) -> u64) -> Self {
        Self { rows, row_bytes: 130 << 20 }
    }
}
