//! Which clients fail in a round, decided before any work is done.

use crate::diag::{Place, Problem};
use crate::numeric::rng::{Purpose, Streams};
use crate::numeric::sample::happens;
use crate::settings::{Table, UNIT_INTERVAL};

/// The most rounds a run may have.
pub const ROUNDS_MAX: usize = 10_000_000;

/// What becomes of a client that takes part in a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It answers.
    Survives,
    /// It receives the model and never answers.
    Drops,
}

/// `[faults]`.
#[derive(Clone, Debug)]
pub struct Faults {
    dropout: f64,
    schedule: Vec<Scheduled>,
    /// Fewer survivors abort the round.
    pub min_clients: usize,
}

/// Clients that drop out of one round, whatever is drawn.
#[derive(Clone, Debug)]
struct Scheduled {
    round: usize,
    round_place: Place,
    /// From 1, with the place of each.
    clients: Vec<(usize, Place)>,
}

impl Faults {
    /// Reads `[faults]`.
    pub fn read(table: &mut Table) -> Self {
        let dropout = table.number("dropout", 0.0, UNIT_INTERVAL);
        let scheduled = |mut entry: Table| {
            let round = entry.required_count("round", 1..=ROUNDS_MAX);
            let round_place = entry.place_of("round");
            let clients = entry.required_counts("clients", 1..=usize::MAX >> 1);
            entry.finish();
            Scheduled { round, round_place, clients }
        };
        let schedule = table.tables("schedule").into_iter().map(scheduled).collect();
        let min_clients = table.count("min_clients", 1, 1..=1_000_000_000);
        Self { dropout, schedule, min_clients }
    }

    /// The entries of the schedule that can never happen, among so many rounds and, if it is known, clients.
    pub fn check(&self, rounds: usize, clients: Option<usize>) -> Vec<Problem> {
        let mut problems = Vec::new();
        for Scheduled { round, round_place, clients: listed } in &self.schedule {
            if *round > rounds {
                let problem = Problem::new(format!("the schedule speaks of round {round} of {rounds}"));
                problems.push(problem.at(round_place.clone(), "this round never comes").help("raise rounds, or take the entry out"));
            }
            for (client, place) in listed {
                if clients.is_some_and(|clients| *client > clients) {
                    let problem = Problem::new(format!("the schedule speaks of client {client} of {}", clients.unwrap_or_default()));
                    problems.push(problem.at(place.clone(), "there is no such client").help("clients count from 1"));
                }
            }
        }
        problems
    }

    /// Each client's fate in a round, in the cohort's order.
    pub fn decide(&self, cohort: &[usize], round: usize, streams: &Streams) -> Vec<Fate> {
        let scheduled = |client: usize| {
            let mut entries = self.schedule.iter().filter(|entry| entry.round == round);
            entries.any(|entry| entry.clients.iter().any(|(listed, _)| *listed == client + 1))
        };
        let drops = |client: usize| scheduled(client) || happens(self.dropout, &mut streams.stream(Purpose::Dropout, round, client));
        cohort.iter().map(|&client| if drops(client) { Fate::Drops } else { Fate::Survives }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::rng::Seeds;
    use crate::settings::{Document, Source};

    fn faults(text: &str) -> Faults {
        let document = Document::parse(&Source::new("test", text), &[]).expect("it is TOML");
        let faults = Faults::read(&mut document.root());
        document.finish().expect("it has no mistakes");
        faults
    }

    fn decide(faults: &Faults, round: usize, clients: usize) -> Vec<Fate> {
        faults.decide(&(0..clients).collect::<Vec<_>>(), round, &Streams::new(Seeds::all(3)))
    }

    #[test]
    fn scheduled_clients_drop_in_their_round_and_no_other() {
        let faults = faults("schedule = [{ round = 2, clients = [1, 3] }]");
        assert_eq!(decide(&faults, 2, 3), [Fate::Drops, Fate::Survives, Fate::Drops]);
        assert_eq!(decide(&faults, 1, 3), [Fate::Survives; 3]);
    }

    #[test]
    fn the_share_that_drops_is_the_one_asked_for() {
        let dropped = decide(&faults("dropout = 0.2"), 1, 10_000).iter().filter(|&&fate| fate == Fate::Drops).count();
        // Binomial(10000, 0.2) has a standard deviation of 40.
        assert!(dropped.abs_diff(2000) < 200, "{dropped}");
    }

    #[test]
    fn a_clients_fate_does_not_depend_on_who_else_takes_part() {
        let (faults, streams) = (faults("dropout = 0.5"), Streams::new(Seeds::all(3)));
        let together = faults.decide(&(0..50).collect::<Vec<_>>(), 4, &streams);
        assert!((0..50).all(|client| faults.decide(&[client], 4, &streams) == [together[client]]));
    }

    #[test]
    fn what_the_schedule_can_never_do_is_a_problem() {
        let faults = faults("schedule = [{ round = 9, clients = [1, 7] }]");
        assert_eq!(faults.check(5, Some(3)).len(), 2);
        assert!(faults.check(9, None).is_empty());
    }
}
