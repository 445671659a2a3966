//! The first and second derivatives of each row's loss by its margins, rounded to a public grid row by row.
//!
//! They are XGBoost's: of two classes `p - y` and `p (1 - p)`, of several `p - y` and `2 p (1 - p)` of each class, of numbers `m - y` and
//! 1 (half the squared residual), each times the row's weight.

use super::histogram::Pair;
use crate::models::RowWeights;
use crate::models::boosting::normalise;
use crate::numeric::math::{scale_by_power_of_two, sigmoid};
use crate::numeric::reduce;
use crate::numeric::simd::vectorised;
use crate::tasks::Labels;

/// Rows that one thread takes at a time.
const PART: usize = 8192;

/// How margins become derivatives.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slopes<'a> {
    /// How many margins a row has.
    pub outputs: usize,
    /// What a row weighs.
    pub weights: RowWeights<'a>,
    /// Powers of two that no first and no second derivative is above in magnitude.
    pub powers: [i32; 2],
    /// Steps of the grid up to there, as a power of two.
    pub bits: u32,
}

impl Slopes<'_> {
    /// What a step of the grid is, of first and of second derivatives.
    pub fn units(&self) -> [f64; 2] {
        self.powers.map(|power| scale_by_power_of_two(1.0, power - self.bits.cast_signed()))
    }

    /// Writes the derivatives of all rows by each output, (outputs, rows), at these margins, (outputs, rows).
    pub fn pairs(&self, margins: &[f64], labels: Labels<'_>, out: &mut [&mut Vec<Pair>]) {
        let rows = labels.len();
        out.iter_mut().for_each(|pairs| pairs.resize(rows, [0; 2]));
        let scales = self.units().map(|unit| 1.0 / unit);
        match labels {
            Labels::Binary(labels) => {
                let weights = self.weights.of_two();
                fill(
                    out[0],
                    (margins, labels),
                    sigmoid,
                    #[inline(always)]
                    |p, label| {
                        let weight = if label { weights[1] } else { weights[0] };
                        steps([(p - f64::from(u8::from(label))) * weight, p * (1.0 - p) * weight], scales)
                    },
                );
            }
            Labels::Values(labels) => fill(
                out[0],
                (margins, labels),
                #[inline(always)]
                |margin| margin,
                #[inline(always)]
                |margin, label| steps([margin - label, 1.0], scales),
            ),
            Labels::Classes(labels) => {
                let mut own = vec![0.0; self.outputs];
                for row in 0..rows {
                    let class = usize::from(labels[row]);
                    let weight = self.weights.of(class);
                    own.iter_mut().enumerate().for_each(|(output, own)| *own = margins[output * rows + row]);
                    normalise(&mut own);
                    for (output, (pairs, &p)) in out.iter_mut().zip(&own).enumerate() {
                        let is_it = f64::from(u8::from(output == class));
                        pairs[row] = steps([(p - is_it) * weight, 2.0 * p * (1.0 - p) * weight], scales);
                    }
                }
            }
            Labels::Absent(_) => unreachable!("boosting wants labels"),
        }
    }
}

/// Rows that both loops of [`fill`] go over in turn.
const AT_A_TIME: usize = 256;

/// Writes what `of` makes of each row's label and of what `from` makes of its margin: in two loops, as the processor carries out many
/// rows of a simple loop at once, and of one that mixes numbers of several widths only one.
fn fill<L: Copy + Sync>(
    pairs: &mut [Pair],
    (margins, labels): (&[f64], &[L]),
    from: impl Fn(f64) -> f64 + Sync,
    of: impl Fn(f64, L) -> Pair + Sync,
) {
    reduce::fill_chunks(pairs, PART, |start, part| {
        let (margins, labels) = (&margins[start..][..part.len()], &labels[start..][..part.len()]);
        let mut made = [0.0; AT_A_TIME];
        let some = part.chunks_mut(AT_A_TIME).zip(margins.chunks(AT_A_TIME)).zip(labels.chunks(AT_A_TIME));
        for ((pairs, margins), labels) in some {
            vectorised(
                #[inline(always)]
                || made.iter_mut().zip(margins).for_each(|(made, &margin)| *made = from(margin)),
            );
            vectorised(
                #[inline(always)]
                || {
                    for ((pair, &made), &label) in pairs.iter_mut().zip(&made).zip(labels) {
                        *pair = of(made, label);
                    }
                },
            );
        }
    });
}

/// Adding it rounds a number below 2^31 to a whole one, ties to even, whose bits are then the sum's lowest: 1.5 * 2^52.
const ROUNDER: f64 = 6_755_399_441_055_744.0;

/// The nearest whole numbers of steps.
#[inline(always)]
fn steps(values: [f64; 2], scales: [f64; 2]) -> Pair {
    let [slope, curvature] = [values[0] * scales[0] + ROUNDER, values[1] * scales[1] + ROUNDER];
    [(slope.to_bits() as u32).cast_signed(), (curvature.to_bits() as u32).cast_signed()]
}
