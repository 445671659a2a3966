//! What every deal ends with: an order of rows cut into the clients' parts, or the word that there are too few rows.

use crate::diag::Problem;
use crate::numeric::reduce;

/// Consecutive parts of `order`, of these sizes, each ascending.
///
/// # Panics
/// If the sizes add to more than there is.
pub(super) fn cut(order: &[u32], sizes: &[usize]) -> Vec<Vec<u32>> {
    let mut rest = order;
    let parts: Vec<&[u32]> = sizes
        .iter()
        .map(|&size| {
            let (part, others) = rest.split_at(size);
            rest = others;
            part
        })
        .collect();
    reduce::map(&parts, |part| {
        let mut part = part.to_vec();
        part.sort_unstable();
        part
    })
}

/// `total` in `parts` near-equal sizes; the first take one more where the total doesn't divide.
pub(super) fn equal_sizes(total: usize, parts: usize) -> Vec<usize> {
    let (each, more) = (total / parts, total % parts);
    (0..parts).map(|part| each + usize::from(part < more)).collect()
}

/// Whether every client can have `min_examples` rows at all.
///
/// # Errors
/// When there are fewer rows than that takes.
pub(super) fn check_enough(rows: usize, clients: usize, min_examples: usize) -> Result<(), Problem> {
    if clients > rows {
        return Err(Problem::about("partition.clients", format!("{clients} clients can't share {rows} training rows"))
            .help(format!("every client needs a row of its own: set partition.clients to {rows} at most, or give more rows")));
    }
    if clients.saturating_mul(min_examples) > rows {
        let message = format!("{clients} clients with {min_examples} rows each need more than the {rows} training rows there are");
        let help = format!("set partition.min_examples to {} at most, or have fewer clients", rows / clients);
        return Err(Problem::about("partition.min_examples", message).help(help));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_follow_each_other_and_are_ascending() {
        assert_eq!(cut(&[5, 3, 4, 0, 2, 1], &[2, 0, 3, 1]), [vec![3, 5], vec![], vec![0, 2, 4], vec![1]]);
    }

    #[test]
    fn equal_sizes_differ_by_one_at_most_and_add_up() {
        assert_eq!(equal_sizes(11, 4), [3, 3, 3, 2]);
        assert_eq!(equal_sizes(8, 4), [2; 4]);
    }

    #[test]
    fn exactly_enough_rows_are_enough_and_one_fewer_is_not() {
        assert!(check_enough(12, 4, 3).is_ok());
        assert!(check_enough(11, 4, 3).is_err());
        assert!(check_enough(4, 4, 1).is_ok());
        assert!(check_enough(3, 4, 1).is_err());
        assert!(check_enough(10, 4, usize::MAX).is_err());
    }

    #[test]
    fn too_few_rows_are_told_with_both_numbers_and_the_way_out() {
        let told = |rows, clients, min_examples| {
            crate::diag::Error::from(check_enough(rows, clients, min_examples).expect_err("there are too few rows")).to_string()
        };
        assert!(told(3, 4, 1).contains("4 clients can't share 3 training rows"));
        assert!(told(11, 4, 3).contains("set partition.min_examples to 2 at most"));
    }
}
