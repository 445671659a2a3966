//! What a table and a column of it are called and tell.

use super::filling::Filling;
use super::sizes::Length;
use super::unit::Unit;
use crate::tasks::Task;

/// A table that a run leaves.
#[derive(Debug)]
pub struct Log {
    /// Its file's name.
    pub name: &'static str,
    /// What it tells, in one sentence, and when it is left.
    pub about: &'static str,
    /// Whether its bytes must come out the same again, wherever the scenario is run.
    pub is_reproducible: bool,
    /// How long it can be.
    pub length: Length,
    /// When it is filled, and with what.
    pub filling: Filling,
    /// Its columns in their order.
    pub groups: &'static [Group],
    /// What stands under a name in the first column, of a table of figures.
    pub figures: &'static [Column],
}

/// Columns that stand side by side, all of them or none.
#[derive(Clone, Copy, Debug)]
pub struct Group {
    /// When they are there.
    pub when: When,
    /// The columns.
    pub columns: &'static [Column],
}

/// What some columns are there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// They always are.
    Always,
    /// Clients that have names.
    Names,
    /// Rows that have an identifier.
    Ids,
    /// Decisions that have a price.
    Prices,
    /// Secure aggregation.
    Secure,
    /// A model that is asked this.
    Of(Task),
    /// A scorecard.
    Points,
    /// A comparison that leaves each client out once.
    LeftOut,
}

/// A column.
#[derive(Debug)]
pub struct Column {
    /// In the file.
    pub name: &'static str,
    /// For people.
    pub label: &'static str,
    /// What its numbers measure.
    pub unit: Unit,
    /// What it tells; empty where the label says it.
    pub about: &'static str,
}

impl Column {
    pub(super) const fn new(name: &'static str, label: &'static str, unit: Unit, about: &'static str) -> Self {
        Self { name, label, unit, about }
    }
}

impl Group {
    pub(super) const fn always(columns: &'static [Column]) -> Self {
        Self { when: When::Always, columns }
    }

    pub(super) const fn of(task: Task, columns: &'static [Column]) -> Self {
        Self::if_there(When::Of(task), columns)
    }

    pub(super) const fn if_there(when: When, columns: &'static [Column]) -> Self {
        Self { when, columns }
    }
}

impl Log {
    /// A table whose bytes must come out the same again.
    pub(super) const fn reproducible(name: &'static str, about: &'static str, groups: &'static [Group], length: Length) -> Self {
        Self { name, about, is_reproducible: true, length, filling: Filling::Apart, groups, figures: &[] }
    }

    /// A table that differs from run to run: it has times.
    pub(super) const fn varying(name: &'static str, about: &'static str, groups: &'static [Group], length: Length) -> Self {
        Self { is_reproducible: false, ..Self::reproducible(name, about, groups, length) }
    }

    /// The table, whose first column names one of these figures.
    pub(super) const fn of_figures(self, figures: &'static [Column]) -> Self {
        Self { figures, ..self }
    }

    /// The table, filled by every run that leaves it.
    pub(super) const fn filled(self, filling: Filling) -> Self {
        Self { filling, ..self }
    }

    /// All columns that it may have.
    pub fn columns(&self) -> impl Iterator<Item = &'static Column> + use<> {
        self.groups.iter().flat_map(|group| group.columns)
    }

    /// The names of the columns that it has where there is what `given` says.
    pub fn header(&self, given: &[When]) -> Vec<&'static str> {
        let is_there = |group: &&Group| group.when == When::Always || given.contains(&group.when);
        self.groups.iter().filter(is_there).flat_map(|group| group.columns).map(|column| column.name).collect()
    }
}

impl When {
    /// The condition in words.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Always => "",
            Self::Names => "where clients have names",
            Self::Ids => "with `data.id`",
            Self::Prices => "with `evaluation.cost`",
            Self::Secure => "with secure aggregation",
            Self::Of(Task::Binary) => "of two classes",
            Self::Of(Task::Multiclass) => "of several classes",
            Self::Of(Task::Regression) => "of a number",
            Self::Of(Task::Clusters) => "of clusters",
            Self::Of(Task::Reconstruction) => "of a reconstruction",
            Self::Points => "of a scorecard",
            Self::LeftOut => "with `--leave-one-out`",
        }
    }
}

/// A client's number, and its name where it has one, as they stand in every table that has a row a client.
pub(super) const CLIENT: [Group; 2] = [
    Group::always(&[Column::new("client", "Client", Unit::Plain, "its number, from 1")]),
    Group::if_there(When::Names, &[Column::new("name", "Name", Unit::Text, "what the data call it")]),
];

/// The cells of [`CLIENT`].
pub(super) fn client_cells(client: usize, name: Option<&str>) -> impl Iterator<Item = String> {
    [(client + 1).to_string()].into_iter().chain(name.map(str::to_owned))
}
