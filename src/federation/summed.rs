//! What comes out of a sum, and what goes in.

use crate::aggregators::Contribution;
use crate::form::Values;
use crate::numeric::Params;

/// What came out.
#[derive(Debug)]
pub(super) enum Summed {
    /// A mean, (numbers,).
    Mean(Params),
    /// A sum, (numbers,).
    Total(Vec<i128>),
}

/// A client's part of a mean.
pub(super) fn contribution((client, values): (usize, Values)) -> Contribution {
    let Values::Mean { weight, values } = values else { unreachable!("the form asks for a mean") };
    Contribution { client, weight, values }
}

/// A client's part of a sum.
pub(super) fn whole_numbers(values: Values) -> Vec<i128> {
    let Values::Total(numbers) = values else { unreachable!("the form asks for a sum") };
    numbers
}
