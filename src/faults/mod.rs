//! Which clients fail in a round, decided before any work is done.

use crate::diag::{Place, Problem};
use crate::numeric::rng::{Purpose, Stream, Streams};
use crate::numeric::sample::happens;
use crate::settings::{Table, UNIT_INTERVAL};
use crate::stage::Stage;

/// The most rounds a run may have.
pub const ROUNDS_MAX: usize = 10_000_000;

/// The most sums that a round may have.
const SUMS_MAX: usize = 64;

/// What becomes of a client that takes part in a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It does all that is asked.
    Survives,
    /// It is silent from this stage on.
    Drops(Stage),
}

impl Fate {
    /// The stage from which on the client is silent.
    pub fn drop_stage(self) -> Option<Stage> {
        match self {
            Self::Survives => None,
            Self::Drops(stage) => Some(stage),
        }
    }

    /// Whether the client's update reaches the server.
    pub fn contributes(self) -> bool {
        match self {
            Self::Survives => true,
            Self::Drops(stage) => stage.is_after_input(),
        }
    }
}

/// `[faults]`.
#[derive(Clone, Debug)]
pub struct Faults {
    /// The probability of failing in each stage, in the order in which they are drawn.
    dropout: [(Stage, f64); 5],
    schedule: Vec<Scheduled>,
    /// Fewer survivors abort the round.
    pub min_clients: usize,
}

/// The order of draws: the stage that exists in the clear comes first, so that a plain `dropout` means the same clients
/// whatever carries their updates.
const DRAWN: [Stage; 5] = [Stage::MaskedInput, Stage::Advertise, Stage::Share, Stage::Consistency, Stage::Unmask];

/// Clients that drop out of one round, whatever is drawn.
#[derive(Clone, Debug)]
struct Scheduled {
    round: usize,
    round_place: Place,
    /// Which of the round's sums, from 1.
    sum: usize,
    stage: Stage,
    /// From 1, with the place of each.
    clients: Vec<(usize, Place)>,
}

impl Faults {
    /// Reads `[faults]`.
    pub fn read(table: &mut Table) -> Self {
        let dropout = if table.is_table("dropout") {
            let mut by_stage = table.table("dropout");
            let dropout = DRAWN.map(|stage| (stage, by_stage.number(stage.name(), 0.0, UNIT_INTERVAL)));
            by_stage.finish();
            dropout
        } else {
            let plain = table.number("dropout", 0.0, UNIT_INTERVAL);
            DRAWN.map(|stage| (stage, if stage == Stage::MaskedInput { plain } else { 0.0 }))
        };
        let scheduled = |mut entry: Table| {
            let round = entry.required_count("round", 1..=ROUNDS_MAX);
            let round_place = entry.place_of("round");
            let clients = entry.required_counts("clients", 1..=usize::MAX >> 1);
            let stage = entry.word("stage", Stage::MaskedInput.name(), &Stage::ALL.map(|stage| (stage.name(), stage)));
            let sum = entry.count("sum", 1, 1..=SUMS_MAX);
            entry.finish();
            Scheduled { round, round_place, sum, stage, clients }
        };
        let schedule = table.tables("schedule").into_iter().map(scheduled).collect();
        let min_clients = table.count("min_clients", 1, 1..=1_000_000_000);
        Self { dropout, schedule, min_clients }
    }

    /// The entries of the schedule whose round never comes.
    pub fn check_rounds(&self, rounds: usize) -> Vec<Problem> {
        let late = self.schedule.iter().filter(|entry| entry.round > rounds);
        let problem = |entry: &Scheduled| {
            let problem = Problem::new(format!("the schedule speaks of round {} of {rounds}", entry.round));
            problem.at(entry.round_place.clone(), "this round never comes").help("raise rounds, or take the entry out")
        };
        late.map(problem).collect()
    }

    /// The schedule's clients that are not among so many.
    pub fn check_clients(&self, clients: usize) -> Vec<Problem> {
        let strangers = self.schedule.iter().flat_map(|entry| &entry.clients).filter(|(client, _)| *client > clients);
        let problem = |(client, place): &(usize, Place)| {
            let problem = Problem::new(format!("the schedule speaks of client {client} of {clients}"));
            problem.at(place.clone(), "there is no such client").help("clients count from 1")
        };
        strangers.map(problem).collect()
    }

    /// The probability that a client fails in one of `stages`, the schedule aside.
    pub fn chance_of_dropout(&self, stages: &[Stage]) -> f64 {
        let failing = self.dropout.iter().filter(|(stage, _)| stages.contains(stage));
        1.0 - failing.map(|(_, probability)| 1.0 - probability).product::<f64>()
    }

    /// Each client's fate in a round, in the cohort's order.
    pub fn decide(&self, cohort: &[usize], round: usize, streams: &Streams) -> Vec<Fate> {
        cohort.iter().map(|&client| self.fate(client, round, streams)).collect()
    }

    /// Each client's fate in a later sum of a round, counted from 1, of those that came through the first, in their order.
    pub fn decide_later(&self, cohort: &[usize], round: usize, sum: usize, streams: &Streams) -> Vec<Fate> {
        let fate = |&client: &usize| {
            // A sum's draw comes after those of the sums before it.
            let mut stream = streams.stream(Purpose::LaterDropout, round, client);
            let drawn = (1..=sum).map(|_| self.drawn(&mut stream)).last().flatten();
            self.scheduled(client, round, sum).chain(drawn).min().map_or(Fate::Survives, Fate::Drops)
        };
        cohort.iter().map(fate).collect()
    }

    /// The stages in which the schedule has a client fail in a round's sum, counted from 0.
    fn scheduled(&self, client: usize, round: usize, sum: usize) -> impl Iterator<Item = Stage> {
        let entries = self.schedule.iter().filter(move |entry| entry.round == round && entry.sum == sum + 1);
        entries.filter(move |entry| entry.clients.iter().any(|(listed, _)| *listed == client + 1)).map(|entry| entry.stage)
    }

    /// The earliest stage that the draw names.
    fn drawn(&self, random: &mut Stream) -> Option<Stage> {
        let drawn = self.dropout.iter().filter(|(_, probability)| happens(*probability, random)).map(|(stage, _)| *stage);
        drawn.min()
    }

    /// The earliest stage that the schedule or the draw names.
    fn fate(&self, client: usize, round: usize, streams: &Streams) -> Fate {
        let drawn = self.drawn(&mut streams.stream(Purpose::Dropout, round, client));
        self.scheduled(client, round, 0).chain(drawn).min().map_or(Fate::Survives, Fate::Drops)
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
        let drops = Fate::Drops(Stage::MaskedInput);
        assert_eq!(decide(&faults, 2, 3), [drops, Fate::Survives, drops]);
        assert_eq!(decide(&faults, 1, 3), [Fate::Survives; 3]);
    }

    #[test]
    fn the_share_that_drops_is_the_one_asked_for() {
        let dropped = decide(&faults("dropout = 0.2"), 1, 10_000).iter().filter(|&&fate| fate == Fate::Drops(Stage::MaskedInput)).count();
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
    fn stages_have_their_own_shares_and_a_plain_one_means_the_masked_input() {
        let fates = decide(&faults("dropout = { share = 0.1, masked_input = 0.2, unmask = 0.3 }"), 1, 10_000);
        let count = |stage| fates.iter().filter(|&&fate| fate == Fate::Drops(stage)).count();
        // The earliest stage counts: 0.1, then 0.9 * 0.2, then 0.9 * 0.8 * 0.3 of 10000; no standard deviation is above 42.
        let expected = [(Stage::Share, 1000_usize), (Stage::MaskedInput, 1800), (Stage::Unmask, 2160), (Stage::Advertise, 0)];
        assert!(expected.iter().all(|&(stage, expected)| count(stage).abs_diff(expected) < 210), "{:?}", Stage::ALL.map(count));
        let plain = decide(&faults("dropout = 0.2"), 1, 1000);
        assert_eq!(plain, decide(&faults("dropout = { masked_input = 0.2 }"), 1, 1000));
        assert!(Fate::Drops(Stage::Unmask).contributes() && !Fate::Drops(Stage::MaskedInput).contributes());
    }

    #[test]
    fn a_scheduled_stage_is_the_one_that_is_named() {
        let faults = faults("schedule = [{ round = 1, clients = [1], stage = \"share\" }, { round = 1, clients = [1, 2] }]");
        assert_eq!(decide(&faults, 1, 2), [Fate::Drops(Stage::Share), Fate::Drops(Stage::MaskedInput)]);
    }

    #[test]
    fn a_later_sum_has_fates_and_a_schedule_of_its_own() {
        let (scheduled, streams) = (faults("schedule = [{ round = 1, clients = [2], sum = 3 }]"), Streams::new(Seeds::all(3)));
        let fates = |sum| scheduled.decide_later(&[0, 1], 1, sum, &streams);
        assert_eq!(fates(2), [Fate::Survives, Fate::Drops(Stage::MaskedInput)]);
        assert_eq!((decide(&scheduled, 1, 2), fates(1)), (vec![Fate::Survives; 2], vec![Fate::Survives; 2]));
        let drawn = faults("dropout = 0.5");
        let of = |sum| drawn.decide_later(&(0..100).collect::<Vec<_>>(), 1, sum, &streams);
        assert!(of(1) != of(2) && of(2) != of(3) && of(1) != decide(&drawn, 1, 100));
    }

    #[test]
    fn what_the_schedule_can_never_do_is_a_problem() {
        let faults = faults("schedule = [{ round = 9, clients = [1, 7] }]");
        assert_eq!((faults.check_rounds(5).len(), faults.check_clients(3).len()), (1, 1));
        assert!(faults.check_rounds(9).is_empty() && faults.check_clients(7).is_empty());
    }
}
