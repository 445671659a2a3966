//! Addressed randomness: a stream is found by its purpose, round and client, never by what was drawn before.
//!
//! The key of a stream is HKDF-SHA256 (RFC 5869) of the seed with the address as `info`; the stream is ChaCha with
//! 8 rounds (Bernstein 2008), whose output passes every statistical test known and whose speed does not bound training.

use std::fmt;

use hkdf::Hkdf;
use ndarray_rand::rand::{RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sha2::Sha256;

/// What a stream is for. The number is part of every result: append, never renumber.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Purpose {
    /// Rows of a generated table.
    Generate = 0,
    /// The split into training and test rows.
    Split = 1,
    /// The deal of training rows to clients.
    Partition = 2,
    /// The model's start.
    Init = 3,
    /// The order of a client's rows in local training.
    Shuffle = 4,
    /// Which clients take part in a round.
    Cohort = 5,
    /// Which clients drop out of a round.
    Dropout = 6,
    /// Stochastic rounding of a client's update.
    Rounding = 7,
    /// The order of the circle that secure aggregation's neighbours stand in.
    SecaggGraph = 8,
    /// The seed of a client's secrets in a round of secure aggregation. For simulation only: whoever knows the scenario
    /// knows them.
    SecaggSecrets = 9,
    /// A client's signing key, the same in all rounds.
    SecaggSigning = 10,
    /// Which of a client's rows it holds out.
    HoldOut = 11,
    /// The order of rows in the baselines: a pass is the round; the centralised model is client 0, others count from 1.
    Baseline = 12,
    /// Generated clients: their rows in round 0, those of clients that never train in round 1, what all have in common in
    /// round 2.
    Population = 13,
    /// What a client says of the levels that it reaches, so that nobody learns how many others do; the sum is the round.
    Votes = 14,
    /// Which training rows validate.
    Validation = 15,
    /// Which rows are drawn to tell how sure a client's gain is.
    Bootstrap = 16,
    /// Which clients drop out of a round's sums after the first.
    LaterDropout = 17,
    /// Which features a tree looks at; the tree is the round.
    Columns = 18,
    /// Which validation row's cell each validation row is given to see what a feature is worth; the feature is the client.
    Permutation = 19,
    /// Which rows are explained to whoever looks at a model as a whole.
    Explanation = 20,
}

/// The seeds of a run: one for each thing that may vary while all else stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seeds {
    /// Generated tables and clients, and the split.
    pub data: u64,
    /// The deal.
    pub partition: u64,
    /// The model's start and the order of rows.
    pub training: u64,
    /// Who takes part.
    pub cohort: u64,
    /// Who fails.
    pub faults: u64,
    /// Rounding and, in secure aggregation, every key.
    pub secagg: u64,
}

impl Purpose {
    /// All purposes, in the order of their numbers.
    const ALL: [Self; 21] = [
        Self::Generate,
        Self::Split,
        Self::Partition,
        Self::Init,
        Self::Shuffle,
        Self::Cohort,
        Self::Dropout,
        Self::Rounding,
        Self::SecaggGraph,
        Self::SecaggSecrets,
        Self::SecaggSigning,
        Self::HoldOut,
        Self::Baseline,
        Self::Population,
        Self::Votes,
        Self::Validation,
        Self::Bootstrap,
        Self::LaterDropout,
        Self::Columns,
        Self::Permutation,
        Self::Explanation,
    ];
}

impl Seeds {
    /// The same seed for everything.
    pub fn all(seed: u64) -> Self {
        Self { data: seed, partition: seed, training: seed, cohort: seed, faults: seed, secagg: seed }
    }

    fn of(&self, purpose: Purpose) -> u64 {
        match purpose {
            Purpose::Generate | Purpose::Split | Purpose::HoldOut | Purpose::Population | Purpose::Validation => self.data,
            Purpose::Partition => self.partition,
            Purpose::Init
            | Purpose::Shuffle
            | Purpose::Baseline
            | Purpose::Bootstrap
            | Purpose::Columns
            | Purpose::Permutation
            | Purpose::Explanation => self.training,
            Purpose::Cohort => self.cohort,
            Purpose::Dropout | Purpose::LaterDropout => self.faults,
            Purpose::Rounding | Purpose::SecaggGraph | Purpose::SecaggSecrets | Purpose::SecaggSigning | Purpose::Votes => self.secagg,
        }
    }
}

/// The source of all streams of a run.
#[derive(Clone)]
pub struct Streams {
    seeds: Seeds,
    /// HKDF's first step, done once for each purpose.
    extracted: Vec<Hkdf<Sha256>>,
}

impl fmt::Debug for Streams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Streams").field("seeds", &self.seeds).finish_non_exhaustive()
    }
}

impl Streams {
    /// The streams that belong to `seeds`.
    pub fn new(seeds: Seeds) -> Self {
        assert!(Purpose::ALL.iter().enumerate().all(|(number, purpose)| *purpose as usize == number), "every purpose has its place");
        let extract = |purpose: &Purpose| Hkdf::<Sha256>::new(Some(b"fedsim/streams/v1"), &seeds.of(*purpose).to_le_bytes());
        Self { seeds, extracted: Purpose::ALL.iter().map(extract).collect() }
    }

    /// Where the streams begin.
    pub fn seeds(&self) -> Seeds {
        self.seeds
    }

    /// The stream at an address. `round` and `client` are 0 where they mean nothing.
    pub fn stream(&self, purpose: Purpose, round: usize, client: usize) -> Stream {
        let mut address = [0u8; 17];
        address[0] = purpose as u8;
        address[1..9].copy_from_slice(&(round as u64).to_le_bytes());
        address[9..].copy_from_slice(&(client as u64).to_le_bytes());
        let mut key = [0u8; 32];
        self.extracted[purpose as usize].expand(&address, &mut key).expect("HKDF-SHA256 gives up to 8160 bytes");
        Stream(ChaCha8Rng::from_seed(key))
    }
}

/// A stream of random bits; use it where it was asked for and let it go.
#[derive(Debug)]
pub struct Stream(ChaCha8Rng);

impl RngCore for Stream {
    fn next_u32(&mut self) -> u32 {
        self.0.next_u32()
    }

    fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        self.0.fill_bytes(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_depends_on_each_part_of_its_address_and_on_nothing_else() {
        let streams = Streams::new(Seeds::all(42));
        let first = |purpose, round, client| streams.stream(purpose, round, client).next_u64();
        let here = first(Purpose::Shuffle, 3, 5);
        assert_eq!(here, first(Purpose::Shuffle, 3, 5));
        assert_ne!(here, first(Purpose::Dropout, 3, 5));
        assert_ne!(here, first(Purpose::Shuffle, 5, 3));
        assert_ne!(here, first(Purpose::Shuffle, 3, 6));
        assert_ne!(here, Streams::new(Seeds::all(43)).stream(Purpose::Shuffle, 3, 5).next_u64());
    }

    #[test]
    fn a_seed_set_apart_moves_only_its_own_streams() {
        let apart = Streams::new(Seeds { faults: 7, ..Seeds::all(42) });
        let together = Streams::new(Seeds::all(42));
        let differs = |purpose| apart.stream(purpose, 1, 1).next_u64() != together.stream(purpose, 1, 1).next_u64();
        assert!(differs(Purpose::Dropout));
        assert!(![Purpose::Split, Purpose::Partition, Purpose::Shuffle, Purpose::Cohort, Purpose::Rounding].into_iter().any(differs));
    }

    /// The key by RFC 5869's two steps written out, with HMAC from RFC 2104.
    #[test]
    fn the_key_is_hkdf_of_the_seed() {
        use sha2::Digest;
        fn hmac(key: &[u8], text: &[u8]) -> Vec<u8> {
            let mut block = [0u8; 64];
            block[..key.len()].copy_from_slice(key);
            let pad = |byte: u8| block.map(|b| b ^ byte);
            let inner = Sha256::new().chain_update(pad(0x36)).chain_update(text).finalize();
            Sha256::new().chain_update(pad(0x5c)).chain_update(inner).finalize().to_vec()
        }
        let extracted = hmac(b"fedsim/streams/v1", &42u64.to_le_bytes());
        let info = [&[4u8][..], &9u64.to_le_bytes(), &2u64.to_le_bytes(), &[1u8]].concat();
        let key: [u8; 32] = hmac(&extracted, &info).try_into().expect("SHA-256 gives 32 bytes");
        let mut expected = ChaCha8Rng::from_seed(key);
        assert_eq!(Streams::new(Seeds::all(42)).stream(Purpose::Shuffle, 9, 2).next_u64(), expected.next_u64());
    }
}
