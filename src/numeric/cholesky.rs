//! The Cholesky factorisation of a symmetric matrix, in one fixed order, and what follows from it.

/// How much of a diagonal element must be left of it: less is what rounding leaves of a column that the ones before it make up.
const LEFT_MIN: f64 = 1e-11;

/// A = L L', of which L is kept.
#[derive(Clone, Debug)]
pub struct Cholesky {
    len: usize,
    /// (len, len), row by row; what lies right of the diagonal is not used.
    lower: Vec<f64>,
}

/// How many elements the upper triangle of a matrix of so many columns has, its diagonal with it.
pub fn triangle(len: usize) -> usize {
    len * (len + 1) / 2
}

/// The places of the diagonal in an upper triangle that is laid out row by row.
pub fn diagonal(len: usize) -> impl Iterator<Item = usize> {
    (0..len).scan(0, move |place, column| {
        let here = *place;
        *place += len - column;
        Some(here)
    })
}

/// Writes `factor` times the products of the cells with each other, as an upper triangle row by row.
#[inline(always)]
pub fn outer(cells: &[f64], factor: f64, products: &mut [f64]) {
    let mut place = 0;
    for (row, &cell) in cells.iter().enumerate() {
        let (factor, rest) = (factor * cell, &cells[row..]);
        products[place..place + rest.len()].iter_mut().zip(rest).for_each(|(product, other)| *product = factor * other);
        place += rest.len();
    }
}

impl Cholesky {
    /// Of a matrix of `len` columns, given as its upper triangle row by row.
    ///
    /// # Errors
    /// The first column that depends on those before it, or makes the matrix indefinite.
    pub fn of(upper: &[f64], len: usize) -> Result<Self, usize> {
        assert_eq!(upper.len(), triangle(len), "an upper triangle has its length");
        let mut lower = vec![0.0; len * len];
        let mut place = 0;
        for row in 0..len {
            for column in row..len {
                lower[column * len + row] = upper[place];
                place += 1;
            }
        }
        for column in 0..len {
            let (above, from) = lower.split_at_mut(column * len);
            let own = &mut from[..=column];
            for before in 0..column {
                let other = &above[before * len..=before * len + before];
                let product: f64 = own[..before].iter().zip(other).map(|(a, b)| a * b).sum();
                own[before] = (own[before] - product) / other[before];
            }
            let whole = own[column];
            let left = whole - own[..column].iter().map(|a| a * a).sum::<f64>();
            if left.is_nan() || left <= LEFT_MIN * whole {
                return Err(column);
            }
            own[column] = left.sqrt();
        }
        Ok(Self { len, lower })
    }

    fn row(&self, row: usize) -> &[f64] {
        &self.lower[row * self.len..=row * self.len + row]
    }

    /// x of A x = `right`, both (len,).
    pub fn solve(&self, right: &[f64]) -> Vec<f64> {
        let mut x = self.forward(right);
        for column in (0..self.len).rev() {
            let own = self.row(column);
            x[column] /= own[column];
            let here = x[column];
            x[..column].iter_mut().zip(own).for_each(|(x, l)| *x -= l * here);
        }
        x
    }

    /// x of L x = `right`.
    fn forward(&self, right: &[f64]) -> Vec<f64> {
        let mut x = right.to_vec();
        for column in 0..self.len {
            let own = self.row(column);
            let known: f64 = own[..column].iter().zip(&x).map(|(l, x)| l * x).sum();
            x[column] = (x[column] - known) / own[column];
        }
        x
    }

    /// The diagonal of the inverse of A, (len,).
    pub fn inverse_diagonal(&self) -> Vec<f64> {
        let mut unit = vec![0.0; self.len];
        let squares = |column: usize| {
            unit[column] = 1.0;
            let half = self.forward(&unit);
            unit[column] = 0.0;
            half.iter().map(|x| x * x).sum()
        };
        (0..self.len).map(squares).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: A = [[4, 2, 0], [2, 5, 3], [0, 3, 10]] has determinant 124, and the minors 41, 40 and 16.
    #[test]
    fn a_small_matrix_by_hand() {
        let cholesky = Cholesky::of(&[4.0, 2.0, 0.0, 5.0, 3.0, 10.0], 3).expect("it is positive definite");
        let x = cholesky.solve(&[8.0, 21.0, 36.0]);
        // A (1, 2, 3) = (8, 21, 36).
        assert!(x.iter().zip([1.0, 2.0, 3.0]).all(|(x, wanted)| (x - wanted).abs() < 1e-14), "{x:?}");
        let inverse = cholesky.inverse_diagonal();
        assert!(inverse.iter().zip([41.0, 40.0, 16.0]).all(|(x, minor)| (x - minor / 124.0).abs() < 1e-15), "{inverse:?}");
        assert_eq!(diagonal(3).collect::<Vec<_>>(), [0, 3, 5]);
    }

    #[test]
    fn a_column_that_others_make_up_is_named() {
        // The third row is the sum of the first two, up to a rounding error.
        let upper = |error: f64| [1.0, 0.5, 1.5, 2.0, 2.5, 4.0 + error];
        assert_eq!(Cholesky::of(&upper(1e-14), 3).map(|_| ()), Err(2));
        assert_eq!(Cholesky::of(&upper(-1.0), 3).map(|_| ()), Err(2));
        assert!(Cholesky::of(&upper(1e-6), 3).is_ok());
        assert_eq!(Cholesky::of(&[f64::NAN], 1).map(|_| ()), Err(0));
    }
}
