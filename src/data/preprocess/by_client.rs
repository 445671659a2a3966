//! Asks every client for its part of a statistic, and tells how many have answered.

use crate::numeric::reduce;
use crate::work::Work;

/// Each client's answer, in the clients' order. One that is asked alone is a part of another piece of work.
pub(super) fn by_client<R: Sync, T: Send>(name: &str, clients: &[R], answer: impl Fn(&R) -> T + Sync + Send) -> Vec<T> {
    let work = (clients.len() > 1).then(|| Work::begin(name, clients.len() as u64));
    reduce::map(clients, |client| {
        let answer = answer(client);
        work.iter().for_each(|work| work.advance(1));
        answer
    })
}
