//! The weighted mean: sum of weight * delta over sum of weights (McMahan et al., AISTATS 2017, Algorithm 1), in floating
//! point or in the fixed-point numbers that secure aggregation sums (Bonawitz et al., CCS 2017, section 4).

use super::{Aggregator, Contribution, RoundContext};
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
        let fixed_point = table.word("arithmetic", "float", &[("float", false), ("fixed_point", true)]);
        let arithmetic = if fixed_point {
            Arithmetic::FixedPoint(read_fixed_point(table))
        } else {
            for key in ["value_bits", "clip", "rounding"] {
                table.refuse_if_given(key, "only arithmetic = \"fixed_point\" looks at it");
            }
            Arithmetic::Float
        };
        Self { weighting, arithmetic }
    }

    fn weight(&self, contribution: &Contribution) -> u64 {
        match self.weighting {
            Weighting::Examples => contribution.examples,
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

impl Aggregator for Mean {
    fn aggregate(&self, contributions: &mut dyn Iterator<Item = Contribution>, context: &RoundContext<'_>) -> Params {
        let weighted = contributions.map(|contribution| (self.weight(&contribution), contribution));
        match self.arithmetic {
            Arithmetic::Float => float_mean(weighted, context.params),
            Arithmetic::FixedPoint(encoding) => fixed_point_mean(weighted, &encoding, context),
        }
    }
}

fn float_mean(weighted: impl Iterator<Item = (u64, Contribution)>, params: usize) -> Params {
    let (mut sum, mut total) = (Params::zeros(params), 0);
    for (weight, Contribution { delta, .. }) in weighted {
        add_scaled(sum.as_mut_slice(), weight as f64, delta.as_slice());
        total += weight;
    }
    sum.as_mut_slice().iter_mut().for_each(|value| *value /= total as f64);
    sum
}

/// Exact sums of integers. They fit: weights add to fewer than 2^32 rows, and an encoded value has 31 bits and a sign.
fn fixed_point_mean(weighted: impl Iterator<Item = (u64, Contribution)>, encoding: &FixedPoint, context: &RoundContext<'_>) -> Params {
    let (mut sums, mut total) = (vec![0_i64; context.params], 0);
    for (weight, Contribution { client, delta, .. }) in weighted {
        let mut random = context.streams.stream(Purpose::Rounding, context.round, client);
        for (sum, &value) in sums.iter_mut().zip(delta.as_slice()) {
            *sum += weight.cast_signed() * encoding.encode(value, &mut random);
        }
        total += weight;
    }
    sums.iter().map(|&sum| encoding.decode_mean(sum, total)).collect::<Vec<f64>>().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::rng::{Seeds, Streams};

    fn mean(weighting: Weighting, arithmetic: Arithmetic) -> Vec<f64> {
        let deltas = [(1_u64, [1.0, -2.0]), (3, [0.0, 2.0])];
        let contribution =
            |(client, (examples, delta)): (usize, (u64, [f64; 2]))| Contribution { client, examples, delta: delta.to_vec().into() };
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
