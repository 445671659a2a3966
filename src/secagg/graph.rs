//! Who is whose neighbour: everyone everyone's (Bonawitz et al., CCS 2017), or k in a circle of random order (Bell et al.,
//! CCS 2020, algorithm 2: a Harary graph under a random permutation).

use super::occasion::Occasion;
use crate::numeric::rng::{Purpose, Streams};
use crate::numeric::sample::shuffle;

/// The neighbours of every client of a cohort. Being neighbours is mutual.
#[derive(Clone, Debug)]
pub enum Graph {
    /// All of `clients`.
    Complete {
        /// Clients in the cohort.
        clients: usize,
    },
    /// The `degree` nearest in a circle.
    Regular {
        /// The clients around the circle.
        circle: Vec<u32>,
        /// Each client's place in it.
        places: Vec<u32>,
        /// Neighbours of each, an even number below the number of clients.
        degree: usize,
    },
}

impl Graph {
    /// The circle that is drawn for a sum.
    ///
    /// # Panics
    /// If the degree is odd, zero, or not below the number of clients.
    pub fn regular(clients: usize, degree: usize, streams: &Streams, occasion: &Occasion<'_>) -> Self {
        assert!(degree.is_multiple_of(2) && (2..clients).contains(&degree), "no circle of {clients} with {degree} neighbours each");
        let mut circle: Vec<u32> = (0..clients as u32).collect();
        shuffle(&mut circle, &mut streams.stream(Purpose::SecaggGraph, occasion.round as usize, occasion.exchange as usize));
        let mut places = vec![0; clients];
        for (place, &client) in (0..).zip(&circle) {
            places[client as usize] = place;
        }
        Self::Regular { circle, places, degree }
    }

    /// Clients in the cohort.
    pub fn clients(&self) -> usize {
        match self {
            Self::Complete { clients } => *clients,
            Self::Regular { circle, .. } => circle.len(),
        }
    }

    /// The client's neighbours, ascending; never itself.
    pub fn neighbours(&self, client: u32) -> Vec<u32> {
        match self {
            Self::Complete { clients } => (0..*clients as u32).filter(|&other| other != client).collect(),
            Self::Regular { circle, places, degree } => {
                let place = places[client as usize] as usize;
                let around = (1..=degree / 2).flat_map(|step| [place + step, place + circle.len() - step]);
                let mut found: Vec<u32> = around.map(|place| circle[place % circle.len()]).collect();
                found.sort_unstable();
                found
            }
        }
    }

    /// Whether a client keeps one of its own shares. In the complete graph it does, as in Bonawitz et al.; among k
    /// neighbours only the neighbours hold shares.
    pub fn owner_holds_a_share(&self) -> bool {
        matches!(self, Self::Complete { .. })
    }

    /// How many of those for whom `is_live` says so hold a share of the client's secrets.
    pub fn live_holders(&self, owner: u32, is_live: &[bool]) -> usize {
        let own = usize::from(self.owner_holds_a_share() && is_live[owner as usize]);
        self.neighbours(owner).into_iter().filter(|&holder| is_live[holder as usize]).count() + own
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::rng::Seeds;

    #[test]
    fn being_neighbours_is_mutual_and_each_has_as_many_as_the_degree() {
        for (clients, degree) in [(3, 2), (5, 4), (10, 6), (101, 22)] {
            let graph = Graph::regular(clients, degree, &Streams::new(Seeds::all(1)), &sum(1, 0));
            for client in 0..clients as u32 {
                let neighbours = graph.neighbours(client);
                assert!(neighbours.len() == degree && neighbours.is_sorted_by(|a, b| a < b) && !neighbours.contains(&client));
                assert!(neighbours.iter().all(|&other| graph.neighbours(other).contains(&client)));
            }
        }
    }

    #[test]
    fn every_sum_draws_its_own_circle() {
        let circle = |round, exchange| Graph::regular(100, 4, &Streams::new(Seeds::all(1)), &sum(round, exchange)).neighbours(7);
        assert_eq!(circle(1, 0), circle(1, 0));
        assert!(circle(1, 0) != circle(2, 0) && circle(1, 0) != circle(1, 1));
    }

    fn sum(round: u64, exchange: u64) -> Occasion<'static> {
        Occasion { run: "test", purpose: "test", round, exchange }
    }

    #[test]
    fn in_the_complete_graph_the_owner_counts_among_the_holders() {
        let graph = Graph::Complete { clients: 3 };
        assert_eq!(graph.neighbours(1), [0, 2]);
        assert_eq!(graph.live_holders(1, &[true, true, false]), 2);
        assert_eq!(graph.live_holders(2, &[true, true, false]), 2);
    }
}
