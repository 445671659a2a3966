//! The sum: what every answer of a client goes through on its way to the server, in the clear or by secure aggregation, and the
//! only place that sees a single answer. Updates, derivatives, counts, statistics and metrics are all summed here, so bytes and
//! dropouts are counted for all of them alike.

mod asked;
mod ranges;
mod record;
mod secure;
mod sums;
mod survey;

pub use asked::{At, Cohort, Most, Summed, contribution, whole_numbers};
pub use ranges::{Counting, RANGES};
pub use record::{ExchangeRecord, SecureRecord};
pub use secure::SecureTerms;
pub use sums::{Exchange, Exchanged};
pub use survey::{Question, Survey};
