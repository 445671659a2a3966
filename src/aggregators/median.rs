//! The median of each coordinate: Yin et al., "Byzantine-Robust Distributed Learning: Towards Optimal Statistical Rates", ICML
//! 2018 (<https://arxiv.org/abs/1803.01498>), Algorithm 1, option I. Clients weigh alike, and fewer than half of them can't move
//! it beyond the others.

use super::{Aggregator, Contribution, RoundContext};
use crate::numeric::Params;
use crate::numeric::reduce;
use crate::registry::Entry;
use crate::settings::Table;

/// The median, coordinate by coordinate; of an even number the mean of the middle two.
#[derive(Clone, Copy, Debug)]
pub struct Median;

/// Coordinates that are worked on together.
const CHUNK: usize = 1024;

impl Median {
    pub(super) const ENTRY: Entry = Entry {
        kind: "median",
        summary: "the median of each coordinate; every client weighs alike",
        paper: "Yin et al., ICML 2018",
        example: "",
        argument: None,
    };

    pub(super) fn read(_: &mut Table) -> Self {
        Self
    }
}

impl Aggregator for Median {
    fn aggregate(&self, contributions: &mut dyn Iterator<Item = Contribution>, context: &RoundContext<'_>) -> Params {
        let all: Vec<Params> = contributions.map(|contribution| contribution.values).collect();
        let mut medians = Params::zeros(context.params);
        if all.is_empty() {
            return medians;
        }
        reduce::fill_chunks(medians.as_mut_slice(), CHUNK, |start, part| {
            let mut values = vec![0.0; all.len()];
            for (at, median) in part.iter_mut().enumerate() {
                values.iter_mut().zip(&all).for_each(|(value, params)| *value = params.as_slice()[start + at]);
                values.sort_unstable_by(f64::total_cmp);
                let (low, high) = (values[(values.len() - 1) / 2], values[values.len() / 2]);
                *median = low + 0.5 * (high - low);
            }
        });
        medians
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::math::cos;
    use crate::numeric::rng::{Seeds, Streams};

    /// NumPy's `median` of nine rows: sin(3 i + k) + 0.1 i of seven clients, 10 cos(i + k) of two hostile ones.
    #[test]
    fn nine_clients_have_numpys_medians() {
        let sin = |x: f64| cos(x - std::f64::consts::FRAC_PI_2);
        let value = |i: i32, k: i32| if i < 7 { sin(f64::from(3 * i + k)) + 0.1 * f64::from(i) } else { 10.0 * cos(f64::from(i + k)) };
        let values = |client: usize| (0..5).map(|k| value(i32::try_from(client).expect("nine"), k)).collect::<Vec<f64>>().into();
        let median = |clients: usize| {
            let streams = Streams::new(Seeds::all(1));
            let mut contributions = (0..clients).map(|client| Contribution { client, weight: 1 + client as u64, values: values(client) });
            Median.aggregate(&mut contributions, &RoundContext { round: 1, streams: &streams, params: 5 })
        };
        let expected = [0.0, 0.2120966833349347, -0.4613974918795568, 0.044256979880507856, 0.5911486907095962];
        for (value, expected) in median(9).as_slice().iter().zip(expected) {
            assert!((value - expected).abs() < 1e-14, "{value} for {expected}");
        }
        // Of two, the mean.
        assert_eq!(median(2).as_slice()[0], 0.5 * (value(1, 0) + value(0, 0)));
    }
}
