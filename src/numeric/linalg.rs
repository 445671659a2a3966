//! Vector kernels whose sums have one fixed order: eight lanes, whatever the processor's registers hold, and no fused
//! multiply-add, so that SSE2, AVX2 and AVX-512 give the same bits.

/// How many sums a sum is carried out in.
pub const LANES: usize = 8;

/// The dot product of two vectors of one length.
pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len(), "a dot product is of vectors of one length");
    let mut lanes = [0.0; LANES];
    let (a_blocks, a_rest) = a.as_chunks::<LANES>();
    let (b_blocks, b_rest) = b.as_chunks::<LANES>();
    for (a, b) in a_blocks.iter().zip(b_blocks) {
        for lane in 0..LANES {
            lanes[lane] += a[lane] * b[lane];
        }
    }
    for (lane, (a, b)) in a_rest.iter().zip(b_rest).enumerate() {
        lanes[lane] += a * b;
    }
    sum_of_halves(halved(lanes))
}

/// The squared distance of two points.
#[inline(always)]
pub fn squared_distance(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len(), "a distance is of points of one space");
    let mut lanes = [0.0; LANES];
    let (a_blocks, a_rest) = a.as_chunks::<LANES>();
    let (b_blocks, b_rest) = b.as_chunks::<LANES>();
    for (a, b) in a_blocks.iter().zip(b_blocks) {
        for lane in 0..LANES {
            lanes[lane] += (a[lane] - b[lane]) * (a[lane] - b[lane]);
        }
    }
    for (lane, (a, b)) in a_rest.iter().zip(b_rest).enumerate() {
        lanes[lane] += (a - b) * (a - b);
    }
    sum_of_halves(halved(lanes))
}

/// Eight lanes' upper half added to the lower: the first step of the order in which lanes are summed, which halves them each time.
#[inline(always)]
pub(super) fn halved(lanes: [f64; LANES]) -> [f64; LANES / 2] {
    let [l0, l1, l2, l3, l4, l5, l6, l7] = lanes;
    [l0 + l4, l1 + l5, l2 + l6, l3 + l7]
}

/// The sum of what [`halved`] leaves: its other two steps.
#[inline(always)]
pub(super) fn sum_of_halves([h0, h1, h2, h3]: [f64; LANES / 2]) -> f64 {
    (h0 + h2) + (h1 + h3)
}

/// y <- y + scale * x.
pub fn add_scaled(y: &mut [f64], scale: f64, x: &[f64]) {
    assert_eq!(x.len(), y.len(), "vectors of one length are added");
    for (y, x) in y.iter_mut().zip(x) {
        *y += scale * x;
    }
}

/// Sums side by side that keep what rounding would lose (Neumaier 1974): their error does not grow with the number of terms.
/// What is lost is found without a comparison (Knuth's TwoSum), so that a row is added some columns at a time.
#[derive(Clone, Debug)]
pub struct CompensatedSums {
    sums: Vec<f64>,
    lost: Vec<f64>,
}

impl CompensatedSums {
    /// So many sums of nothing.
    pub fn new(count: usize) -> Self {
        Self { sums: vec![0.0; count], lost: vec![0.0; count] }
    }

    /// Adds `term(value)` of each of `values` to its sum.
    #[inline(always)]
    pub fn add(&mut self, values: &[f64], term: impl Fn(usize, f64) -> f64) {
        assert!(values.len() == self.sums.len() && values.len() == self.lost.len(), "every value has its sum");
        for (at, ((sum, lost), &value)) in self.sums.iter_mut().zip(&mut self.lost).zip(values).enumerate() {
            let term = term(at, value);
            let next = *sum + term;
            let added = next - *sum;
            *lost += (*sum - (next - added)) + (term - added);
            *sum = next;
        }
    }

    /// The sums of all terms.
    pub fn totals(&self) -> Vec<f64> {
        self.sums.iter().zip(&self.lost).map(|(sum, lost)| sum + lost).collect()
    }
}

/// The Euclidean norm.
pub fn norm(x: &[f64]) -> f64 {
    dot(x, x).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dot_product_of_integers_is_exact_at_every_length() {
        for len in 0..40_u32 {
            let a: Vec<f64> = (0..len).map(f64::from).collect();
            let n = f64::from(len);
            // Sum of i^2 for i < n.
            assert_eq!(dot(&a, &a), (n - 1.0) * n * (2.0 * n - 1.0) / 6.0);
        }
    }

    #[test]
    fn the_squared_distance_to_the_origin_is_the_dot_product_with_itself() {
        for len in 0..40_u32 {
            let a: Vec<f64> = (0..len).map(|at| 0.1 * f64::from(at) - 1.0).collect();
            assert_eq!(squared_distance(&a, &vec![0.0; a.len()]), dot(&a, &a));
        }
    }

    #[test]
    fn lanes_are_added_in_the_documented_order() {
        // 1e16 swallows a lone 1: only the order (l0 + l4) + ... gives 2 here.
        let a = [1e16, 0.0, 1.0, 0.0, -1e16, 0.0, 1.0, 0.0];
        assert_eq!(dot(&a, &[1.0; 8]), 2.0);
    }

    /// By hand: 1, 10^100, 1, -10^100 add to 2; beside them the squares of four halves to 1.
    #[test]
    fn compensated_sums_keep_what_plain_ones_lose() {
        let mut sums = CompensatedSums::new(2);
        for term in [1.0, 1e100, 1.0, -1e100] {
            sums.add(&[term, 0.5], |at, value| if at == 0 { value } else { value * value });
        }
        assert_eq!(sums.totals(), [2.0, 1.0]);
    }

    #[test]
    fn tenths_add_to_what_they_are_in_exact_arithmetic() {
        // 0.1 is 0.1000000000000000055511151231257827 as a double: a thousand of them, rounded once, are 100.00000000000000555.
        let mut sums = CompensatedSums::new(1);
        (0..1000).for_each(|_| sums.add(&[0.1], |_, value| value));
        assert_eq!(sums.totals(), [100.0]);
        assert_ne!((0..1000).fold(0.0, |sum, _| sum + 0.1), 100.0);
    }

    #[test]
    fn the_norm_of_three_and_four_is_five() {
        assert_eq!(norm(&[3.0, 4.0]), 5.0);
    }
}
