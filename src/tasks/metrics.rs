//! What a model is worth on some rows.

use serde::{Deserialize, Serialize};

use super::task::Task;
use super::view::View;
use super::{binary, clusters, multiclass, reconstruction, regression};

/// The metrics of a task on some rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Metrics {
    task: Task,
    /// In the order of [`Task::metrics`]; `None` where one does not exist.
    values: Vec<Option<f64>>,
}

impl Metrics {
    /// Of rows and what a model says of them; of two classes a score at or above `threshold` decides for 1.
    ///
    /// # Panics
    /// If there are no rows.
    pub fn of(task: Task, view: &View<'_>, threshold: f64) -> Self {
        let values = match task {
            Task::Binary => binary::measure(view, threshold),
            Task::Multiclass => multiclass::measure(view),
            Task::Regression => regression::measure(view),
            Task::Clusters => clusters::measure(view),
            Task::Reconstruction => reconstruction::measure(view),
        };
        Self { task, values }
    }

    /// With these values, in the order of [`Task::metrics`].
    pub(super) fn from_values(task: Task, values: Vec<Option<f64>>) -> Self {
        Self { task, values }
    }

    /// Of which task they are.
    pub fn task(&self) -> Task {
        self.task
    }

    /// In the order of [`Task::metrics`]; `None` where one does not exist.
    pub fn values(&self) -> &[Option<f64>] {
        &self.values
    }

    /// The metric of this name; `None` where it does not exist.
    pub fn get(&self, name: &str) -> Option<f64> {
        let place = self.task.metrics().iter().position(|metric| metric.name == name)?;
        self.values[place]
    }

    /// Each metric's name and value.
    pub fn named(&self) -> impl Iterator<Item = (&'static str, Option<f64>)> {
        self.task.metrics().iter().map(|metric| metric.name).zip(self.values.iter().copied())
    }

    /// Whether a model of this task can have these.
    pub fn is_possible(&self, task: Task) -> bool {
        let metrics = task.metrics();
        self.task == task
            && self.values.len() == metrics.len()
            && metrics.iter().zip(&self.values).all(|(metric, value)| value.is_none_or(|value| metric.range.has(value)))
    }
}

/// What each row adds to the loss that its task is about: cross-entropy, squared error, squared distance to the
/// nearest centroid, or mean squared error over the features.
pub fn losses(task: Task, view: &View<'_>) -> Vec<f64> {
    match task {
        Task::Binary => binary::losses(view),
        Task::Multiclass => multiclass::losses(view),
        Task::Regression => regression::losses(view),
        Task::Clusters => clusters::losses(view),
        Task::Reconstruction => reconstruction::losses(view),
    }
}

/// The task's headline metric, alone where that is less work than all.
pub fn headline(task: Task, view: &View<'_>) -> Option<f64> {
    match task {
        Task::Binary => binary::auc(view),
        _ => Metrics::of(task, view, 0.5).get(task.headline().name),
    }
}
