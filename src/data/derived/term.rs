//! What a formula says, worked out on a row's cells: arithmetic in which whatever is no number is missing.

use crate::numeric::math::ln;

/// A number, a column, or something made of others.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Term {
    /// Always the same.
    Number(f64),
    /// The cell of the column at this place among those that the formula names.
    Column(usize),
    /// Made of one.
    Of(Function, Box<Term>),
    /// Made of two.
    Pair(Operation, Box<[Term; 2]>),
}

/// What is made of one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    /// The number with the other sign.
    Negated,
    /// Its magnitude.
    Abs,
    /// The natural logarithm; missing of numbers that are not above 0.
    Log,
}

/// What is made of two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    /// a + b.
    Sum,
    /// a - b.
    Difference,
    /// a b.
    Product,
    /// a / b; missing where b is 0.
    Quotient,
    /// The smaller.
    Min,
    /// The larger.
    Max,
}

impl Term {
    /// Its value of a row, of which `cell` gives the formula's columns; NaN where an operand is missing or any step gives no finite
    /// number, as a division by 0 does.
    pub(super) fn at(&self, cell: &impl Fn(usize) -> f64) -> f64 {
        let value = match self {
            Self::Number(number) => *number,
            Self::Column(place) => cell(*place),
            Self::Of(function, of) => function.of(of.at(cell)),
            Self::Pair(operation, pair) => operation.of(pair[0].at(cell), pair[1].at(cell)),
        };
        if value.is_finite() { value } else { f64::NAN }
    }
}

impl Function {
    fn of(self, x: f64) -> f64 {
        match self {
            Self::Negated => -x,
            Self::Abs => x.abs(),
            Self::Log => ln(x),
        }
    }
}

impl Operation {
    fn of(self, a: f64, b: f64) -> f64 {
        match self {
            Self::Sum => a + b,
            Self::Difference => a - b,
            Self::Product => a * b,
            Self::Quotient => a / b,
            // `f64::min` would take a missing operand for none.
            Self::Min | Self::Max if a.is_nan() || b.is_nan() => f64::NAN,
            Self::Min => a.min(b),
            Self::Max => a.max(b),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(operation: Operation, a: f64, b: f64) -> f64 {
        let pair = Term::Pair(operation, Box::new([Term::Column(0), Term::Column(1)]));
        pair.at(&|place| [a, b][place])
    }

    #[test]
    fn whatever_is_no_number_is_missing() {
        let all = [Operation::Sum, Operation::Difference, Operation::Product, Operation::Quotient, Operation::Min, Operation::Max];
        for operation in all {
            assert!(value(operation, f64::NAN, 1.0).is_nan() && value(operation, 1.0, f64::NAN).is_nan(), "{operation:?}");
        }
        for b in [0.0, -0.0] {
            assert!(value(Operation::Quotient, 1.0, b).is_nan() && value(Operation::Quotient, 0.0, b).is_nan());
        }
        assert!(value(Operation::Product, 1e300, 1e300).is_nan() && value(Operation::Sum, f64::MAX, f64::MAX).is_nan());
        for x in [0.0, -0.0, -1.0] {
            assert!(Term::Of(Function::Log, Box::new(Term::Number(x))).at(&|_| 0.0).is_nan());
        }
        // A division by 0 stays missing, whatever is made of it.
        let quotient = Term::Pair(Operation::Quotient, Box::new([Term::Number(1.0), Term::Number(0.0)]));
        assert!(Term::Pair(Operation::Min, Box::new([quotient, Term::Number(3.0)])).at(&|_| 0.0).is_nan());
    }

    #[test]
    fn the_smaller_and_the_larger_are_told_apart() {
        assert_eq!((value(Operation::Min, 2.0, -3.0), value(Operation::Max, 2.0, -3.0)), (-3.0, 2.0));
        assert_eq!((value(Operation::Difference, 2.0, 3.0), value(Operation::Quotient, 3.0, 2.0)), (-1.0, 1.5));
        assert_eq!(Term::Of(Function::Abs, Box::new(Term::Number(-2.5))).at(&|_| 0.0), 2.5);
    }
}
