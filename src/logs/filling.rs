//! When a table is filled, and with what.

use std::fmt;

use crate::data::Federation;
use crate::diag::Error;
use crate::federation::{FinalModel, Prepared, RoundRecord, Standing};
use crate::scenario::Plan;

/// When a table is filled.
#[derive(Clone, Copy, Debug)]
pub enum Filling {
    /// Round by round.
    ByRound {
        /// Whether a run leaves it.
        is_left: fn(&Run<'_>) -> bool,
        /// What a round adds, round 0 (the start) too.
        fill: fn(&Run<'_>, &RoundRecord, &mut dyn Sink) -> Result<(), Error>,
    },
    /// At a run's end; nothing where it does not leave it.
    AtEnd(for<'a> fn(&Finished<'a>) -> Option<Rows<'a>>),
    /// By a command or a step that makes it alone.
    Apart,
}

/// The run that tables tell of.
#[derive(Clone, Copy, Debug)]
pub struct Run<'a> {
    /// What was planned.
    pub plan: &'a Plan,
    /// The clients' rows, and what it took to prepare them.
    pub prepared: &'a Prepared,
}

/// A run at its end.
#[derive(Clone, Copy, Debug)]
pub struct Finished<'a> {
    /// The run.
    pub run: Run<'a>,
    /// Where it stands.
    pub standing: &'a Standing,
    /// The model that it leaves.
    pub last: &'a FinalModel,
}

/// A table's rows in their order.
pub type Rows<'a> = Box<dyn Iterator<Item = Vec<String>> + 'a>;

/// What takes a table's rows.
pub trait Sink {
    /// Takes a row.
    ///
    /// # Errors
    /// When it can't be written.
    fn row(&mut self, fields: &[String]) -> Result<(), Error>;

    /// Takes a row of numbers and plain words, with the commas between them: quicker, for tables that have millions.
    ///
    /// # Errors
    /// When it can't be written.
    fn plain_row(&mut self, fields: fmt::Arguments<'_>) -> Result<(), Error>;
}

impl<'a> Run<'a> {
    /// The clients' rows.
    pub fn federation(&self) -> &'a Federation {
        &self.prepared.federation
    }
}
