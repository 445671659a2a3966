//! Whether two runs are the same run: what was compared, what differs and where first, as a value that text and JSON show.

mod compare;
mod evidence;
mod inputs;
mod lines;
mod parameters;
mod rounds;
mod verdict;
mod words;

pub use compare::{check_files, compare};
pub use evidence::{Evidence, FileState};
pub use lines::LineDifference;
pub use parameters::{Farthest, ParameterDifference};
pub use rounds::{CellDifference, RoundDifference};
pub use verdict::{Answer, Fact, FileDifference, Input, Mode, Side, Verdict};
