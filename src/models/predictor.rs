//! What models of one linear predictor have in common: products of rows and weights, some rows at a time.
//!
//! Layout of the parameters: one weight a feature, then the intercept.

use super::model::{Batch, Columns, Parameter};
use crate::numeric::linalg::dot;
use crate::numeric::rows::{Packed, Rows};
use crate::numeric::selection::{BLOCK, Block};
use crate::numeric::simd::vectorised;

/// One weight a feature, then the intercept, all 0 at the start.
pub(super) fn parameters(columns: &Columns<'_>) -> Vec<Parameter> {
    let names = columns.features.iter().cloned().chain(["(intercept)".to_owned()]);
    names.map(|name| Parameter { name, start: 0.0 }).collect()
}

/// The mean over the batch's rows of `loss(linear predictor, row)`, and a ridge penalty of the weights.
pub(super) fn loss(params: &[f64], batch: &Batch<'_>, l2: f64, loss: impl Fn(f64, usize) -> f64) -> f64 {
    let (intercept, weights) = params.split_last().expect("the intercept is there");
    let (packed, mut sum) = (Packed::of(weights), 0.0);
    for block in batch.selection.blocks() {
        for (product, &row) in batch.x.dots(block, &packed).iter().zip(block.rows()) {
            sum += loss(product + intercept, row as usize);
        }
    }
    sum / batch.selection.rows().len() as f64 + 0.5 * l2 * dot(weights, weights)
}

/// Writes the gradient of the mean of losses whose derivatives by the linear predictor are the rows' residuals. `residuals` turns
/// products of rows and weights into these, but for the intercept, which it adds, and for the row's weight, which it multiplies.
#[inline(always)]
pub(super) fn gradient<L: Copy + Default>(
    params: &[f64],
    batch: &Batch<'_>,
    labels: &[L],
    residuals: impl Fn(&mut [f64; BLOCK], f64, &[L; BLOCK]),
    (gradient, l2): (&mut [f64], f64),
) {
    let (&intercept, weights) = params.split_last().expect("the intercept is there");
    let (intercept_gradient, weight_gradient) = gradient.split_last_mut().expect("the intercept is there");
    vectorised(
        #[inline(always)]
        || {
            let (packed, mut sum, mut residual_sum) = (Packed::of(weights), Packed::zeros(weights.len()), 0.0);
            for block in batch.selection.blocks() {
                // Before they are needed: rows far apart have labels far apart.
                let mut here = [L::default(); BLOCK];
                for (label, &row) in here.iter_mut().zip(block.rows()) {
                    *label = labels[row as usize];
                }
                let mut factors = batch.x.dots(block, &packed);
                residuals(&mut factors, intercept, &here);
                factors[..block.rows().len()].iter().for_each(|residual| residual_sum += residual);
                batch.x.add_scaled(block, &factors, &mut sum);
            }
            let rows = batch.selection.rows().len() as f64;
            *intercept_gradient = residual_sum / rows;
            for ((slot, sum), weight) in weight_gradient.iter_mut().zip(sum.as_slice()).zip(weights) {
                *slot = sum / rows + l2 * weight;
            }
        },
    );
}

/// Writes what `finish` makes of each row's product with the weights and of the intercept.
#[inline(always)]
pub(super) fn predict(params: &[f64], x: Rows<'_>, scores: &mut [f64], finish: impl Fn(&mut [f64; BLOCK], f64)) {
    let (&intercept, weights) = params.split_last().expect("the intercept is there");
    vectorised(
        #[inline(always)]
        || {
            let weights = Packed::of(weights);
            for (block, scores) in scores.chunks_mut(BLOCK).enumerate() {
                let rows: [u32; BLOCK] = std::array::from_fn(|at| (block * BLOCK + at) as u32);
                let mut all = x.dots(Block::alone(&rows[..scores.len()]), &weights);
                finish(&mut all, intercept);
                scores.copy_from_slice(&all[..scores.len()]);
            }
        },
    );
}
