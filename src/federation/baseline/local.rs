//! The clients' own models on the test rows, metric by metric.

use super::measures::is_bad;

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
    pub(super) fn of(names: &[&'static str], clients: &[Vec<Option<f64>>]) -> Self {
        let over = |at: usize, fold: &dyn Fn(&[f64]) -> f64| {
            let values: Option<Vec<f64>> = clients.iter().map(|values| values[at]).collect();
            values.map(|values| fold(&values))
        };
        let each = |fold: &dyn Fn(&str, &[f64]) -> f64| {
            names.iter().enumerate().map(|(at, name)| over(at, &|values| fold(name, values))).collect()
        };
        let least = |values: &[f64]| values.iter().copied().fold(f64::INFINITY, f64::min);
        let greatest = |values: &[f64]| values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        Self {
            mean: each(&|_, values| values.iter().sum::<f64>() / values.len() as f64),
            worst: each(&|name, values| if is_bad(name) { greatest(values) } else { least(values) }),
            best: each(&|name, values| if is_bad(name) { least(values) } else { greatest(values) }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_has_the_greatest_loss_and_the_least_auc() {
        let clients = [[Some(0.25), Some(0.5), None], [Some(0.75), Some(1.0), Some(1.0)]].map(|values| values.to_vec());
        let local = Local::of(&["loss", "auc", "ks"], &clients);
        assert_eq!(local.mean, [Some(0.5), Some(0.75), None]);
        assert_eq!(local.worst, [Some(0.75), Some(0.5), None]);
        assert_eq!(local.best, [Some(0.25), Some(1.0), None]);
    }
}
