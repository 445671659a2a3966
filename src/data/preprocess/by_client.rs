//! Asks every client for its part of a statistic, and tells how many have answered.

use crate::numeric::reduce;
use crate::task::Task;

/// Each client's answer, in the clients' order. One that is asked alone is a part of another task.
pub(super) fn by_client<R: Sync, T: Send>(name: &str, clients: &[R], answer: impl Fn(&R) -> T + Sync + Send) -> Vec<T> {
    let task = (clients.len() > 1).then(|| Task::begin(name, clients.len() as u64));
    reduce::map(clients, |client| {
        let answer = answer(client);
        task.iter().for_each(|task| task.advance(1));
        answer
    })
}
