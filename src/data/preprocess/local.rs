//! Means over clients of numbers that each has found for itself, weighted by their rows.

use super::magnitude::{bound_power, level};
use crate::diag::Error;
use crate::exchange::{Question, Survey};
use crate::numeric::grid;
use crate::numeric::math::scale_by_power_of_two;

/// The mean of each place's figures over the clients that have any there, weighted by `examples`; `None` where no client has.
/// `names` are those of the two questions.
pub(super) fn weighted_means<const N: usize>(
    each: &[Vec<Option<[f64; N]>>],
    examples: &[usize],
    names: [&'static str; 2],
    survey: &Survey<'_>,
) -> Result<Vec<Option<[f64; N]>>, Error> {
    // A server learns a level for each figure, which it rounds the greatest magnitude of any client's up to.
    let levels = |figures: &Vec<Option<[f64; N]>>| -> Vec<u8> {
        figures.iter().flat_map(|figures| figures.unwrap_or([0.0; N])).map(|figure| level(figure.abs())).collect()
    };
    let levels = survey.greatest(&Question::plain(names[0]), &each.iter().map(levels).collect::<Vec<_>>())?;
    let powers: Vec<i32> = levels.into_iter().map(bound_power).collect();
    // And the weighted sums of the figures, in steps of the grids, with the weights' sum.
    let weighted = |(figures, &examples): (&Vec<Option<[f64; N]>>, &usize)| -> Vec<i128> {
        let of = |(figures, powers): (&Option<[f64; N]>, &[i32])| {
            let weight = if figures.is_some() { examples as i128 } else { 0 };
            let in_steps = |(figure, power): (f64, &i32)| grid::steps(scale_by_power_of_two(figure, -power)) * weight;
            figures.unwrap_or([0.0; N]).into_iter().zip(powers).map(in_steps).chain([weight]).collect::<Vec<i128>>()
        };
        figures.iter().zip(powers.chunks_exact(N)).flat_map(of).collect()
    };
    let broadcast: Vec<f64> = powers.iter().map(|&power| f64::from(power)).collect();
    let answers: Vec<Vec<i128>> = each.iter().zip(examples).map(weighted).collect();
    let sums = survey.sum(&Question { name: names[1], broadcast: &broadcast }, grid::SUM_BITS, &answers)?;
    let mean = |(sums, powers): (&[i128], &[i32])| {
        let weight = sums[N];
        let mean = |at: usize| scale_by_power_of_two(grid::from_steps(sums[at]) / weight as f64, powers[at]);
        (weight > 0).then(|| std::array::from_fn(mean))
    };
    Ok(sums.chunks_exact(N + 1).zip(powers.chunks_exact(N)).map(mean).collect())
}
