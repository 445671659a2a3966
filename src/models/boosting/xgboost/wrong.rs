//! What can be wrong with a model that goes to XGBoost or comes from it.

use crate::diag::Problem;

/// A number does not go out.
pub(super) fn beyond(what: &str) -> Problem {
    Problem::new(format!("{what} is beyond single precision, which XGBoost has"))
}

/// The file is not as XGBoost writes it.
pub(super) fn strange(what: &str) -> Problem {
    Problem::new(format!("the XGBoost model is broken: {what}")).help("save it again with Booster.save_model")
}

/// The file is right, but says more than trees here can.
pub(super) fn refused(what: &str, help: &str) -> Problem {
    Problem::new(format!("the XGBoost model can't be taken over: {what}")).help(help)
}
