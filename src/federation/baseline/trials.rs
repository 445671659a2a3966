//! From one run's figures, or those of several seeds, to the verdict metric by metric.

use serde::{Deserialize, Serialize};

use super::local::Local;
use super::measures::worse;
use crate::metrics::Worse;
use crate::metrics::equivalence::{Differences, Sample, Side};
use crate::tasks::Task;

/// What a federation must be to be as good as training in one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gate {
    /// Neither better nor worse by the tolerance.
    Equivalence,
    /// Not worse by the tolerance.
    NonInferiority,
}

/// What a comparison decides by.
#[derive(Clone, Copy, Debug)]
pub struct Terms<'a> {
    /// What the models are asked.
    pub task: Task,
    /// How far apart results may be that count as equally good.
    pub tolerance: f64,
    /// The metrics that are judged.
    pub judged: &'a [&'static str],
}

/// One seed's metrics on the test rows, each list in the order of the metrics' names.
#[derive(Clone, Debug)]
pub struct Trial {
    /// The seed.
    pub seed: u64,
    /// Of the centralised model.
    pub centralized: Vec<Option<f64>>,
    /// Of the federation's.
    pub federated: Vec<Option<f64>>,
    /// Over the clients, each alone.
    pub local: Local,
    /// Of plain FedAvg, where the federation aggregates securely.
    pub plain: Option<Vec<Option<f64>>>,
}

/// One metric over all seeds; the values are means, and `None` where a seed has none.
#[derive(Clone, Debug)]
pub struct Row {
    /// The metric.
    pub name: &'static str,
    /// Of the centralised model.
    pub centralized: Option<f64>,
    /// Of the federation's.
    pub federated: Option<f64>,
    /// The mean over clients alone.
    pub local_mean: Option<f64>,
    /// The worst client alone.
    pub local_worst: Option<f64>,
    /// Federated less centralised.
    pub difference: Option<f64>,
    /// What the difference says; `None` of a metric that is not judged, or that a seed lacks.
    pub judged: Option<Judged>,
    /// Spreads, of two seeds or more.
    pub paired: Option<Paired>,
    /// Of plain FedAvg.
    pub plain: Option<f64>,
    /// Federated by secure aggregation less plain.
    pub secure_minus_plain: Option<f64>,
}

/// How a metric varies over seeds.
#[derive(Clone, Copy, Debug)]
pub struct Paired {
    /// Standard deviation of the centralised model's.
    pub centralized_sd: f64,
    /// Of the federation's.
    pub federated_sd: f64,
    /// Of their difference.
    pub difference_sd: f64,
    /// The interval of the mean difference by which the tests decide.
    pub interval: [f64; 2],
}

/// Whether the federation is as good as training in one place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Judged {
    /// Neither better nor worse by the tolerance.
    pub is_equivalent: bool,
    /// Not worse by the tolerance.
    pub is_non_inferior: bool,
    /// The larger p of the two one-sided tests of equivalence; `None` of one seed.
    pub p_equivalent: Option<f64>,
    /// The p of the test that it is not inferior; `None` of one seed.
    pub p_non_inferior: Option<f64>,
}

impl Judged {
    /// Whether what the gate asks for holds.
    pub fn passes(&self, gate: Gate) -> bool {
        match gate {
            Gate::Equivalence => self.is_equivalent,
            Gate::NonInferiority => self.is_non_inferior,
        }
    }

    /// The p of what the gate asks for; `None` of one seed.
    pub fn p_value(&self, gate: Gate) -> Option<f64> {
        match gate {
            Gate::Equivalence => self.p_equivalent,
            Gate::NonInferiority => self.p_non_inferior,
        }
    }
}

/// The verdict on each metric of `names`. A single seed's difference is judged as it is; over more the tests decide.
pub fn judge(names: &[&'static str], trials: &[Trial], terms: &Terms<'_>) -> Vec<Row> {
    names.iter().enumerate().map(|(metric, name)| row(name, metric, trials, terms)).collect()
}

fn row(name: &'static str, metric: usize, trials: &[Trial], terms: &Terms<'_>) -> Row {
    let of = |values: fn(&Trial) -> Option<&Vec<Option<f64>>>| -> Option<Vec<f64>> {
        trials.iter().map(|trial| values(trial).and_then(|values| values[metric])).collect()
    };
    let mean = |values: &Option<Vec<f64>>| values.as_deref().map(|values| Sample::of(values).mean);
    let minus = |a: &Option<Vec<f64>>, b: &Option<Vec<f64>>| -> Option<Vec<f64>> {
        a.as_ref().zip(b.as_ref()).map(|(a, b)| a.iter().zip(b).map(|(a, b)| a - b).collect())
    };
    let (centralized, federated) = (of(|trial| Some(&trial.centralized)), of(|trial| Some(&trial.federated)));
    let plain = of(|trial| trial.plain.as_ref());
    let differences = minus(&federated, &centralized);
    let paired = differences.as_deref().and_then(Differences::of).map(|differences| Paired {
        centralized_sd: sd(&centralized),
        federated_sd: sd(&federated),
        difference_sd: differences.sd(),
        interval: differences.deciding_interval(),
    });
    let is_judged = terms.judged.contains(&name);
    Row {
        name,
        centralized: mean(&centralized),
        federated: mean(&federated),
        local_mean: mean(&of(|trial| Some(&trial.local.mean))),
        local_worst: mean(&of(|trial| Some(&trial.local.worst))),
        difference: mean(&differences),
        judged: differences
            .as_deref()
            .filter(|_| is_judged)
            .map(|differences| verdict(worse(terms.task, name), differences, terms.tolerance)),
        paired,
        plain: mean(&plain),
        secure_minus_plain: mean(&minus(&federated, &plain)),
    }
}

/// What the differences of a metric, federated less centralised, say.
fn verdict(worse: Worse, differences: &[f64], tolerance: f64) -> Judged {
    // Worse is less of what is good, and more of what is bad.
    let side = if worse == Worse::Lower { Side::Below } else { Side::Above };
    match Differences::of(differences) {
        Some(differences) => Judged {
            is_equivalent: differences.are_equivalent(tolerance),
            is_non_inferior: differences.are_not_beyond(side, tolerance),
            p_equivalent: Some(differences.p_value(tolerance)),
            p_non_inferior: Some(differences.p_not_beyond(side, tolerance)),
        },
        None => {
            let worse_by = if worse == Worse::Lower { -differences[0] } else { differences[0] };
            Judged {
                is_equivalent: worse_by.abs() <= tolerance,
                is_non_inferior: worse_by <= tolerance,
                p_equivalent: None,
                p_non_inferior: None,
            }
        }
    }
}

fn sd(values: &Option<Vec<f64>>) -> f64 {
    values.as_deref().and_then(|values| Sample::of(values).sd).expect("differences of two seeds have two values each")
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 2] = ["loss", "auc"];

    fn trial(centralized: f64, federated: f64) -> Trial {
        let of = |auc: f64| vec![Some(1.0), Some(auc)];
        let local = Local { mean: of(0.5), worst: of(0.25), best: of(0.75) };
        Trial { seed: 1, centralized: of(centralized), federated: of(federated), local, plain: None }
    }

    fn judged(trials: &[Trial], tolerance: f64) -> Vec<Row> {
        judge(&NAMES, trials, &Terms { task: Task::Binary, tolerance, judged: &["auc"] })
    }

    #[test]
    fn one_seed_is_judged_by_its_difference_and_only_where_it_is_judged() {
        let verdict = |difference: f64| judged(&[trial(0.5, 0.5 + difference)], 0.125)[1].judged.expect("it is judged");
        assert_eq!([0.125, -0.125, 0.126, -0.126].map(|difference| verdict(difference).is_equivalent), [true, true, false, false]);
        // A federation that is better by more than the tolerance is not equivalent, but not inferior either.
        assert_eq!([0.125, -0.125, 0.126, -0.126].map(|difference| verdict(difference).is_non_inferior), [true, true, true, false]);
        let rows = judged(&[trial(0.5, 0.75)], 0.01);
        assert!(rows[0].judged.is_none() && rows[0].paired.is_none() && rows[1].paired.is_none());
        assert_eq!((rows[1].difference, rows[1].local_mean, rows[1].local_worst, rows[1].plain), (Some(0.25), Some(0.5), Some(0.25), None));
    }

    /// By hand: differences 0.25 and 0.75 have mean 0.5, sd sqrt(2) / 4 and standard error 0.25; t(0.95, 1) = tan(0.45 pi) =
    /// 6.3137515. With a tolerance of 0.75 t = 1, and P(T > 1) = 1/4 with one degree of freedom.
    #[test]
    fn two_seeds_are_judged_by_the_tests() {
        let rows = judged(&[trial(0.0, 0.25), trial(0.25, 1.0)], 0.75);
        let paired = rows[1].paired.expect("two seeds");
        assert_eq!((rows[1].centralized, rows[1].federated, rows[1].difference), (Some(0.125), Some(0.625), Some(0.5)));
        assert!((paired.difference_sd - 2.0_f64.sqrt() / 4.0).abs() < 1e-15);
        assert!((paired.interval[1] - (0.5 + 0.25 * 6.313_751_5)).abs() < 1e-7, "{:?}", paired.interval);
        let verdict = rows[1].judged.expect("it is judged");
        assert!((verdict.p_equivalent.expect("two seeds") - 0.25).abs() < 1e-15);
        // Not below by 0.75: t = (0.5 + 0.75) / 0.25 = 5, and P(T > 5) = 1/2 - atan(5) / pi = 0.0628329.
        assert!((verdict.p_non_inferior.expect("two seeds") - 0.062_832_958).abs() < 1e-9, "{verdict:?}");
        assert!(!verdict.is_equivalent && !verdict.is_non_inferior && rows[0].judged.is_none());
    }

    #[test]
    fn a_metric_that_one_seed_lacks_is_not_told() {
        let lacking = Trial { federated: vec![Some(1.0), None], ..trial(0.5, 0.5) };
        let rows = judged(&[trial(0.5, 0.5), lacking], 0.01);
        assert_eq!((rows[1].federated, rows[1].difference, rows[1].judged), (None, None, None));
        assert_eq!(rows[1].centralized, Some(0.5));
    }
}
