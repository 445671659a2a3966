//! `[training]`: the hyperparameters of local training.

use super::optimizer::Optimizer;
use super::schedule::Schedule;
use crate::diag::Problem;
use crate::models::{Linear, Model};
use crate::settings::{POSITIVE, Scalar, Table};
use crate::tasks::Task;

/// `[training]`.
#[derive(Clone, Copy, Debug)]
pub struct Hyper {
    /// What a gradient is multiplied by, in the first round.
    pub learning_rate: f64,
    /// How that changes over the rounds.
    pub schedule: Schedule,
    /// How steps follow from gradients.
    pub optimizer: Optimizer,
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
    /// The server grows trees from sums of derivatives.
    Boosting,
    /// The server moves centroids to the means of the rows that are nearest to each.
    Lloyd {
        /// The centroids have settled when no coordinate moves by more than this.
        tolerance: f64,
    },
}

/// How rows of the classes weigh.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ClassWeight {
    /// All rows alike.
    None,
    /// Each class as a whole alike: n / (classes n_class), as scikit-learn's `balanced`, over all clients' rows.
    Balanced,
    /// A positive row this much, a negative one 1.
    Positive(f64),
}

/// The keys that only descent has.
const DESCENT: [&str; 11] = [
    "learning_rate",
    "epochs",
    "batch_size",
    "optimizer",
    "momentum",
    "beta1",
    "beta2",
    "epsilon",
    "schedule",
    "step_every",
    "step_factor",
];

impl Hyper {
    /// Reads `[training]` of a scenario with this model and so many rounds.
    pub fn read(table: &mut Table, model: &dyn Model, rounds: usize) -> Self {
        let solver = Self::read_solver(table, model);
        let is_descent = solver == Solver::Sgd;
        if !is_descent {
            let why = match solver {
                Solver::Boosting => "trees do not descend: their learning_rate and what else they have stand in [model]",
                _ => "nobody descends: the server finds its step, and looks at all rows once a round",
            };
            DESCENT.into_iter().for_each(|key| table.refuse_if_given(key, why));
        }
        let (learning_rate, epochs, batch_size) = if is_descent {
            let learning_rate = table.number("learning_rate", 0.1, POSITIVE);
            let epochs = table.count("epochs", 1, 1..=10_000);
            (learning_rate, epochs, table.count("batch_size", 512, 0..=1_000_000_000))
        } else {
            (1.0, 1, 0)
        };
        let class_weight = if model.as_scorecard().is_some() {
            table.refuse_if_given("class_weight", "points would no longer tell the odds of the rows");
            ClassWeight::None
        } else {
            ClassWeight::read(table, model.task())
        };
        let (optimizer, schedule) =
            if is_descent { (Optimizer::read(table), Schedule::read(table, rounds)) } else { (Optimizer::Sgd, Schedule::Constant) };
        Self { learning_rate, schedule, optimizer, epochs, batch_size, class_weight, solver }
    }

    /// The same for one round, counted from 1, whose learning rate is the schedule's.
    #[must_use]
    pub fn in_round(&self, round: usize) -> Self {
        Self { learning_rate: self.schedule.rate(self.learning_rate, round), schedule: Schedule::Constant, ..*self }
    }

    fn read_solver(table: &mut Table, model: &dyn Model) -> Solver {
        if model.as_boosting().is_some() {
            table.word("kind", "boosting", &[("boosting", ())]);
            return Solver::Boosting;
        }
        if model.as_centroids().is_some() {
            table.word("kind", "lloyd", &[("lloyd", ())]);
            return Solver::Lloyd { tolerance: table.number("tolerance", 1e-10, POSITIVE) };
        }
        if model.as_scorecard().is_some() {
            table.word("kind", "newton", &[("newton", ())]);
            return Solver::Newton { tolerance: table.number("tolerance", 1e-10, POSITIVE) };
        }
        if !table.word("kind", "sgd", &[("sgd", false), ("newton", true)]) {
            return Solver::Sgd;
        }
        if model.as_linear().and_then(Linear::standard_errors).is_none() {
            let problem = Problem::new("Newton's method is not for this model");
            let help = "use kind = \"sgd\", or model.kind = \"logistic\", \"fractional\" or \"linear\" with the squared loss";
            table.push(problem.at(table.place_of("kind"), "wants a model of one linear predictor").help(help));
        }
        Solver::Newton { tolerance: table.number("tolerance", 1e-10, POSITIVE) }
    }
}

impl ClassWeight {
    fn read(table: &mut Table, task: Task) -> Self {
        let words = [("none", Self::None), ("balanced", Self::Balanced)];
        match task {
            Task::Binary => match table.word_or_number("class_weight", "none", &words, POSITIVE) {
                Scalar::Word(word) => word,
                Scalar::Number(weight) => Self::Positive(weight),
            },
            Task::Multiclass => table.word("class_weight", "none", &words),
            Task::Regression | Task::Clusters | Task::Reconstruction => {
                table.refuse_if_given("class_weight", "rows have no classes");
                Self::None
            }
        }
    }
}

/// The weights under which all classes, of so many rows each, weigh the same as wholes; 1 for a class without rows.
pub fn balanced(counts: &[f64]) -> Vec<f64> {
    let total: f64 = counts.iter().sum();
    counts.iter().map(|&count| if count > 0.0 { total / (counts.len() as f64 * count) } else { 1.0 }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn balanced_classes_weigh_the_same_as_wholes() {
        let weights = balanced(&[90.0, 10.0]);
        assert!((weights[0] * 90.0 - 50.0).abs() < 1e-12 && (weights[1] * 10.0 - 50.0).abs() < 1e-12);
    }
}
