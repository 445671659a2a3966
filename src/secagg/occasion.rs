//! Which sum it is, among all of a run.

/// One sum among all that a federation's clients ever take part in, as each of them knows it from the course of the run.
#[derive(Clone, Copy, Debug)]
pub struct Occasion<'a> {
    /// Names the run: its scenario, its seeds, its data and the program's version, and in what it varies from its plan.
    pub run: &'a str,
    /// What is summed.
    pub purpose: &'a str,
    /// In which round, from 1; 0 before the first.
    pub round: u64,
    /// Which of the round's sums, from 0.
    pub exchange: u64,
}
