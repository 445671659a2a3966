//! How near rows are to what a model makes of them, cell by cell: errors as scikit-learn defines them for several outputs.

use serde::{Deserialize, Serialize};

use crate::numeric::quantile;
use crate::numeric::reduce;
use crate::numeric::rows::Rows;

/// Metrics of rows that were said again, in the features' unit.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reconstruction {
    /// `mean_squared_error`, over all cells.
    pub mse: f64,
    /// `mean_absolute_error`, over all cells.
    pub mae: f64,
    /// 1 less the sum of squared errors over that of squared distances from the features' means; `None` if all rows are equal. It is
    /// `r2_score` with `multioutput="variance_weighted"`, which leaves out features that do not vary; here their errors count.
    pub explained: Option<f64>,
    /// The quantile 0.95 of [`row_errors`], linear between ranks: so far are all but a twentieth of the rows at most.
    pub error_p95: f64,
}

/// The same of one feature.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FeatureError {
    /// Mean squared error.
    pub mse: f64,
    /// `r2_score`; `None` if the feature does not vary.
    pub explained: Option<f64>,
}

impl Reconstruction {
    /// Of rows, (rows, features), and what a model makes of them, (rows, features).
    ///
    /// # Panics
    /// If there are no cells, or not as many as were said.
    pub fn of(x: Rows<'_>, said: &[f64]) -> Self {
        let sums = Sums::of(x, said);
        let cells = said.len() as f64;
        let [squares, spread, sizes] = [&sums.squares, &sums.spreads, &sums.sizes].map(|by_feature| by_feature.iter().sum::<f64>());
        let mut errors = row_errors(x, said);
        errors.sort_unstable_by(f64::total_cmp);
        Self {
            mse: squares / cells,
            mae: sizes / cells,
            explained: (spread > 0.0).then(|| 1.0 - squares / spread),
            error_p95: quantile(&errors, 0.95).expect("there are rows"),
        }
    }
}

/// The error of each feature, (features,), of rows, (rows, features), and what a model makes of them, (rows, features).
///
/// # Panics
/// If there are no cells, or not as many as were said.
pub fn by_feature(x: Rows<'_>, said: &[f64]) -> Vec<FeatureError> {
    let sums = Sums::of(x, said);
    let of_feature = |(squares, spread): (&f64, &f64)| FeatureError {
        mse: squares / x.len() as f64,
        explained: (*spread > 0.0).then(|| 1.0 - squares / spread),
    };
    sums.squares.iter().zip(&sums.spreads).map(of_feature).collect()
}

/// A row's error: the mean over its cells, (features,), of the squared distance from what was said, (features,).
pub fn row_error(cells: &[f64], said: &[f64]) -> f64 {
    cells.iter().zip(said).map(|(cell, said)| (said - cell) * (said - cell)).sum::<f64>() / cells.len() as f64
}

/// Each row's error, (rows,), of rows, (rows, features), and what a model makes of them, (rows, features).
pub fn row_errors(x: Rows<'_>, said: &[f64]) -> Vec<f64> {
    let mut errors = vec![0.0; x.len()];
    reduce::fill_chunks(&mut errors, CHUNK, |start, part| {
        let mut cells = vec![0.0; x.features()];
        for (row, error) in (start..).zip(part) {
            x.copy_row(row, &mut cells);
            *error = row_error(&cells, &said[row * cells.len()..][..cells.len()]);
        }
    });
    errors
}

/// Rows are summed in parts of so many, and the parts in their order.
const CHUNK: usize = 4096;

/// Sums over rows, (features,) each.
struct Sums {
    /// Of squared errors.
    squares: Vec<f64>,
    /// Of squared distances from the feature's mean.
    spreads: Vec<f64>,
    /// Of errors without their signs.
    sizes: Vec<f64>,
}

impl Sums {
    fn of(x: Rows<'_>, said: &[f64]) -> Self {
        let features = x.features();
        assert!(!said.is_empty() && said.len() == x.len() * features, "every cell is said again");
        let first = x.row(0);
        // Distances from a row lose nothing where numbers are large and close together, and are all 0 where they are equal.
        let mut offsets = sum(x, said, features, |cells, _, sums| {
            sums.iter_mut().zip(cells.iter().zip(&first)).for_each(|(sum, (cell, first))| *sum += cell - first);
        });
        offsets.iter_mut().for_each(|offset| *offset /= x.len() as f64);
        let mut squares = sum(x, said, 3 * features, |cells, said, sums| {
            let (squares, rest) = sums.split_at_mut(features);
            let (spreads, sizes) = rest.split_at_mut(features);
            for at in 0..features {
                let (error, distance) = (said[at] - cells[at], cells[at] - first[at] - offsets[at]);
                squares[at] += error * error;
                spreads[at] += distance * distance;
                sizes[at] += error.abs();
            }
        });
        let sizes = squares.split_off(2 * features);
        let spreads = squares.split_off(features);
        Self { squares, spreads, sizes }
    }
}

/// Sums over rows, (width,): `add` adds a row and what was said of it.
fn sum(x: Rows<'_>, said: &[f64], width: usize, add: impl Fn(&[f64], &[f64], &mut [f64]) + Sync) -> Vec<f64> {
    let features = x.features();
    let starts: Vec<usize> = (0..x.len()).step_by(CHUNK).collect();
    let parts = reduce::map_ahead(&starts, 8 * width, |&start| {
        let (mut sums, mut cells) = (vec![0.0; width], vec![0.0; features]);
        for (row, said) in (start..).zip(said[start * features..].chunks_exact(features).take(CHUNK)) {
            x.copy_row(row, &mut cells);
            add(&cells, said, &mut sums);
        }
        sums
    });
    parts.fold(vec![0.0; width], |mut all, part| {
        all.iter_mut().zip(part).for_each(|(sum, more)| *sum += more);
        all
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::rows::{Matrix, Storage};

    fn matrix(rows: &[[f64; 2]]) -> Matrix {
        Matrix::build((rows.len(), 2), Storage::Double, |row, out| out.copy_from_slice(&rows[row]))
    }

    /// By hand: errors of the first feature are 1, -1, 0 and 0, of the second 0, 0, 2 and -2; the first lies 2 around its mean in sum
    /// of squares, the second 20.
    #[test]
    fn errors_are_counted_by_cell_by_feature_and_by_row() {
        let x = matrix(&[[0.0, 1.0], [1.0, 3.0], [2.0, 5.0], [1.0, 7.0]]);
        let said = [1.0, 1.0, 0.0, 3.0, 2.0, 7.0, 1.0, 5.0];
        let Reconstruction { mse, mae, explained, error_p95 } = Reconstruction::of(x.rows(), &said);
        assert_eq!([mse, mae], [10.0 / 8.0, 6.0 / 8.0]);
        assert_eq!(explained, Some(1.0 - 10.0 / 22.0));
        assert_eq!(row_errors(x.rows(), &said), [0.5, 0.5, 2.0, 2.0]);
        assert_eq!(error_p95, 2.0);
        let [first, second] = by_feature(x.rows(), &said)[..] else { panic!("two features") };
        assert_eq!(first, FeatureError { mse: 0.5, explained: Some(0.0) });
        assert_eq!(second, FeatureError { mse: 2.0, explained: Some(1.0 - 8.0 / 20.0) });
    }

    /// Three times 0.1 does not have the mean 0.1 in binary numbers, but it is constant.
    #[test]
    fn what_does_not_vary_has_no_share_that_is_explained_but_its_errors_count() {
        let x = matrix(&[[0.1, 1.0], [0.1, 2.0], [0.1, 3.0]]);
        let said = [1.1, 1.0, 0.1, 2.0, 0.1, 3.0];
        assert_eq!(by_feature(x.rows(), &said).iter().map(|error| error.explained).collect::<Vec<_>>(), [None, Some(1.0)]);
        let explained = Reconstruction::of(x.rows(), &said).explained.expect("rows differ");
        assert!((explained - 0.5).abs() < 1e-15, "{explained}");
        let alike = matrix(&[[0.1, 0.7]; 3]);
        assert_eq!(Reconstruction::of(alike.rows(), &said).explained, None);
    }

    #[test]
    fn no_number_of_threads_shows_in_any_bit() {
        let cell = |row: usize, column: usize| f64::from((row * 7919 + column * 104_729) as u32 % 10_007) / 3.0;
        let rows: Vec<[f64; 2]> = (0..20_000).map(|row| [cell(row, 0), cell(row, 1)]).collect();
        let (x, said) = (matrix(&rows), (0..40_000).map(|at| cell(at, 2)).collect::<Vec<f64>>());
        let of = |threads| {
            let measured = reduce::with_threads(Some(threads), || (Reconstruction::of(x.rows(), &said), by_feature(x.rows(), &said)));
            measured.expect("threads start")
        };
        assert!([2, 5].into_iter().all(|threads| of(threads) == of(1)));
    }
}
