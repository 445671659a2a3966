//! Means over clients of numbers that each has found for itself, weighted by their rows.

use super::magnitude::{bound_power, level};
use crate::diag::Error;
use crate::exchange::{Question, Survey};
use crate::numeric::grid;
use crate::numeric::math::scale_by_power_of_two;

/// A client's own figures at one place.
#[derive(Clone, Debug)]
pub struct Own {
    /// What they weigh; 0 where it has none.
    pub weight: usize,
    /// The figures, as many as any other's at any place; zeros where it has none.
    pub figures: Vec<f64>,
}

impl Own {
    /// These figures, if there are any, that weigh so much.
    pub(super) fn of<const N: usize>(figures: Option<[f64; N]>, weight: usize) -> Self {
        Self { weight: if figures.is_some() { weight } else { 0 }, figures: figures.unwrap_or([0.0; N]).to_vec() }
    }
}

/// The weighted mean over the clients of each place's figures; `None` where no client has any. `names` are those of the two questions.
///
/// A server learns of each figure a level that the greatest magnitude of any client's lies in, the weighted sum of all clients' figures
/// and the sum of the weights: of a place that a single client has figures for, these themselves.
///
/// # Errors
/// When the survey can't hold such sums.
pub fn weighted_means(each: &[Vec<Own>], names: [&'static str; 2], survey: &Survey<'_>) -> Result<Vec<Option<Vec<f64>>>, Error> {
    let width = each.first().and_then(|own| own.first()).map_or(1, |own| own.figures.len());
    let levels = |owns: &Vec<Own>| -> Vec<u8> { owns.iter().flat_map(|own| &own.figures).map(|figure| level(figure.abs())).collect() };
    let levels = survey.greatest(&Question::plain(names[0]), &each.iter().map(levels).collect::<Vec<_>>())?;
    let powers: Vec<i32> = levels.into_iter().map(bound_power).collect();
    // In steps of the grids.
    let weighted = |owns: &Vec<Own>| -> Vec<i128> {
        let of = |(Own { weight, figures }, powers): (&Own, &[i32])| {
            let weight = *weight as i128;
            let in_steps = |(figure, power): (&f64, &i32)| grid::steps(scale_by_power_of_two(*figure, -power)) * weight;
            figures.iter().zip(powers).map(in_steps).chain([weight]).collect::<Vec<i128>>()
        };
        owns.iter().zip(powers.chunks_exact(width)).flat_map(of).collect()
    };
    let broadcast: Vec<f64> = powers.iter().map(|&power| f64::from(power)).collect();
    let answers: Vec<Vec<i128>> = each.iter().map(weighted).collect();
    let sums = survey.sum(&Question { name: names[1], broadcast: &broadcast }, grid::SUM_BITS, &answers)?;
    let mean = |(sums, powers): (&[i128], &[i32])| {
        let weight = sums[width];
        let mean = |at: usize| scale_by_power_of_two(grid::from_steps(sums[at]) / weight as f64, powers[at]);
        (weight > 0).then(|| (0..width).map(mean).collect())
    };
    Ok(sums.chunks_exact(width + 1).zip(powers.chunks_exact(width)).map(mean).collect())
}
