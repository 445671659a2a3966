//! How training rows are dealt to clients: one file a kind.

use crate::registry::registry;

mod column;
mod cut;
mod dirichlet;
mod iid;
mod partitioner;
mod quantity;
mod shards;

pub use partitioner::{Partitioner, TrainingRows};

registry!(
    "partition",
    "how training rows are dealt to clients",
    dyn Partitioner,
    [iid::Iid, dirichlet::Dirichlet, quantity::Quantity, shards::Shards, column::Column]
);
