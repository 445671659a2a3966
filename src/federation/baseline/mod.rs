//! What the federation is held against: the same model trained on all rows in one place, and by each client alone.
//!
//! Steps are matched by row visits: the baselines see each of their rows as often as the federation has, which is examples
//! times epochs summed over completed rounds, divided by the training rows.

mod alone;
mod budgeted;
mod central;
mod compare;
mod course;
mod gain;
mod leave_one_out;
mod local;
mod measures;
mod trained;
mod trials;
mod varied;
mod watch;

pub use alone::{ByModel, MeasuredOn, Models, Participant};
pub use compare::{Baselines, check, compare};
pub use course::{Course, Point};
pub use gain::{DecidedBy, Gain, IntervalSource, Reason, Verdict};
pub use leave_one_out::{check_leave_one_out, leave_one_out};
pub use local::Local;
pub use measures::metric_names;
pub use trained::Trained;
pub use trials::{Gate, Judged, Paired, Row, Terms, Trial, judge};
pub use varied::train;
pub use watch::Watch;
