//! The weighted mean: sum of weight * delta over sum of weights (McMahan et al., AISTATS 2017, Algorithm 1), in floating
//! point, in sums that are rounded once, or in the fixed-point numbers that secure aggregation sums (Bonawitz et al., CCS 2017,
//! section 4).

use super::partial_mean::PartialMean;
use super::{Aggregator, Contribution, MeanRule, RoundContext};
use crate::numeric::Params;
use crate::numeric::fixed_point::{FixedPoint, Rounding};
use crate::numeric::linalg::add_scaled;
use crate::numeric::rng::Purpose;
use crate::registry::Entry;
use crate::settings::{POSITIVE, Table};

/// The weighted mean.
#[derive(Clone, Copy, Debug)]
pub struct Mean {
    weighting: Weighting,
    arithmetic: Arithmetic,
}

/// FedAvg's own mean: weighted by examples, in doubles.
pub const FED_AVG: Mean = Mean { weighting: Weighting::Examples, arithmetic: Arithmetic::Float };

/// What a client weighs.
#[derive(Clone, Copy, Debug)]
enum Weighting {
    /// As many as it has rows.
    Examples,
    /// All alike.
    Uniform,
}

/// What the sums are made of.
#[derive(Clone, Copy, Debug)]
enum Arithmetic {
    /// Doubles, added in the clients' order.
    Float,
    /// Doubles, added without rounding: in any order they give the same.
    Exact,
    /// Integers.
    FixedPoint(FixedPoint),
}

impl Mean {
    pub(super) const ENTRY: Entry = Entry {
        kind: "mean",
        summary: "the weighted mean, in floating or fixed point",
        paper: "McMahan et al., AISTATS 2017",
        example: "",
        argument: None,
    };

    pub(super) fn read(table: &mut Table) -> Self {
        let weighting = table.word("weighting", "examples", &[("examples", Weighting::Examples), ("uniform", Weighting::Uniform)]);
        let words = [("float", Some(Arithmetic::Float)), ("exact", Some(Arithmetic::Exact)), ("fixed_point", None)];
        let arithmetic = table.word("arithmetic", "float", &words);
        if arithmetic.is_some() {
            for key in ["value_bits", "clip", "rounding"] {
                table.refuse_if_given(key, "only arithmetic = \"fixed_point\" looks at it");
            }
        }
        let arithmetic = arithmetic.unwrap_or_else(|| Arithmetic::FixedPoint(read_fixed_point(table)));
        Self { weighting, arithmetic }
    }

    fn weight(&self, contribution: &Contribution) -> u64 {
        match self.weighting {
            Weighting::Examples => contribution.weight,
            Weighting::Uniform => 1,
        }
    }
}

/// Reads `value_bits`, `clip` and `rounding`.
fn read_fixed_point(table: &mut Table) -> FixedPoint {
    let value_bits = u32::try_from(table.count("value_bits", 24, 2..=32)).expect("at most 32");
    let clip = table.number("clip", 4.0, POSITIVE);
    let rounding = table.word("rounding", "stochastic", &[("stochastic", Rounding::Stochastic), ("nearest", Rounding::Nearest)]);
    FixedPoint::new(value_bits, clip, rounding)
}

impl MeanRule for Mean {
    fn partial(&self, numbers: usize) -> Option<PartialMean> {
        match self.arithmetic {
            Arithmetic::Float => None,
            Arithmetic::Exact => Some(PartialMean::exact(numbers)),
            Arithmetic::FixedPoint(_) => Some(PartialMean::fixed(numbers)),
        }
    }

    fn add(&self, partial: &mut PartialMean, contribution: &Contribution, context: &RoundContext<'_>) {
        let (weight, values) = (self.weight(contribution), contribution.values.as_slice());
        match self.arithmetic {
            Arithmetic::FixedPoint(encoding) => {
                let mut random = context.streams.stream(Purpose::Rounding, context.round, contribution.client);
                partial.add_fixed(weight, values, &encoding, &mut random);
            }
            Arithmetic::Float | Arithmetic::Exact => partial.add_exactly(weight, values),
        }
    }

    fn finish(&self, partial: &PartialMean) -> Params {
        let encoding = match &self.arithmetic {
            Arithmetic::FixedPoint(encoding) => Some(encoding),
            Arithmetic::Float | Arithmetic::Exact => None,
        };
        partial.finish(encoding).into()
    }
}

impl Aggregator for Mean {
    fn as_mean(&self) -> Option<&dyn MeanRule> {
        Some(self)
    }

    fn aggregate(&self, contributions: &mut dyn Iterator<Item = Contribution>, context: &RoundContext<'_>) -> Params {
        match self.partial(context.params) {
            None => float_mean(contributions.map(|contribution| (self.weight(&contribution), contribution)), context.params),
            Some(mut partial) => {
                contributions.for_each(|contribution| self.add(&mut partial, &contribution, context));
                self.finish(&partial)
            }
        }
    }
}

fn float_mean(weighted: impl Iterator<Item = (u64, Contribution)>, params: usize) -> Params {
    let (mut sum, mut total) = (Params::zeros(params), 0);
    for (weight, Contribution { values, .. }) in weighted {
        add_scaled(sum.as_mut_slice(), weight as f64, values.as_slice());
        total += weight;
    }
    sum.as_mut_slice().iter_mut().for_each(|value| *value /= total as f64);
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::rng::{Seeds, Streams};

    fn mean(weighting: Weighting, arithmetic: Arithmetic) -> Vec<f64> {
        let deltas = [(1_u64, [1.0, -2.0]), (3, [0.0, 2.0])];
        let contribution = |(client, (examples, delta)): (usize, (u64, [f64; 2]))| Contribution {
            client,
            weight: examples,
            values: delta.to_vec().into(),
        };
        let streams = Streams::new(Seeds::all(1));
        let context = RoundContext { round: 1, streams: &streams, params: 2 };
        let mut contributions = deltas.into_iter().enumerate().map(contribution);
        Mean { weighting, arithmetic }.aggregate(&mut contributions, &context).as_slice().to_vec()
    }

    #[test]
    fn clients_weigh_by_their_rows_or_alike() {
        assert_eq!(mean(Weighting::Examples, Arithmetic::Float), [0.25, 1.0]);
        assert_eq!(mean(Weighting::Uniform, Arithmetic::Float), [0.5, 0.0]);
    }

    /// 2^60 swallows what is added to it one by one; together the others are a step of its own grid.
    #[test]
    fn an_exact_mean_is_that_of_any_order() {
        let large = (1_u64 << 60) as f64;
        let values = [large, 100.0, 100.0, 100.0, -large];
        let mean = |arithmetic, order: [usize; 5]| {
            let streams = Streams::new(Seeds::all(1));
            let mut contributions = order.into_iter().map(|client| Contribution { client, weight: 1, values: vec![values[client]].into() });
            let context = RoundContext { round: 1, streams: &streams, params: 1 };
            Mean { weighting: Weighting::Examples, arithmetic }.aggregate(&mut contributions, &context).as_slice()[0]
        };
        for order in [[0, 1, 2, 3, 4], [4, 3, 2, 1, 0], [1, 0, 4, 2, 3]] {
            assert_eq!(mean(Arithmetic::Exact, order), 60.0);
        }
        assert_ne!(mean(Arithmetic::Float, [0, 1, 2, 3, 4]), 60.0);
    }

    #[test]
    fn fixed_point_differs_by_a_step_at_most() {
        for rounding in [Rounding::Nearest, Rounding::Stochastic] {
            let encoding = FixedPoint::new(16, 4.0, rounding);
            let fixed = mean(Weighting::Examples, Arithmetic::FixedPoint(encoding));
            let step = 4.0 / f64::from((1 << 15) - 1);
            assert!((fixed[0] - 0.25).abs() <= step && (fixed[1] - 1.0).abs() <= step, "{fixed:?}");
        }
    }
}
