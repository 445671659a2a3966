//! Trains on some rows in one place, pass after pass, until so many rows were visited.

use crate::diag::Error;
use crate::numeric::Params;
use crate::numeric::rng::{Purpose, Streams};
use crate::training::Descent;

/// A descent that counts its rows.
#[derive(Debug)]
pub(super) struct BudgetedDescent<'a> {
    descent: Descent<'a>,
    streams: &'a Streams,
    /// Whose order of rows is drawn: 0 for the centralised model, clients from 1.
    who: usize,
    pass: usize,
    visits: u64,
}

impl<'a> BudgetedDescent<'a> {
    pub(super) fn new(descent: Descent<'a>, streams: &'a Streams, who: usize) -> Self {
        Self { descent, streams, who, pass: 0, visits: 0 }
    }

    /// Goes on until at least `target` rows were visited since the start: at most one batch less one row too many. Where it
    /// pauses shows in no batch. `check` is asked before each pass.
    pub(super) fn advance(&mut self, target: u64, check: &dyn Fn() -> Result<(), Error>) -> Result<(), Error> {
        while self.visits < target {
            match self.descent.step() {
                Some(rows) => self.visits += rows as u64,
                None => {
                    check()?;
                    self.pass += 1;
                    self.descent.begin_pass(&mut self.streams.stream(Purpose::Baseline, self.pass, self.who));
                }
            }
        }
        Ok(())
    }

    pub(super) fn visits(&self) -> u64 {
        self.visits
    }

    pub(super) fn params(&self) -> &Params {
        self.descent.params()
    }

    pub(super) fn into_params(self) -> Params {
        self.descent.into_params()
    }
}
