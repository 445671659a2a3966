//! The clients' rows, ready to be learned from.

use super::record::SecureRecord;
use crate::data::Federation;
use crate::training::RowWeights;

/// The clients' rows, and what it took to prepare them.
#[derive(Debug)]
pub struct Prepared {
    /// The clients' rows.
    pub federation: Federation,
    /// What a row weighs in training.
    pub weights: RowWeights,
    /// For each feature a power of two that no training cell's magnitude reaches, where the learner needs to know; else empty.
    pub reach: Vec<i32>,
    /// The sums of statistics, in their order, where they went through secure aggregation.
    pub statistics: Vec<SecureRecord>,
}
