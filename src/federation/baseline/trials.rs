//! From one run's figures, or those of several seeds, to the verdict metric by metric.

use crate::metrics::equivalence::{Differences, Sample};

/// The metrics that the decision is made on.
pub const JUDGED: [&str; 2] = ["auc", "f1"];

/// How sure the interval of the mean difference is.
const CONFIDENCE: f64 = 0.95;

/// One seed's metrics on the test rows, each list in the order of the metrics' names.
#[derive(Clone, Debug)]
pub struct Trial {
    /// Of the centralised model.
    pub centralized: Vec<Option<f64>>,
    /// Of the federation's.
    pub federated: Vec<Option<f64>>,
    /// The mean over clients alone.
    pub local_mean: Vec<Option<f64>>,
    /// The worst client alone.
    pub local_worst: Vec<Option<f64>>,
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
    /// Whether the difference is within the tolerance; `None` where it is not judged.
    pub equivalent: Option<bool>,
    /// Spreads and tests, of two seeds or more.
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
    /// The 95% interval of the mean difference.
    pub interval: [f64; 2],
    /// The larger p of the two one-sided tests; `None` where the metric is not judged.
    pub p_value: Option<f64>,
}

/// The verdict on each metric of `names`. A single seed's difference is judged as it is; over more the tests decide.
pub fn judge(names: &[&'static str], trials: &[Trial], tolerance: f64) -> Vec<Row> {
    names.iter().enumerate().map(|(metric, name)| row(name, metric, trials, tolerance)).collect()
}

fn row(name: &'static str, metric: usize, trials: &[Trial], tolerance: f64) -> Row {
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
    let is_judged = JUDGED.contains(&name);
    let paired = differences.as_deref().and_then(Differences::of).map(|differences| Paired {
        centralized_sd: sd(&centralized),
        federated_sd: sd(&federated),
        difference_sd: differences.sd(),
        interval: differences.interval(CONFIDENCE),
        p_value: is_judged.then(|| differences.p_value(tolerance)),
    });
    let verdict = |differences: &Vec<f64>| match Differences::of(differences) {
        Some(differences) => differences.are_equivalent(tolerance),
        None => differences[0].abs() <= tolerance,
    };
    Row {
        name,
        centralized: mean(&centralized),
        federated: mean(&federated),
        local_mean: mean(&of(|trial| Some(&trial.local_mean))),
        local_worst: mean(&of(|trial| Some(&trial.local_worst))),
        difference: mean(&differences),
        equivalent: differences.as_ref().filter(|_| is_judged).map(verdict),
        paired,
        plain: mean(&plain),
        secure_minus_plain: mean(&minus(&federated, &plain)),
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
        Trial { centralized: of(centralized), federated: of(federated), local_mean: of(0.5), local_worst: of(0.25), plain: None }
    }

    #[test]
    fn one_seed_is_judged_by_its_difference_and_only_where_it_is_judged() {
        let verdict = |difference: f64| judge(&NAMES, &[trial(0.5, 0.5 + difference)], 0.125)[1].equivalent;
        assert_eq!([verdict(0.125), verdict(-0.125), verdict(0.126), verdict(-0.126)], [Some(true), Some(true), Some(false), Some(false)]);
        let rows = judge(&NAMES, &[trial(0.5, 0.75)], 0.01);
        assert!(rows[0].equivalent.is_none() && rows[0].paired.is_none() && rows[1].paired.is_none());
        assert_eq!((rows[1].difference, rows[1].local_mean, rows[1].local_worst, rows[1].plain), (Some(0.25), Some(0.5), Some(0.25), None));
    }

    /// By hand: differences 0.25 and 0.75 have mean 0.5, sd sqrt(2) / 4 and standard error 0.25; t(0.975, 1) = tan(0.475 pi) =
    /// 12.7062047. With a tolerance of 0.75 t = 1, and P(T > 1) = 1/4 with one degree of freedom.
    #[test]
    fn two_seeds_are_judged_by_the_tests() {
        let rows = judge(&NAMES, &[trial(0.0, 0.25), trial(0.25, 1.0)], 0.75);
        let paired = rows[1].paired.expect("two seeds");
        assert_eq!((rows[1].centralized, rows[1].federated, rows[1].difference), (Some(0.125), Some(0.625), Some(0.5)));
        assert!((paired.difference_sd - 2.0_f64.sqrt() / 4.0).abs() < 1e-15);
        assert!((paired.interval[1] - (0.5 + 0.25 * 12.706_204_7)).abs() < 1e-7, "{:?}", paired.interval);
        assert!((paired.p_value.expect("judged") - 0.25).abs() < 1e-15);
        assert_eq!(rows[1].equivalent, Some(false));
        assert!(rows[0].paired.expect("two seeds").p_value.is_none());
    }

    #[test]
    fn a_metric_that_one_seed_lacks_is_not_told() {
        let lacking = Trial { federated: vec![Some(1.0), None], ..trial(0.5, 0.5) };
        let rows = judge(&NAMES, &[trial(0.5, 0.5), lacking], 0.01);
        assert_eq!((rows[1].federated, rows[1].difference, rows[1].equivalent), (None, None, None));
        assert_eq!(rows[1].centralized, Some(0.5));
    }
}
