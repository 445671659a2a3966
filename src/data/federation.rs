//! The clients' rows as training sees them.

use std::ops::Range;

use super::prepare::Examples;
use super::preprocess::Transform;
use crate::numeric::digest::Hash;
use crate::numeric::rows::Rows;

/// The clients' training rows, in one matrix, and the test rows.
#[derive(Debug)]
pub struct Federation {
    /// What makes features of columns.
    pub transform: Transform,
    /// The training rows, client after client.
    pub train: Examples,
    /// Each client's rows of `train`; together they are all of them.
    pub clients: Vec<Range<usize>>,
    /// The row that each training row has in the data, all files laid end to end, from 0.
    pub train_rows: Vec<u32>,
    /// The rows that clients hold out of training, client after client.
    pub held_out: Examples,
    /// Each client's rows of `held_out`; all empty if nothing is held out.
    pub held_out_clients: Vec<Range<usize>>,
    /// The test rows.
    pub test: Examples,
    /// SHA-256 over the files' SHA-256 values.
    pub sha256: Hash,
}

impl Federation {
    /// One client's features and labels: (rows, features) and (rows,).
    pub fn client(&self, client: usize) -> (Rows<'_>, &[f64]) {
        let range = self.clients[client].clone();
        (self.train.x.range(range.clone()), &self.train.y[range])
    }

    /// The features and labels of the rows that a client holds out: (rows, features) and (rows,).
    pub fn held_out(&self, client: usize) -> (Rows<'_>, &[f64]) {
        let range = self.held_out_clients[client].clone();
        (self.held_out.x.range(range.clone()), &self.held_out.y[range])
    }

    /// How many training rows a client has.
    pub fn examples(&self, client: usize) -> usize {
        self.clients[client].len()
    }
}
