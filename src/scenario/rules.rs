//! Rules that need the number of clients, which the scenario tells, or the folder of the clients' files.

use crate::cohorts::Cohort;
use crate::diag::Problem;
use crate::faults::Faults;

/// A cohort can't be larger than the federation.
pub(super) fn check_cohort(cohort: &dyn Cohort, clients: usize) -> Option<Problem> {
    let largest = cohort.largest(clients);
    let message = format!("a cohort of {largest} can't be drawn from {clients} clients");
    (largest > clients)
        .then(|| Problem::about("cohort.size", message).help(format!("lower cohort.size to {clients}, or have more clients")))
}

/// Some round must be able to have enough survivors, and the schedule must speak of clients that there are.
pub(super) fn check_faults(faults: &Faults, cohort: &dyn Cohort, clients: usize) -> Vec<Problem> {
    let largest = cohort.largest(clients);
    let mut problems = faults.check_clients(clients);
    if faults.min_clients > largest {
        let needed = faults.min_clients;
        let message = format!("every round would be aborted: {needed} survivors are needed and {largest} clients take part at most");
        problems.push(Problem::about("faults.min_clients", message).help(format!("lower faults.min_clients to {largest}")));
    }
    problems
}
