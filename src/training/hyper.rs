//! `[training]`: the hyperparameters of local training.

use crate::models::RowWeights;
use crate::settings::{POSITIVE, Scalar, Table};

/// `[training]`.
#[derive(Clone, Copy, Debug)]
pub struct Hyper {
    /// What a gradient is multiplied by.
    pub learning_rate: f64,
    /// Passes over a client's rows in a round.
    pub epochs: usize,
    /// Rows a step; 0 for all.
    pub batch_size: usize,
    /// What a class weighs.
    pub class_weight: ClassWeight,
    /// How the model is found.
    pub solver: Solver,
}

/// How a model is found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Solver {
    /// Each client descends on its own, and the server averages.
    Sgd,
    /// The server solves for the step from sums of gradients and Hessians.
    Newton {
        /// The model has settled when no parameter moves by more than this, times one and its magnitude.
        tolerance: f64,
    },
}

/// How positive and negative rows weigh.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ClassWeight {
    /// All rows alike.
    None,
    /// Each class as a whole alike: n / (2 n_class), as scikit-learn's `balanced`, over all clients' rows.
    Balanced,
    /// A positive row this much, a negative one 1.
    Positive(f64),
}

impl Hyper {
    /// Reads `[training]`.
    pub fn read(table: &mut Table) -> Self {
        let is_newton = table.word("kind", "sgd", &[("sgd", false), ("newton", true)]);
        let (learning_rate, epochs, batch_size, solver) = if is_newton {
            for key in ["learning_rate", "epochs", "batch_size"] {
                table.refuse_if_given(key, "Newton's method finds its step, and looks at all rows once a round");
            }
            (1.0, 1, 0, Solver::Newton { tolerance: table.number("tolerance", 1e-10, POSITIVE) })
        } else {
            let learning_rate = table.number("learning_rate", 0.1, POSITIVE);
            let epochs = table.count("epochs", 1, 1..=10_000);
            (learning_rate, epochs, table.count("batch_size", 512, 0..=1_000_000_000), Solver::Sgd)
        };
        let words = [("none", ClassWeight::None), ("balanced", ClassWeight::Balanced)];
        let class_weight = match table.word_or_number("class_weight", "none", &words, POSITIVE) {
            Scalar::Word(word) => word,
            Scalar::Number(weight) => ClassWeight::Positive(weight),
        };
        Self { learning_rate, epochs, batch_size, class_weight, solver }
    }
}

/// The weights under which both classes, of so many negative and positive rows, weigh the same as wholes.
pub fn balanced(counts: &[f64; 2]) -> RowWeights {
    let [negative, positive] = counts.map(|count| (counts[0] + counts[1]) / (2.0 * count));
    RowWeights { negative, positive }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn balanced_classes_weigh_the_same_as_wholes() {
        let weights = balanced(&[90.0, 10.0]);
        assert!((weights.negative * 90.0 - 50.0).abs() < 1e-12 && (weights.positive * 10.0 - 50.0).abs() < 1e-12);
    }
}
