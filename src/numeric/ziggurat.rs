//! Standard normal variates, many at a time: the ziggurat of Marsaglia and Tsang (2000, "The Ziggurat Method for Generating
//! Random Variables", J. Stat. Software 5) with 256 layers, and the layer and the place in it from different bits, as Doornik
//! (2005, "An Improved Ziggurat Method to Generate Normal Random Samples") asks for.
//!
//! Of a hundred variates 99 take one draw of 64 bits, one multiplication and one comparison; [`Normal`](super::sample::Normal)
//! takes two draws, a logarithm and a cosine.

use ndarray_rand::rand::RngCore;

use super::math::{exp, ln};
use super::sample::unit;

const LAYERS: usize = 256;

/// Where the lowest layer's rectangle ends and the tail begins.
const TAIL: f64 = 3.654_152_885_361_009;

/// The area of each layer: TAIL f(TAIL) + the integral of f from TAIL on, with f(x) = exp(-x^2 / 2).
const AREA: f64 = 0.004_928_673_233_974_655;

/// What 53 bits with a sign are multiplied by to lie in [-1, 1).
const STEP: f64 = 1.0 / (1_u64 << 52) as f64;

/// The layers' right ends, from the lowest layer to the top, and the density there.
#[derive(Clone, Debug)]
pub struct Ziggurat {
    ends: Box<[f64; LAYERS + 1]>,
    heights: Box<[f64; LAYERS + 1]>,
}

impl Default for Ziggurat {
    fn default() -> Self {
        let mut ends = Box::new([0.0; LAYERS + 1]);
        // The lowest layer holds the tail too: a rectangle as high and of the same area ends here.
        (ends[0], ends[1]) = (AREA / density(TAIL), TAIL);
        for layer in 2..LAYERS {
            let below = ends[layer - 1];
            ends[layer] = (-2.0 * ln(AREA / below + density(below))).sqrt();
        }
        let heights = Box::new(ends.map(density));
        Self { ends, heights }
    }
}

impl Ziggurat {
    /// Fills `out` with independent standard normal variates.
    pub fn fill<R: RngCore>(&self, out: &mut [f64], random: &mut R) {
        for slot in out {
            *slot = self.draw(random);
        }
    }

    /// One standard normal variate.
    #[inline]
    pub fn draw<R: RngCore>(&self, random: &mut R) -> f64 {
        loop {
            let bits = random.next_u64();
            // Eight bits choose the layer, 53 others a number of [-1, 1).
            let (layer, place) = ((bits & 0xff) as usize, (bits.cast_signed() >> 11) as f64 * STEP);
            let x = place * self.ends[layer];
            if x.abs() < self.ends[layer + 1] {
                return x;
            }
            if let Some(x) = self.at_the_edge(layer, x, random) {
                return x;
            }
        }
    }

    /// What becomes of a point outside the part of its layer that is all below the density: `None` if it lies above.
    #[cold]
    fn at_the_edge<R: RngCore>(&self, layer: usize, x: f64, random: &mut R) -> Option<f64> {
        if layer == 0 {
            return Some(tail(random).copysign(x));
        }
        let (low, high) = (self.heights[layer], self.heights[layer + 1]);
        (low + unit(random) * (high - low) < density(x)).then_some(x)
    }
}

/// A variate beyond [`TAIL`] (Marsaglia 1964, "Generating a Variable from the Tail of the Normal Distribution").
fn tail<R: RngCore>(random: &mut R) -> f64 {
    let exponential = |random: &mut R| -ln(1.0 - unit(random));
    loop {
        let (beyond, other) = (exponential(random) / TAIL, exponential(random));
        if 2.0 * other > beyond * beyond {
            return TAIL + beyond;
        }
    }
}

fn density(x: f64) -> f64 {
    exp(-0.5 * x * x)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::rng::{Purpose, Seeds, Streams};

    /// The last layer's height must be the density at 0, which no constant of the table says.
    #[test]
    fn the_layers_close_at_the_top() {
        let Ziggurat { ends, .. } = Ziggurat::default();
        assert!(ends.windows(2).all(|pair| pair[0] > pair[1]));
        assert!((AREA / ends[LAYERS - 1] + density(ends[LAYERS - 1]) - 1.0).abs() < 1e-12);
    }

    /// Shares of two million draws below marks in every part of the ziggurat, against the normal distribution (Abramowitz and
    /// Stegun, table 26.1), within five standard errors.
    #[test]
    fn draws_are_distributed_normally_from_the_middle_to_the_tail() {
        let (ziggurat, mut stream) = (Ziggurat::default(), Streams::new(Seeds::all(1)).stream(Purpose::Generate, 0, 0));
        let mut draws = vec![0.0; 2_000_000];
        ziggurat.fill(&mut draws, &mut stream);
        let count = draws.len() as f64;
        let marks = [
            (0.0, 0.5),
            (0.2, 0.579_259_709_439_103),
            (1.0, 0.841_344_746_068_543),
            (2.0, 0.977_249_868_051_821),
            (3.0, 0.998_650_101_968_370),
            (3.5, 0.999_767_370_920_964),
            (4.0, 0.999_968_328_758_167),
        ];
        for (mark, share) in marks {
            for (mark, share) in [(mark, share), (-mark, 1.0 - share)] {
                let found = draws.iter().filter(|&&draw| draw < mark).count() as f64 / count;
                assert!((found - share).abs() < 5.0 * (share * (1.0 - share) / count).sqrt(), "{found} for {share} below {mark}");
            }
        }
        let moment = |power: i32| draws.iter().map(|draw| (0..power).fold(1.0, |product, _| product * draw)).sum::<f64>() / count;
        // The k-th moment's variance is the 2k-th less its square: 1, 2, 15, 96 for k = 1 to 4.
        for (power, expected, variance) in [(1, 0.0, 1.0_f64), (2, 1.0, 2.0), (3, 0.0, 15.0), (4, 3.0, 96.0)] {
            let found = moment(power);
            assert!((found - expected).abs() < 5.0 * (variance / count).sqrt(), "moment {power}: {found}");
        }
        let next = draws.windows(2).map(|pair| pair[0] * pair[1]).sum::<f64>() / count;
        assert!(next.abs() < 5.0 / count.sqrt(), "neighbours correlate: {next}");
    }
}
