//! The tables that a run leaves, one file each: its name, what it tells, its columns, and how a row of it is made.

pub mod baseline_log;
pub mod baseline_seeds;
pub mod baseline_vs_fl;
pub mod bins;
pub mod calibration;
pub mod calibration_tests;
pub mod centroids;
pub mod client_metrics;
pub mod client_perf;
pub mod coefficients;
mod column;
pub mod confusion;
pub mod curves;
mod decimals;
pub mod exchange_log;
pub mod fairness;
pub mod federated_metrics;
mod filling;
pub mod gains;
pub mod importance;
pub mod join;
mod markdown;
pub mod metrics_log;
pub mod model;
pub mod partition;
pub mod perf_log;
pub mod performance_summary;
pub mod predictions;
pub mod preprocess;
pub mod psi;
pub mod psi_bins;
pub mod reasons;
pub mod reconstruction;
pub mod round_log;
pub mod scorecard;
pub mod scores;
pub mod secagg_log;
pub mod secagg_summary;
pub mod shap;
pub(crate) mod sizes;
pub mod trees;
mod unit;
pub mod validation_log;

pub use column::{Column, Log, When};
pub use decimals::Decimals;
pub use filling::{Filling, Finished, Rows, Run, Sink};
pub use markdown::document;
pub use sizes::{Length, Sizes};
pub use unit::Unit;

/// Every table, in the order in which a reader asks for them.
pub const ALL: [&Log; 36] = [
    &round_log::LOG,
    &metrics_log::LOG,
    &validation_log::LOG,
    &client_metrics::LOG,
    &fairness::LOG,
    &federated_metrics::LOG,
    &model::LOG,
    &coefficients::LOG,
    &preprocess::LOG,
    &partition::LOG,
    &predictions::LOG,
    &curves::LOG,
    &scores::LOG,
    &gains::LOG,
    &confusion::LOG,
    &calibration::LOG,
    &calibration_tests::LOG,
    &centroids::LOG,
    &reconstruction::LOG,
    &psi::LOG,
    &psi_bins::LOG,
    &bins::LOG,
    &scorecard::LOG,
    &importance::LOG,
    &shap::LOG,
    &trees::LOG,
    &baseline_vs_fl::LOG,
    &baseline_seeds::LOG,
    &baseline_log::LOG,
    &join::LOG,
    &exchange_log::LOG,
    &secagg_log::LOG,
    &secagg_summary::LOG,
    &perf_log::LOG,
    &client_perf::LOG,
    &performance_summary::LOG,
];

/// The table in the file of this name.
pub fn of(name: &str) -> Option<&'static Log> {
    ALL.into_iter().find(|log| log.name == name)
}

/// Bytes that a row of the table in the file of this name has at most.
pub fn row_bytes_max(name: &str) -> u64 {
    of(name).map_or(Length::of_numbers(|_| 0), |log| log.length).row_bytes
}

/// The column of this name, or the figure that stands under it in a table of figures.
pub fn column(name: &str) -> Option<&'static Column> {
    ALL.iter().flat_map(|log| log.columns().chain(log.figures)).find(|column| column.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tasks::Task;

    #[test]
    fn a_name_means_the_same_in_every_table() {
        for log in ALL {
            for here in log.columns().chain(log.figures) {
                let first = column(here.name).expect("it is there");
                assert_eq!((first.label, first.unit), (here.label, here.unit), "{} in {}", here.name, log.name);
            }
        }
    }

    #[test]
    fn no_table_has_two_columns_of_one_name() {
        for log in ALL {
            for task in Task::ALL {
                let given = [When::Of(task), When::Names, When::Ids, When::Prices, When::Secure, When::Points, When::LeftOut];
                let mut names = log.header(&given);
                names.sort_unstable();
                let count = names.len();
                names.dedup();
                assert_eq!(names.len(), count, "{} of {}", log.name, task.word());
            }
        }
    }
}
