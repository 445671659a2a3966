//! The tasks, and what is told of each first.

use serde::{Deserialize, Serialize};

use super::metric::Metric;
use super::{binary, clusters, multiclass, reconstruction, regression};

/// What a model is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// Which of two classes a row is of: the probability of label 1.
    #[default]
    Binary,
    /// Which of several classes a row is of: the probability of each.
    Multiclass,
    /// A number.
    Regression,
    /// Which group a row is of, without labels: the squared distance to each group's centroid.
    Clusters,
    /// The row itself, without labels: what comes back of its features.
    Reconstruction,
}

impl Task {
    /// All tasks.
    pub const ALL: [Self; 5] = [Self::Binary, Self::Multiclass, Self::Regression, Self::Clusters, Self::Reconstruction];

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Binary => "binary",
            Self::Multiclass => "multiclass",
            Self::Regression => "regression",
            Self::Clusters => "clusters",
            Self::Reconstruction => "reconstruction",
        }
    }

    /// Its metrics, in the order of every table.
    pub fn metrics(self) -> &'static [Metric] {
        match self {
            Self::Binary => &binary::METRICS,
            Self::Multiclass => &multiclass::METRICS,
            Self::Regression => &regression::METRICS,
            Self::Clusters => &clusters::METRICS,
            Self::Reconstruction => &reconstruction::METRICS,
        }
    }

    /// The metric of this name, if the task has one.
    pub fn metric(self, name: &str) -> Option<&'static Metric> {
        self.metrics().iter().find(|metric| metric.name == name)
    }

    /// The metrics that pictures and the page show, the headline first.
    pub fn shown(self) -> [&'static Metric; 4] {
        let names = match self {
            Self::Binary => ["auc", "pr_auc", "f1", "loss"],
            Self::Multiclass => ["accuracy", "f1_macro", "auc", "loss"],
            Self::Regression => ["rmse", "mae", "r2", "median_error"],
            Self::Clusters => ["explained", "inertia", "silhouette", "davies_bouldin"],
            Self::Reconstruction => ["explained", "mse", "mae", "error_p95"],
        };
        names.map(|name| self.metric(name).expect("what is shown is a metric of the task"))
    }

    /// The metric that a model is told by, and early stopping's default.
    pub fn headline(self) -> &'static Metric {
        self.shown()[0]
    }

    /// The metric nearest to what training makes small.
    pub fn loss(self) -> &'static Metric {
        self.metric(self.told()[0].0).expect("what is told is a metric of the task")
    }

    /// The metrics that a line about a round has room for, and how many decimals each has.
    pub fn told(self) -> [(&'static str, usize); 2] {
        match self {
            Self::Binary => [("loss", 5), ("auc", 4)],
            Self::Multiclass => [("loss", 5), ("accuracy", 4)],
            Self::Regression => [("rmse", 5), ("r2", 4)],
            Self::Clusters => [("inertia", 5), ("explained", 4)],
            Self::Reconstruction => [("mse", 5), ("explained", 4)],
        }
    }

    /// The metrics whose spread over clients is told.
    pub fn spread(self) -> [&'static str; 2] {
        match self {
            Self::Binary => ["auc", "loss"],
            Self::Multiclass => ["accuracy", "loss"],
            Self::Regression => ["rmse", "mae"],
            Self::Clusters => ["explained", "inertia"],
            Self::Reconstruction => ["explained", "mse"],
        }
    }

    /// The metrics that decide whether two models are equally good, if nobody names others: they have no unit.
    pub fn judged(self) -> &'static [&'static str] {
        match self {
            Self::Binary => &["auc", "f1"],
            Self::Multiclass => &["accuracy", "f1_macro"],
            Self::Regression => &["r2"],
            Self::Clusters | Self::Reconstruction => &["explained"],
        }
    }

    /// Whether labels are 0 and 1.
    pub fn is_binary(&self) -> bool {
        *self == Self::Binary
    }

    /// Whether rows have labels.
    pub fn is_labelled(self) -> bool {
        !matches!(self, Self::Clusters | Self::Reconstruction)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_spread_and_judged_are_metrics_of_the_task() {
        for task in Task::ALL {
            for name in task.shown().iter().map(|metric| &metric.name).chain(&task.spread()).chain(task.judged()) {
                assert!(task.metric(name).is_some(), "{name} of {}", task.word());
            }
        }
    }

    #[test]
    fn a_name_means_the_same_in_every_task() {
        for task in Task::ALL {
            for metric in task.metrics() {
                let same = Task::ALL.iter().filter_map(|other| other.metric(metric.name));
                same.for_each(|other| assert_eq!((other.label, other.worse), (metric.label, metric.worse)));
            }
        }
    }
}
