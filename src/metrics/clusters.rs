//! How well rows fall into clusters without knowing the true ones, as scikit-learn defines it.
//!
//! The silhouette as Rousseeuw, "Silhouettes: a Graphical Aid to the Interpretation and Validation of Cluster Analysis", JCAM 1987;
//! the index of Davies and Bouldin, "A Cluster Separation Measure", IEEE TPAMI 1979; that of Calinski and Harabasz, "A Dendrite
//! Method for Cluster Analysis", Communications in Statistics 1974. The last two know the clusters by their rows alone, whose
//! means they take for centroids.

use serde::{Deserialize, Serialize};

use crate::numeric::reduce;
use crate::numeric::rows::Rows;

/// Of how many rows the silhouette is taken at most: every row of them is compared with every other.
pub const SILHOUETTE_ROWS_MAX: usize = 2000;

/// Metrics of rows that were assigned to clusters. The last three need at least two clusters that have rows, and fewer than rows.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Clusters {
    /// Mean squared distance of a row to its centroid.
    pub inertia: f64,
    /// 1 less the sum of squared distances to the given centroids over that to the mean of all rows; `None` if all rows are equal.
    pub explained: Option<f64>,
    /// `silhouette_score` of the sample: the mean of (b - a) / max(a, b), a being the mean distance to the other rows of a row's
    /// cluster and b the least mean distance to another cluster's rows; 0 for a row that is alone. From -1 to 1, more is better.
    pub silhouette: Option<f64>,
    /// `davies_bouldin_score`: the mean over clusters of the greatest (s + s') / d, s being mean distances of rows to their
    /// centroid, d the distance of both centroids. At least 0, less is better.
    pub davies_bouldin: Option<f64>,
    /// `calinski_harabasz_score`: the variance between clusters over that within, more is better; 1 if there is none within.
    pub calinski_harabasz: Option<f64>,
}

impl Clusters {
    /// Of points, (rows, features), the cluster of each, (rows,), and its squared distance to the cluster's centroid, (rows,). The
    /// silhouette is that of the rows of `sample`, different row numbers, among themselves.
    ///
    /// # Panics
    /// If there are no rows, not a cluster and a distance for each, or a sample of more than [`SILHOUETTE_ROWS_MAX`].
    pub fn of(x: Rows<'_>, assigned: &[u32], distances: &[f64], sample: &[u32]) -> Self {
        assert!(!x.is_empty() && x.len() == assigned.len() && x.len() == distances.len(), "every row has a cluster and a distance");
        let within = reduce::map_ahead(&distances.chunks(CHUNK).collect::<Vec<_>>(), 8, |part| part.iter().sum::<f64>()).sum::<f64>();
        let whole = Moments::of(x, &Grouping::whole(x.len()));
        let total = whole.squares[0];
        let grouping = Grouping::of(assigned);
        let moments = grouping.can_be_judged().then(|| Moments::of(x, &grouping));
        Self {
            inertia: within / x.len() as f64,
            explained: (total > 0.0).then(|| 1.0 - within / total),
            silhouette: silhouette(x, assigned, sample),
            davies_bouldin: moments.as_ref().map(|moments| davies_bouldin(moments, &grouping)),
            calinski_harabasz: moments.as_ref().map(|moments| calinski_harabasz(moments, &grouping, &whole.means)),
        }
    }
}

/// Rows are summed in parts of so many, and the parts in their order.
const CHUNK: usize = 4096;

/// The clusters that have rows, numbered anew in their order.
struct Grouping {
    /// Each row's cluster.
    of_row: Vec<u32>,
    /// How many rows each cluster has.
    rows: Vec<f64>,
    /// Each cluster's first row.
    first: Vec<usize>,
}

impl Grouping {
    fn of(assigned: &[u32]) -> Self {
        let mut occupied = assigned.to_vec();
        occupied.sort_unstable();
        occupied.dedup();
        let number = |cluster: &u32| occupied.binary_search(cluster).expect("the cluster has this row");
        let of_row: Vec<u32> = assigned.iter().map(|cluster| number(cluster) as u32).collect();
        let (mut rows, mut first) = (vec![0.0; occupied.len()], vec![0; occupied.len()]);
        for (row, &cluster) in of_row.iter().enumerate().rev() {
            rows[cluster as usize] += 1.0;
            first[cluster as usize] = row;
        }
        Self { of_row, rows, first }
    }

    /// All rows in one.
    fn whole(rows: usize) -> Self {
        Self { of_row: vec![0; rows], rows: vec![rows as f64], first: vec![0] }
    }

    fn count(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are at least two clusters, and one of more than a row.
    fn can_be_judged(&self) -> bool {
        (2..self.of_row.len()).contains(&self.count())
    }
}

/// Where each cluster's rows lie.
struct Moments {
    /// Their mean, (clusters, features).
    means: Vec<f64>,
    /// The sum of their squared distances to it, (clusters,).
    squares: Vec<f64>,
    /// The sum of their distances to it, (clusters,).
    distances: Vec<f64>,
}

impl Moments {
    fn of(x: Rows<'_>, grouping: &Grouping) -> Self {
        let features = x.features();
        let origins: Vec<f64> = grouping.first.iter().flat_map(|&row| x.row(row)).collect();
        // Distances from a row of the cluster lose nothing where numbers are large and close together, and are all 0 where its rows
        // are equal, so that their mean is this row.
        let mut offsets = sum_by_cluster(x, grouping, features, |row, cluster, sums| {
            let origin = &origins[cluster * features..][..features];
            sums.iter_mut().zip(row.iter().zip(origin)).for_each(|(sum, (value, origin))| *sum += value - origin);
        });
        for (cluster, rows) in grouping.rows.iter().enumerate() {
            offsets[cluster * features..][..features].iter_mut().for_each(|offset| *offset /= rows);
        }
        let spreads = sum_by_cluster(x, grouping, 2, |row, cluster, sums| {
            let part = cluster * features..(cluster + 1) * features;
            let centre = origins[part.clone()].iter().zip(&offsets[part]);
            let squared: f64 = row.iter().zip(centre).map(|(value, (origin, offset))| square(value - origin - offset)).sum();
            sums[0] += squared;
            sums[1] += squared.sqrt();
        });
        let (squares, distances) = spreads.as_chunks::<2>().0.iter().map(|&[squares, distances]| (squares, distances)).unzip();
        Self { means: origins.iter().zip(&offsets).map(|(origin, offset)| origin + offset).collect(), squares, distances }
    }
}

/// Sums over rows, `width` of them a cluster, (clusters, width): `add` adds a row to its cluster's.
fn sum_by_cluster(x: Rows<'_>, grouping: &Grouping, width: usize, add: impl Fn(&[f64], usize, &mut [f64]) + Sync) -> Vec<f64> {
    let starts: Vec<usize> = (0..x.len()).step_by(CHUNK).collect();
    let none = || vec![0.0; grouping.count() * width];
    let parts = reduce::map_ahead(&starts, 8 * grouping.count() * width, |&start| {
        let (mut sums, mut row) = (none(), vec![0.0; x.features()]);
        for (at, &cluster) in grouping.of_row.iter().enumerate().skip(start).take(CHUNK) {
            x.copy_row(at, &mut row);
            add(&row, cluster as usize, &mut sums[cluster as usize * width..][..width]);
        }
        sums
    });
    parts.fold(none(), |mut all, part| {
        all.iter_mut().zip(part).for_each(|(sum, more)| *sum += more);
        all
    })
}

fn square(x: f64) -> f64 {
    x * x
}

/// The Euclidean distance. Summed in a few lanes, as the silhouette takes millions of them.
fn distance(a: &[f64], b: &[f64]) -> f64 {
    const LANES: usize = 4;
    let (a_blocks, a_rest) = a.as_chunks::<LANES>();
    let (b_blocks, b_rest) = b.as_chunks::<LANES>();
    let mut lanes = [0.0; LANES];
    for (a, b) in a_blocks.iter().zip(b_blocks) {
        for lane in 0..LANES {
            lanes[lane] += square(a[lane] - b[lane]);
        }
    }
    for (lane, (a, b)) in lanes.iter_mut().zip(a_rest.iter().zip(b_rest)) {
        *lane += square(a - b);
    }
    lanes.iter().sum::<f64>().sqrt()
}

fn calinski_harabasz(moments: &Moments, grouping: &Grouping, mean: &[f64]) -> f64 {
    let centroids = moments.means.chunks(mean.len().max(1));
    let between: f64 = centroids.zip(&grouping.rows).map(|(centroid, rows)| rows * square(distance(centroid, mean))).sum();
    let within: f64 = moments.squares.iter().sum();
    let (rows, count) = (grouping.of_row.len() as f64, grouping.count() as f64);
    if within == 0.0 { 1.0 } else { between * (rows - count) / (within * (count - 1.0)) }
}

/// What scikit-learn takes for no distance here.
const NEAR_ZERO: f64 = 1e-8;

fn davies_bouldin(moments: &Moments, grouping: &Grouping) -> f64 {
    let features = moments.means.len() / grouping.count();
    let spread: Vec<f64> = moments.distances.iter().zip(&grouping.rows).map(|(sum, rows)| sum / rows).collect();
    let centroid = |cluster: usize| &moments.means[cluster * features..][..features];
    let clusters: Vec<usize> = (0..grouping.count()).collect();
    let farthest_and_worst = reduce::map(&clusters, |&one| {
        clusters.iter().filter(|&&other| other != one).fold((0.0_f64, 0.0_f64), |(farthest, worst), &other| {
            let apart = distance(centroid(one), centroid(other));
            // Clusters of the same centroid are not compared.
            let ratio = if apart == 0.0 { 0.0 } else { (spread[one] + spread[other]) / apart };
            (farthest.max(apart), worst.max(ratio))
        })
    });
    let all_in_one_place = farthest_and_worst.iter().all(|(farthest, _)| *farthest <= NEAR_ZERO);
    if all_in_one_place || spread.iter().all(|spread| *spread <= NEAR_ZERO) {
        return 0.0;
    }
    farthest_and_worst.iter().map(|(_, worst)| worst).sum::<f64>() / clusters.len() as f64
}

fn silhouette(x: Rows<'_>, assigned: &[u32], sample: &[u32]) -> Option<f64> {
    assert!(sample.len() <= SILHOUETTE_ROWS_MAX, "the silhouette's time grows with the square of its rows");
    let grouping = Grouping::of(&sample.iter().map(|&row| assigned[row as usize]).collect::<Vec<_>>());
    if !grouping.can_be_judged() {
        return None;
    }
    let points: Vec<Vec<f64>> = sample.iter().map(|&row| x.row(row as usize)).collect();
    let of_row = |&row: &usize| {
        let mut sums = vec![0.0; grouping.count()];
        for (other, &cluster) in points.iter().zip(&grouping.of_row) {
            sums[cluster as usize] += distance(&points[row], other);
        }
        let own = grouping.of_row[row] as usize;
        let others = sums.iter().zip(&grouping.rows).enumerate().filter(|(cluster, _)| *cluster != own);
        let b = others.map(|(_, (sum, rows))| sum / rows).fold(f64::INFINITY, f64::min);
        let a = sums[own] / (grouping.rows[own] - 1.0).max(1.0);
        let greater = a.max(b);
        if grouping.rows[own] == 1.0 || greater == 0.0 { 0.0 } else { (b - a) / greater }
    };
    let rows: Vec<usize> = (0..sample.len()).collect();
    Some(reduce::map(&rows, of_row).iter().sum::<f64>() / sample.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::rows::{Matrix, Storage};

    fn matrix(points: &[[f64; 2]]) -> Matrix {
        Matrix::build((points.len(), 2), Storage::Double, |row, out| out.copy_from_slice(&points[row]))
    }

    /// By hand: two pairs, each a distance 2 wide, 10 apart.
    #[test]
    fn two_pairs_side_by_side() {
        let matrix = matrix(&[[0.0, 0.0], [0.0, 2.0], [10.0, 0.0], [10.0, 2.0]]);
        let found = Clusters::of(matrix.rows(), &[7, 7, 3, 3], &[1.0; 4], &[0, 1, 2, 3]);
        assert_eq!(found.inertia, 1.0);
        // Around the mean (5, 1) each row has 26.
        assert_eq!(found.explained, Some(1.0 - 4.0 / 104.0));
        assert_eq!(found.davies_bouldin, Some(0.2));
        // Between: 4 * 25 over 1 degree of freedom; within: 4 over 2.
        assert_eq!(found.calinski_harabasz, Some(50.0));
        let b = (10.0 + 104.0_f64.sqrt()) / 2.0;
        assert!((found.silhouette.expect("two clusters") - (b - 2.0) / b).abs() < 1e-15);
    }

    #[test]
    fn one_cluster_or_one_for_each_row_is_not_judged() {
        let matrix = matrix(&[[0.0, 0.0], [0.0, 2.0], [10.0, 0.0]]);
        for assigned in [[1, 1, 1], [0, 1, 2]] {
            let found = Clusters::of(matrix.rows(), &assigned, &[0.5; 3], &[0, 1, 2]);
            assert_eq!([found.silhouette, found.davies_bouldin, found.calinski_harabasz], [None; 3]);
            assert!(found.explained.is_some());
        }
        // Of these rows there are two clusters, but of the sample's one.
        let found = Clusters::of(matrix.rows(), &[0, 0, 1], &[0.5; 3], &[0, 1]);
        assert!(found.silhouette.is_none() && found.davies_bouldin.is_some());
        assert_eq!(Clusters::of(matrix.rows(), &[0, 0, 1], &[0.5; 3], &[]).silhouette, None);
    }

    /// Of three times 0.1 the sum over three is not 0.1 in binary numbers.
    #[test]
    fn equal_rows_have_no_spread() {
        let together = matrix(&[[0.1, 0.7]; 6]);
        let found = Clusters::of(together.rows(), &[0, 0, 0, 1, 1, 1], &[0.0; 6], &[0, 1, 2, 3, 4, 5]);
        let Clusters { inertia, explained, silhouette, davies_bouldin, calinski_harabasz } = found;
        assert_eq!((inertia, explained), (0.0, None));
        assert_eq!([silhouette, davies_bouldin, calinski_harabasz], [Some(0.0), Some(0.0), Some(1.0)]);
        let apart = matrix(&[[0.1, 0.7], [0.1, 0.7], [0.1, 0.7], [0.9, 0.7], [0.9, 0.7], [0.9, 0.7]]);
        let found = Clusters::of(apart.rows(), &[0, 0, 0, 1, 1, 1], &[0.0; 6], &[0, 1, 2, 3, 4, 5]);
        let judged = [found.explained, found.silhouette, found.davies_bouldin, found.calinski_harabasz];
        assert_eq!(judged, [Some(1.0), Some(1.0), Some(0.0), Some(1.0)]);
    }

    #[test]
    fn no_number_of_threads_shows_in_any_bit() {
        let cell = |row: usize, column: usize| f64::from((row * 7919 + column * 104_729) as u32 % 10_007) / 3.0;
        let points: Vec<[f64; 2]> = (0..20_000).map(|row| [cell(row, 0), cell(row, 1)]).collect();
        let matrix = matrix(&points);
        let assigned: Vec<u32> = (0..20_000).map(|row| row % 5).collect();
        let distances: Vec<f64> = points.iter().map(|point| point[0]).collect();
        let sample: Vec<u32> = (0..300).map(|at| at * 61).collect();
        let of = |threads| reduce::with_threads(Some(threads), || Clusters::of(matrix.rows(), &assigned, &distances, &sample));
        let one = of(1).expect("threads start");
        assert!([2, 5].into_iter().all(|threads| of(threads).expect("threads start") == one));
    }
}
