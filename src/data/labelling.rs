//! How the label's column is read: as the model's task wants it.

use super::csv::Role;
use crate::tasks::Task;

/// How the label is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Labelling {
    /// What the model is asked.
    pub task: Task,
    /// Whether labels must be numbers from 0 to 1.
    pub is_of_shares: bool,
}

impl Labelling {
    /// Two classes.
    pub const BINARY: Self = Self { task: Task::Binary, is_of_shares: false };

    /// What the label's column is read as.
    pub fn role(&self) -> Role {
        if self.task == Task::Regression { Role::Number } else { Role::Category }
    }
}
