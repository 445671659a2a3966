//! The clients' own models on the test rows, metric by metric.

use super::measures::worse;
use crate::tasks::Task;

/// Over all clients, each list in the order of the metrics' names; `None` where a client lacks the metric.
#[derive(Clone, Debug)]
pub struct Local {
    /// The mean.
    pub mean: Vec<Option<f64>>,
    /// The worst client's.
    pub worst: Vec<Option<f64>>,
    /// The best client's.
    pub best: Vec<Option<f64>>,
}

impl Local {
    /// Of each client's metrics, which are those of `names`; of at least one client.
    /// Of the clients' figures, each list in the order of `names`, of models of this task.
    pub(super) fn of(task: Task, names: &[&'static str], clients: &[Vec<Option<f64>>]) -> Self {
        let each = |fold: &dyn Fn(&str, &[f64]) -> Option<f64>| {
            let over = |(at, name): (usize, &&'static str)| {
                let values: Option<Vec<f64>> = clients.iter().map(|values| values[at]).collect();
                values.and_then(|values| fold(name, &values))
            };
            names.iter().enumerate().map(over).collect()
        };
        Self {
            mean: each(&|_, values| Some(values.iter().sum::<f64>() / values.len() as f64)),
            worst: each(&|name, values| worse(task, name).worst(values)),
            best: each(&|name, values| worse(task, name).best(values)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_has_the_greatest_loss_and_the_least_auc() {
        let clients = [[Some(0.25), Some(0.5), None], [Some(0.75), Some(1.0), Some(1.0)]].map(|values| values.to_vec());
        let local = Local::of(Task::Binary, &["loss", "auc", "ks"], &clients);
        assert_eq!(local.mean, [Some(0.5), Some(0.75), None]);
        assert_eq!(local.worst, [Some(0.75), Some(0.5), None]);
        assert_eq!(local.best, [Some(0.25), Some(1.0), None]);
    }
}
