//! One client a round, one after the other: cyclic training (Chang et al., "Distributed Deep Learning Networks Among Institutions for
//! Medical Imaging", JAMIA 2018).

use super::Cohort;
use crate::numeric::rng::Streams;
use crate::registry::Entry;
use crate::settings::Table;

/// The next client.
#[derive(Clone, Copy, Debug)]
pub struct InTurn;

impl InTurn {
    pub(super) const ENTRY: Entry = Entry {
        kind: "in_turn",
        summary: "one client a round, each in its turn",
        paper: "Chang et al., JAMIA 2018",
        example: "",
        argument: None,
    };

    pub(super) fn read(_: &mut Table) -> Self {
        Self
    }
}

impl Cohort for InTurn {
    fn select(&self, clients: usize, round: usize, _: &Streams) -> Vec<usize> {
        (0..clients).skip((round - 1) % clients.max(1)).take(1).collect()
    }

    fn draws(&self, _: usize) -> (usize, f64) {
        (1, 1.0)
    }

    fn largest(&self, _: usize) -> usize {
        1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::rng::Seeds;

    #[test]
    fn everyone_has_its_turn_and_the_first_follows_on_the_last() {
        let streams = Streams::new(Seeds::all(1));
        let turns: Vec<Vec<usize>> = (1..=7).map(|round| InTurn.select(3, round, &streams)).collect();
        assert_eq!(turns.concat(), [0, 1, 2, 0, 1, 2, 0]);
        assert!(InTurn.select(0, 5, &streams).is_empty());
    }
}
