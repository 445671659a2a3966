//! K-means by sums: the clients add up, for each centroid, the coordinates of the rows that are nearest to it, and the server moves it
//! to their mean (Lloyd, IEEE Transactions on Information Theory 1982). Each row's part is rounded to a public grid before it is
//! added, so that any deal of the rows, in the clear and under masks, leads to the same centroids to the bit.
//!
//! The first centroids follow from the rows' mean and covariance, which the clients sum once: they lie along the principal axis, as in
//! the first cut of PCA-Part (Su and Dy, "In Search of Deterministic Methods for Initializing K-Means", Intelligent Data Analysis
//! 2007), or are drawn from a normal distribution of the rows' means and spreads. No row is ever one of them.
//!
//! A centroid that no row is nearest to is put beside the one whose rows have the greatest sum of squared distances, one root mean
//! square of their coordinates' distances away in every coordinate. (scikit-learn moves it to the farthest row, which would show
//! that row.)

use super::in_parts::sum_in_parts;
use super::{Client, Learner};
use crate::diag::Problem;
use crate::form::{Answer, Form, Lost, PARAMS, State, Sum, Values};
use crate::numeric::Params;
use crate::numeric::cholesky::{outer, triangle};
use crate::numeric::grid::{GridSums, SUM_BITS, from_steps, power_above};
use crate::numeric::linalg::{norm, squared_distance};
use crate::numeric::math::scale_by_power_of_two;
use crate::numeric::rng::Stream;
use crate::numeric::rows::Rows;
use crate::numeric::simd::vectorised;
use crate::numeric::ziggurat::Ziggurat;

/// Lloyd's algorithm.
#[derive(Debug)]
pub struct KMeans<'a> {
    /// How many centroids there are.
    pub clusters: usize,
    /// For each feature a power of two that no cell's magnitude reaches, (features,).
    pub reach: &'a [i32],
    /// The first centroids, (clusters * features,).
    pub first: &'a [f64],
    /// The centroids have settled when no coordinate moves by more than this.
    pub tolerance: f64,
}

/// Whether the centroids have settled, 0 or 1.
const SETTLED: &str = "settled";
/// How many rows were nearest to each centroid before it last moved, (clusters,).
const ROWS: &str = "rows";

/// What is summed of a centroid beside the coordinates: rows and squared distances.
const BESIDE: usize = 2;

impl KMeans<'_> {
    fn features(&self) -> usize {
        self.reach.len()
    }

    /// A power of two that no squared distance of a row to one of these centroids reaches; `None` if it is no longer finite.
    fn distance_power(&self, centroids: &[f64]) -> Option<i32> {
        let reach: Vec<f64> = self.reach.iter().map(|&power| scale_by_power_of_two(1.0, power)).collect();
        let farthest =
            |centroid: &[f64]| centroid.iter().zip(&reach).map(|(at, reach)| (at.abs() + reach) * (at.abs() + reach)).sum::<f64>();
        let greatest = centroids.chunks_exact(self.features()).map(farthest).fold(0.0, f64::max);
        // What rounding adds to a sum of so many squares.
        let greatest = greatest * (1.0 + 1e-9);
        greatest.is_finite().then(|| power_above(greatest))
    }

    /// Of each centroid how many of some rows are nearest to it, their squared distances and their coordinates, in steps of the grid.
    fn part(&self, x: Rows<'_>, centroids: &[f64], distance_power: i32) -> Vec<i128> {
        let features = self.features();
        let inverses: Vec<f64> = self.reach.iter().map(|&power| scale_by_power_of_two(1.0, -power)).collect();
        let of_distance = scale_by_power_of_two(1.0, -distance_power);
        let mut counts = vec![0_i128; self.clusters];
        let mut sums: Vec<[GridSums; 2]> = (0..self.clusters).map(|_| [GridSums::new(1), GridSums::new(features)]).collect();
        vectorised(
            #[inline(always)]
            || {
                let mut cells = vec![0.0; features];
                for row in 0..x.len() {
                    x.copy_row(row, &mut cells);
                    let (mut nearest, mut least) = (0, f64::INFINITY);
                    for (cluster, centroid) in centroids.chunks_exact(features).enumerate() {
                        let distance = squared_distance(&cells, centroid);
                        if distance < least {
                            (nearest, least) = (cluster, distance);
                        }
                    }
                    counts[nearest] += 1;
                    let [inertia, coordinates] = &mut sums[nearest];
                    inertia.add(&[least], |_, distance| distance * of_distance);
                    coordinates.add(&cells, |at, cell| cell * inverses[at]);
                }
            },
        );
        let of_cluster = |(count, [inertia, coordinates]): (i128, [GridSums; 2])| {
            [vec![count], inertia.into_totals(), coordinates.into_totals()].concat()
        };
        counts.into_iter().zip(sums).flat_map(of_cluster).collect()
    }

    /// The centroids of the sums, and how many rows each is of.
    fn moved(&self, centroids: &[f64], numbers: &[i128], distance_power: i32) -> (Vec<f64>, Vec<f64>) {
        let features = self.features();
        let mut moved = centroids.to_vec();
        let mut inertias = vec![0.0; self.clusters];
        let mut rows = vec![0.0; self.clusters];
        for (cluster, sums) in numbers.chunks_exact(BESIDE + features).enumerate() {
            rows[cluster] = sums[0] as f64;
            if sums[0] == 0 {
                continue;
            }
            inertias[cluster] = scale_by_power_of_two(from_steps(sums[1]), distance_power);
            let means =
                sums[BESIDE..].iter().zip(self.reach).map(|(&sum, &power)| scale_by_power_of_two(from_steps(sum) / rows[cluster], power));
            moved[cluster * features..][..features].iter_mut().zip(means).for_each(|(at, mean)| *at = mean);
        }
        let mut donors: Vec<usize> = (0..self.clusters).filter(|&cluster| inertias[cluster] > 0.0).collect();
        donors.sort_by(|&a, &b| inertias[b].total_cmp(&inertias[a]));
        let empty = (0..self.clusters).filter(|&cluster| rows[cluster] == 0.0);
        for (cluster, donor) in empty.zip(donors) {
            let away = (inertias[donor] / (rows[donor] * features as f64)).sqrt();
            let beside: Vec<f64> = moved[donor * features..][..features].iter().map(|at| at + away).collect();
            moved[cluster * features..][..features].copy_from_slice(&beside);
        }
        (moved, rows)
    }
}

impl Learner for KMeans<'_> {
    /// A server learns, over all survivors, how many rows are nearest to each centroid that it sent, and the sums of their squared
    /// distances and of their coordinates. Of a centroid to which a single row is nearest, these are that row: k is to be small
    /// against the rows.
    fn forms(&self) -> Vec<Form> {
        vec![Form::total("clusters", self.clusters * (BESIDE + self.features()), SUM_BITS)]
    }

    fn start(&self, _: Params) -> State {
        State::of(self.first.to_vec().into()).with(SETTLED, Params::zeros(1)).with(ROWS, Params::zeros(self.clusters))
    }

    fn answer(&self, state: &State, _: usize, me: Client<'_>) -> Result<Answer, Lost> {
        let centroids = state.params().as_slice();
        let distance_power = self.distance_power(centroids).ok_or(Lost)?;
        let x = me.rows.x;
        let sums =
            sum_in_parts(x.len(), self.clusters * (BESIDE + self.features()), |part| self.part(x.range(part), centroids, distance_power));
        Ok(Answer { values: Values::Total(sums), memory: None })
    }

    fn learn(&self, mut state: State, _: usize, sum: &Sum<'_>) -> Result<State, Problem> {
        let Sum::Total(numbers) = sum else { unreachable!("the form asks for a sum") };
        let centroids = state.params().as_slice();
        let distance_power = self.distance_power(centroids).expect("the clients answered at these centroids");
        let (moved, counts) = self.moved(centroids, numbers, distance_power);
        let is_settled = moved.iter().zip(centroids).all(|(moved, before)| (moved - before).abs() <= self.tolerance);
        let [params, settled, rows] = state.blocks_mut([PARAMS, SETTLED, ROWS]);
        params.copy_from_slice(&moved);
        settled[0] = f64::from(u8::from(is_settled));
        rows.copy_from_slice(&counts);
        Ok(state)
    }

    fn is_settled(&self, state: &State) -> bool {
        state.block(SETTLED)[0] == 1.0
    }
}

/// How many rows there are, and the sums of their coordinates and of the products of these with each other, as an upper triangle, in
/// steps of the grid: a client's part of [`first_centroids`].
pub fn moments(x: Rows<'_>, reach: &[i32]) -> Vec<i128> {
    let features = reach.len();
    let inverses: Vec<f64> = reach.iter().map(|&power| scale_by_power_of_two(1.0, -power)).collect();
    let (mut sums, mut products) = (GridSums::new(features), GridSums::new(triangle(features)));
    let (mut cells, mut pairs) = (vec![0.0; features], vec![0.0; triangle(features)]);
    for row in 0..x.len() {
        x.copy_row(row, &mut cells);
        cells.iter_mut().zip(&inverses).for_each(|(cell, inverse)| *cell *= inverse);
        sums.add(&cells, |_, cell| cell);
        outer(&cells, 1.0, &mut pairs);
        products.add(&pairs, |_, product| product);
    }
    [vec![x.len() as i128], sums.into_totals(), products.into_totals()].concat()
}

/// The first centroids, (clusters * features,), from the sum of all [`moments`]: along the rows' principal axis, or drawn where there
/// is a stream.
pub fn first_centroids(totals: &[i128], reach: &[i32], clusters: usize, stream: Option<&mut Stream>) -> Vec<f64> {
    let features = reach.len();
    let rows = totals[0] as f64;
    let decode = |sum: i128, power: i32| scale_by_power_of_two(from_steps(sum) / rows, power);
    let (sums, products) = totals[1..].split_at(features);
    let mean: Vec<f64> = sums.iter().zip(reach).map(|(&sum, &power)| decode(sum, power)).collect();
    let mut covariance = vec![0.0; features * features];
    let pairs = (0..features).flat_map(|row| (row..features).map(move |column| (row, column)));
    for (&product, (row, column)) in products.iter().zip(pairs) {
        let value = decode(product, reach[row] + reach[column]) - mean[row] * mean[column];
        covariance[row * features + column] = value;
        covariance[column * features + row] = value;
    }
    if let Some(stream) = stream {
        let ziggurat = Ziggurat::default();
        let mut draws = vec![0.0; clusters * features];
        ziggurat.fill(&mut draws, stream);
        let spread = |feature: usize| covariance[feature * features + feature].max(0.0).sqrt();
        return draws.iter().enumerate().map(|(at, draw)| mean[at % features] + spread(at % features) * draw).collect();
    }
    let (axis, variance) = principal_axis(&covariance, features);
    // Evenly within one and a half standard deviations of the mean.
    let along = |cluster: usize| 3.0 * ((cluster as f64 + 0.5) / clusters as f64 - 0.5) * variance.max(0.0).sqrt();
    (0..clusters).flat_map(|cluster| mean.iter().zip(&axis).map(move |(mean, axis)| mean + along(cluster) * axis)).collect()
}

/// The direction in which a covariance, (features, features), is greatest, of length 1, its greatest coordinate positive; and the
/// variance along it. By the power method from the greatest column: any direction would do, the same one everywhere is what counts.
fn principal_axis(covariance: &[f64], features: usize) -> (Vec<f64>, f64) {
    const STEPS: usize = 1000;
    let widest =
        (0..features).fold(0, |best, at| if covariance[at * features + at] > covariance[best * features + best] { at } else { best });
    let mut axis = covariance[widest * features..][..features].to_vec();
    let mut variance = 0.0;
    for _ in 0..STEPS {
        let length = norm(&axis);
        if length == 0.0 || !length.is_finite() {
            return (vec![0.0; features], 0.0);
        }
        axis.iter_mut().for_each(|coordinate| *coordinate /= length);
        let next: Vec<f64> = covariance.chunks_exact(features).map(|row| row.iter().zip(&axis).map(|(c, a)| c * a).sum()).collect();
        let along: f64 = next.iter().zip(&axis).map(|(next, axis)| next * axis).sum();
        if (along - variance).abs() <= 1e-15 * along {
            break;
        }
        (axis, variance) = (next, along);
    }
    let length = norm(&axis);
    let greatest =
        axis.iter().copied().fold(0.0, |greatest: f64, coordinate| if coordinate.abs() > greatest.abs() { coordinate } else { greatest });
    axis.iter_mut().for_each(|coordinate| *coordinate *= greatest.signum() / length);
    (axis, variance)
}
