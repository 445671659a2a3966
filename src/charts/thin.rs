//! Fewer points that look the same: of the points in one pixel column the first, the lowest, the highest and the last.

/// The indices, ascending, of the points that must be drawn: `at` are their places, ascending by column, `None` where a
/// value is missing. Of each run of missing values one index is kept, so that the line stays interrupted.
pub(crate) fn thinned(at: &[Option<(f64, f64)>], column: f64) -> Vec<usize> {
    let mut kept = Vec::new();
    let mut index = 0;
    while index < at.len() {
        let start = index;
        let bucket = at[start].map(|(x, _)| (x / column).floor());
        while index < at.len() && at[index].map(|(x, _)| (x / column).floor()) == bucket {
            index += 1;
        }
        let height = |i: usize| at[i].map_or(0.0, |(_, y)| y);
        let lowest = (start..index).reduce(|a, b| if height(b) < height(a) { b } else { a });
        let highest = (start..index).reduce(|a, b| if height(b) > height(a) { b } else { a });
        let mut these = match bucket {
            None => vec![start],
            Some(_) => [Some(start), lowest, highest, Some(index - 1)].into_iter().flatten().collect(),
        };
        these.sort_unstable();
        these.dedup();
        kept.append(&mut these);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extremes_ends_and_gaps_are_kept() {
        // Column 0 holds five points; its lowest is the second, its highest the fourth.
        let mut at: Vec<Option<(f64, f64)>> =
            [5.0, 1.0, 4.0, 9.0, 5.0].iter().enumerate().map(|(i, &y)| Some((i as f64 * 0.1, y))).collect();
        at.extend([None, None, Some((2.5, 3.0))]);
        assert_eq!(thinned(&at, 1.0), [0, 1, 3, 4, 5, 7]);
        assert_eq!(thinned(&[], 1.0), Vec::<usize>::new());
    }

    #[test]
    fn thinning_keeps_all_extremes_of_any_line_and_at_most_four_points_a_column() {
        let height = |i: usize| ((i * 7919) % 1009) as f64;
        let at: Vec<Option<(f64, f64)>> = (0..10_000).map(|i| Some((i as f64 * 0.06, height(i)))).collect();
        let kept = thinned(&at, 2.0);
        assert!(kept.len() <= 4 * 301 && kept.windows(2).all(|pair| pair[0] < pair[1]));
        for column in 0..300 {
            let inside = |i: &usize| (*i as f64 * 0.06 / 2.0).floor() == f64::from(column);
            let of = |indices: Vec<usize>| indices.into_iter().map(height).fold((f64::MAX, f64::MIN), |(l, h), y| (l.min(y), h.max(y)));
            assert_eq!(of(kept.iter().copied().filter(inside).collect()), of((0..10_000).filter(inside).collect()));
        }
    }
}
