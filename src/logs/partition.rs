//! `partition.csv`.

use super::column::{CLIENT, Column, Group, Log, When, client_cells};
use super::filling::{Filling, Finished, Rows};
use super::sizes::Length;
use super::unit::Unit;
use crate::numeric::text::shortest_or_empty;
use crate::tasks::{Labels, Task};

/// Which client was dealt what.
pub const LOG: Log = Log::reproducible(
    "partition.csv",
    "What each client was dealt; not left for generated clients, to whom nothing is dealt.",
    &[
        CLIENT[0],
        CLIENT[1],
        Group::always(&EXAMPLES),
        Group::of(Task::Binary, &POSITIVES),
        Group::of(Task::Multiclass, &CLASSES),
        Group::of(Task::Regression, &NUMBERS),
        Group::always(&HELD_OUT),
    ],
    Length::of_named(|sizes| sizes.clients),
)
.filled(Filling::AtEnd(rows));

const EXAMPLES: [Column; 1] = [Column::new("examples", "Examples", Unit::Plain, "rows that it trains on")];

const POSITIVES: [Column; 2] = [
    Column::new("positives", "Positives", Unit::Plain, "those of label 1"),
    Column::new("positive_share", "Share positive", Unit::Share, ""),
];

const CLASSES: [Column; 2] = [
    Column::new("classes", "Classes", Unit::Plain, "that it has rows of"),
    Column::new("largest_share", "Share of the largest class", Unit::Share, "among its rows"),
];

const NUMBERS: [Column; 2] = [
    Column::new("label_mean", "Mean label", Unit::Measure, ""),
    Column::new("label_sd", "SD of the labels", Unit::Measure, "over its rows"),
];

const HELD_OUT: [Column; 1] = [Column::new("held_out", "Held out", Unit::Plain, "rows that it holds out of training")];

/// A client of the deal.
#[derive(Clone, Debug)]
pub struct Share {
    /// Rows that it trains on.
    pub examples: usize,
    /// Rows that it holds out.
    pub held_out: usize,
    /// What is told of their labels.
    pub of_labels: OfLabels,
}

/// What is told of a client's labels.
#[derive(Clone, Copy, Debug)]
pub enum OfLabels {
    /// It has none.
    Absent,
    /// How many are 1.
    Binary(usize),
    /// How many classes there are, and rows of the largest.
    Classes(usize, usize),
    /// Mean and standard deviation; `None` if there are no rows.
    Values(Option<[f64; 2]>),
}

impl Share {
    /// Of a client that trains on rows of these labels and holds so many out.
    pub fn of(labels: Labels<'_>, held_out: usize) -> Self {
        let of_labels = match labels {
            Labels::Absent(_) => OfLabels::Absent,
            Labels::Binary(labels) => OfLabels::Binary(labels.iter().filter(|&&label| label).count()),
            Labels::Classes(_) => {
                let sizes: Vec<usize> = labels.strata().part(0..labels.len() as u32).iter().map(Vec::len).collect();
                OfLabels::Classes(sizes.iter().filter(|&&size| size > 0).count(), sizes.into_iter().max().unwrap_or_default())
            }
            Labels::Values(labels) => {
                let rows = labels.len() as f64;
                let mean = labels.iter().sum::<f64>() / rows;
                let variance = labels.iter().map(|label| (label - mean) * (label - mean)).sum::<f64>() / rows;
                OfLabels::Values((rows > 0.0).then(|| [mean, variance.sqrt()]))
            }
        };
        Self { examples: labels.len(), held_out, of_labels }
    }

    fn share(&self, part: usize) -> Option<f64> {
        (self.examples > 0).then(|| part as f64 / self.examples as f64)
    }
}

/// What there is in a deal of rows for this task, to clients of these names, that columns are for.
pub fn given(task: Task, names: &[String]) -> Vec<When> {
    let named = (!names.is_empty()).then_some(When::Names);
    named.into_iter().chain([When::Of(task)]).collect()
}

fn rows<'a>(finished: &Finished<'a>) -> Option<Rows<'a>> {
    let stored = finished.run.federation().stored()?;
    Some(Box::new((0..stored.train.ranges.len()).map(|client| {
        let held_out = stored.held_out.as_ref().map_or(0, |held_out| held_out.client(client).1.len());
        let share = Share::of(stored.train.client(client).1, held_out);
        row(client, stored.names.get(client).map(String::as_str), &share)
    })))
}

/// A client's row.
pub fn row(client: usize, name: Option<&str>, share: &Share) -> Vec<String> {
    let of_labels = match share.of_labels {
        OfLabels::Absent => Vec::new(),
        OfLabels::Binary(positives) => vec![positives.to_string(), shortest_or_empty(share.share(positives))],
        OfLabels::Classes(classes, largest) => vec![classes.to_string(), shortest_or_empty(share.share(largest))],
        OfLabels::Values(values) => values.map_or([None; 2], |values| values.map(Some)).map(shortest_or_empty).to_vec(),
    };
    let cells = [share.examples.to_string()].into_iter().chain(of_labels).chain([share.held_out.to_string()]);
    client_cells(client, name).chain(cells).collect()
}
