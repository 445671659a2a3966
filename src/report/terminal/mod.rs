//! What a run says on the terminal: progress while it runs, and words and small tables at its end.

mod comparison;
mod progress;
mod sparkline;
mod summary;

pub use progress::{Progress, Verbosity, show_work};
pub use summary::{Summary, table};
