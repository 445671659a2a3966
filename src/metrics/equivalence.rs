//! Whether two ways to train are as good as each other, judged on pairs of results under the same seeds.
//!
//! Two one-sided tests (TOST): Schuirmann, "A Comparison of the Two One-Sided Tests Procedure and the Power Approach for
//! Assessing the Equivalence of Average Bioavailability", J. Pharmacokinetics and Biopharmaceutics 15, 1987. The hypothesis is
//! that they differ by the tolerance or more; it is given up where both tests reject it, which is where the 90% interval of the
//! mean difference lies within the tolerance.

use crate::numeric::student;

/// The risk of calling equivalent, or not inferior, what is not.
const RISK: f64 = 0.05;

/// Below or above.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Towards less.
    Below,
    /// Towards more.
    Above,
}

/// Mean and standard deviation of some values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// The arithmetic mean.
    pub mean: f64,
    /// The standard deviation with n - 1 below; `None` of a single value.
    pub sd: Option<f64>,
}

impl Sample {
    /// Of at least one value.
    pub fn of(values: &[f64]) -> Self {
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let squares = values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>();
        Self { mean, sd: (values.len() > 1).then(|| (squares / (n - 1.0)).sqrt()) }
    }
}

/// The differences of paired results; at least two.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Differences {
    mean: f64,
    sd: f64,
    count: usize,
}

impl Differences {
    /// Of these differences; `None` of fewer than two.
    pub fn of(differences: &[f64]) -> Option<Self> {
        let Sample { mean, sd } = Sample::of(differences);
        sd.map(|sd| Self { mean, sd, count: differences.len() })
    }

    /// The differences' standard deviation.
    pub fn sd(&self) -> f64 {
        self.sd
    }

    /// The interval that covers the mean difference with this confidence, between 0 and 1; of no width if all are the same.
    pub fn interval(&self, confidence: f64) -> [f64; 2] {
        let half = student::quantile(0.5 + 0.5 * confidence, self.count - 1) * self.standard_error();
        [self.mean - half, self.mean + half]
    }

    /// The interval by which the tests decide: the differences are equivalent where it lies within the tolerance, and not inferior
    /// where its worse end does.
    pub fn deciding_interval(&self) -> [f64; 2] {
        self.interval(1.0 - 2.0 * RISK)
    }

    /// The p of the test that the mean difference is not beyond the tolerance on this side.
    pub fn p_not_beyond(&self, side: Side, tolerance: f64) -> f64 {
        let inside = match side {
            Side::Below => tolerance + self.mean,
            Side::Above => tolerance - self.mean,
        };
        if inside == 0.0 {
            return 0.5;
        }
        student::cumulative(-inside / self.standard_error(), self.count - 1)
    }

    /// Whether the test finds that, at a risk of 5%.
    pub fn are_not_beyond(&self, side: Side, tolerance: f64) -> bool {
        self.p_not_beyond(side, tolerance) < RISK
    }

    /// The larger p of the two tests that the mean difference is not below -tolerance and not above tolerance.
    pub fn p_value(&self, tolerance: f64) -> f64 {
        self.p_not_beyond(Side::Below, tolerance).max(self.p_not_beyond(Side::Above, tolerance))
    }

    /// Whether the tests find that they differ by less than the tolerance, at a risk of 5%.
    pub fn are_equivalent(&self, tolerance: f64) -> bool {
        self.p_value(tolerance) < RISK
    }

    fn standard_error(&self) -> f64 {
        self.sd / (self.count as f64).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn differences(values: &[f64]) -> Differences {
        Differences::of(values).expect("two values or more")
    }

    /// Student's sleep data ("The Probable Error of a Mean", Biometrika 1908), as R's `t.test(extra ~ group, data = sleep, paired =
    /// TRUE)` documents them: mean -1.58, t = -4.0621, 9 degrees of freedom, 95% interval -2.4598858 to -0.7001142, p = 0.002833.
    #[test]
    fn the_interval_is_that_of_students_sleep_data() {
        let sleep = differences(&[-1.2, -2.4, -1.3, -1.3, 0.0, -1.0, -1.8, -0.8, -4.6, -1.4]);
        let [low, high] = sleep.interval(0.95);
        assert!((low + 2.459_885_8).abs() < 5e-8 && (high + 0.700_114_2).abs() < 5e-8, "{low} {high}");
        let t = -1.58 / sleep.standard_error();
        assert!((t + 4.0621).abs() < 5e-5, "{t}");
        assert!((2.0 * student::cumulative(t, 9) - 0.002_833).abs() < 5e-7);
    }

    /// By hand: 1, 2, 3 has mean 2, sd 1, standard error 1 / sqrt(3), 2 degrees of freedom. Tolerance 3: t = -sqrt(3), and P(T <= t)
    /// = 1/2 - sqrt(3) / (2 sqrt(5)) = 0.1127017. Tolerance 6: t = -4 sqrt(3), P = 1/2 - 4 sqrt(3) / (2 sqrt(50)) = 0.0101021.
    #[test]
    fn the_two_tests_come_out_as_by_hand() {
        for sign in [1.0, -1.0] {
            let three = differences(&[sign, 2.0 * sign, 3.0 * sign]);
            assert!((three.p_value(3.0) - 0.112_701_665_379_258_3).abs() < 1e-15);
            assert!((three.p_value(6.0) - 0.010_102_051_443_364_4).abs() < 1e-15);
            assert!(!three.are_equivalent(3.0) && three.are_equivalent(6.0));
            assert_eq!(three.p_value(2.0), 0.5);
            assert!(three.p_value(1.0) > 0.5);
        }
    }

    #[test]
    fn the_tests_decide_as_the_90_percent_interval_does() {
        let some = differences(&[0.001, -0.004, 0.003, 0.002, -0.001]);
        let [low, high] = some.deciding_interval();
        let reach = low.abs().max(high.abs());
        assert!(some.are_equivalent(reach * 1.000_001) && !some.are_equivalent(reach * 0.999_999));
        for (side, end) in [(Side::Below, -low), (Side::Above, high)] {
            assert!(some.are_not_beyond(side, end * 1.000_001) && !some.are_not_beyond(side, end * 0.999_999));
        }
    }

    #[test]
    fn differences_that_are_all_the_same_leave_no_doubt() {
        let same = differences(&[0.25, 0.25, 0.25]);
        assert_eq!(same.interval(0.95), [0.25, 0.25]);
        assert_eq!([same.p_value(0.3), same.p_value(0.25), same.p_value(0.2)], [0.0, 0.5, 1.0]);
        assert!(Differences::of(&[0.1]).is_none());
    }

    #[test]
    fn a_single_value_has_no_standard_deviation() {
        assert_eq!(Sample::of(&[3.0]), Sample { mean: 3.0, sd: None });
        assert_eq!(Sample::of(&[1.0, 3.0]), Sample { mean: 2.0, sd: Some(2.0_f64.sqrt()) });
    }
}
