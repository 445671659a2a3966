//! The clients' rows, ready to be learned from.

use crate::data::Federation;
use crate::exchange::ExchangeRecord;
use crate::learners::boosting::Ground;
use crate::learners::scorecard::Binned;
use crate::models::RowWeights;

/// The clients' rows, and what it took to prepare them.
#[derive(Debug)]
pub struct Prepared {
    /// The clients' rows.
    pub federation: Federation,
    /// What a row weighs in training, by its class, (classes,); empty where all weigh 1.
    pub class_weights: Vec<f64>,
    /// Where the learner needs to know.
    pub reach: Reach,
    /// The first centroids of a model that has some, (clusters * features,); else empty.
    pub first_centroids: Vec<f64>,
    /// What trees grow on, of a model of trees; else nothing.
    pub ground: Ground,
    /// The columns in their bins, of a scorecard; else `None`.
    pub binned: Option<Binned>,
    /// The sums of statistics, in their order.
    pub statistics: Vec<ExchangeRecord>,
}

/// Powers of two that magnitudes of training rows do not reach.
#[derive(Clone, Debug, Default)]
pub struct Reach {
    /// Each feature's cells, (features,).
    pub features: Vec<i32>,
    /// Labels.
    pub label: i32,
}

impl Prepared {
    /// What a row weighs in training.
    pub fn weights(&self) -> RowWeights<'_> {
        RowWeights::new(&self.class_weights)
    }
}
