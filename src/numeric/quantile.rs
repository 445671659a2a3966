//! Quantiles of values that are sorted already.

/// The quantile of sorted values, linear between ranks, as most statistics programs have it (type 7 of Hyndman and Fan, "Sample
/// Quantiles in Statistical Packages", The American Statistician 1996); `None` of no values.
pub fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let at = share * (sorted.len().checked_sub(1)?) as f64;
    let (below, above) = (sorted[at.floor() as usize], sorted[at.ceil() as usize]);
    Some(below + (above - below) * at.fract())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: ranks 0, 1, 2 and 3; the quarters lie at 0.75, 1.5 and 2.25.
    #[test]
    fn it_lies_between_the_two_nearest_ranks() {
        let sorted = [10.0, 20.0, 30.0, 40.0];
        assert_eq!([0.0, 0.25, 0.5, 0.75, 1.0].map(|share| quantile(&sorted, share)), [10.0, 17.5, 25.0, 32.5, 40.0].map(Some));
        assert_eq!([quantile(&[9.0], 0.3), quantile(&[], 0.3)], [Some(9.0), None]);
    }
}
