//! What credit losses come to: exposures, expected losses, capital, stages, and their totals over a portfolio. Pure arithmetic, in
//! the portfolio's currency.

mod capital;
mod course;
mod loan;
mod stage;
mod totals;

pub use capital::{PD_FLOOR, Retail, capital, correlation};
pub use course::Course;
pub use loan::{Figures, Loan, exposure_at_default};
pub use stage::{Stage, Standing};
pub use totals::{Total, totals};
