//! What a round costs whoever runs it: operations and bytes by stage, none of which depends on the machine.

use std::ops::AddAssign;

use crate::stage::Stage;
use crate::timing::Seconds;

/// Operations, counted as the protocol has them: both ends of a pair are charged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// X25519 agreements.
    pub agreements: u64,
    /// Bytes of key stream expanded into masks.
    pub prg_bytes: u64,
    /// Boxes sealed or opened.
    pub boxes: u64,
    /// Shamir shares dealt or combined, of 32-byte secrets.
    pub shares: u64,
    /// Signatures made or checked.
    pub signatures: u64,
    /// Messages, and shares in them, that the server ignored.
    pub ignored: u64,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, more: Self) {
        self.agreements += more.agreements;
        self.prg_bytes += more.prg_bytes;
        self.boxes += more.boxes;
        self.shares += more.shares;
        self.signatures += more.signatures;
        self.ignored += more.ignored;
    }
}

/// Bytes of a stage in one direction, over the clients that were asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Of all clients.
    pub total: u64,
    /// Of the client with the most.
    pub max: u64,
}

impl Traffic {
    pub(super) fn add(&mut self, bytes: u64) {
        self.total += bytes;
        self.max = self.max.max(bytes);
    }
}

/// One line of the protocol's log: a stage of a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StageRow {
    /// The stage.
    pub stage: Stage,
    /// Clients that the server waited for.
    pub asked: usize,
    /// Clients that answered: |U1| to |U5|.
    pub participants: usize,
    /// Bytes from clients to the server.
    pub up: Traffic,
    /// Bytes from the server to clients.
    pub down: Traffic,
    /// Operations of clients and server.
    pub counts: Counts,
}

impl StageRow {
    pub(super) fn new(stage: Stage, asked: usize) -> Self {
        Self { stage, asked, participants: 0, up: Traffic::default(), down: Traffic::default(), counts: Counts::default() }
    }

    /// Clients that were asked and did not answer.
    pub fn dropped(&self) -> usize {
        self.asked - self.participants
    }

    /// Mean bytes up over the clients asked; 0 if none was.
    pub fn up_mean(&self) -> f64 {
        mean(self.up.total, self.asked)
    }

    /// Mean bytes down over the clients asked; 0 if none was.
    pub fn down_mean(&self) -> f64 {
        mean(self.down.total, self.asked)
    }
}

fn mean(total: u64, clients: usize) -> f64 {
    if clients == 0 { 0.0 } else { total as f64 / clients as f64 }
}

/// What a round left behind beside its sum.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// The stages that were entered, in order.
    pub stages: Vec<StageRow>,
    /// How long each took, in the same order.
    pub seconds: Vec<Seconds>,
    /// Bytes that each of the cohort sent.
    pub client_up: Vec<u64>,
    /// Bytes that each of the cohort was sent.
    pub client_down: Vec<u64>,
    /// Bytes up and down of clients whose vector is in no sum: all of them if the round was aborted.
    pub wasted_bytes: u64,
}

impl Tally {
    /// All stages' operations.
    pub fn counts(&self) -> Counts {
        let mut sum = Counts::default();
        self.stages.iter().for_each(|row| sum += row.counts);
        sum
    }

    /// All bytes up.
    pub fn bytes_up(&self) -> u64 {
        self.stages.iter().map(|row| row.up.total).sum()
    }

    /// All bytes down.
    pub fn bytes_down(&self) -> u64 {
        self.stages.iter().map(|row| row.down.total).sum()
    }

    /// Counted bytes, up and down, over the bytes that so many clients' `length` coordinates of `clear_bits` would take in
    /// the clear.
    pub fn expansion(&self, clients: usize, length: usize, clear_bits: u32) -> f64 {
        let clear = clients as f64 * length as f64 * f64::from(clear_bits) / 8.0;
        (self.bytes_up() + self.bytes_down()) as f64 / clear
    }
}

/// The expansion by the formula of the paper's section 7 for the complete graph, semi-honest: `clear_bits` is ceil(log2 R_U)
/// and the sum of `clients` such numbers sets R.
pub fn paper_expansion(clients: usize, length: usize, clear_bits: u32) -> f64 {
    let greatest = u128::MAX >> (128 - clear_bits);
    // R = n (R_U - 1) + 1 values, in bits, rounded up; of numbers too large to multiply, those of R_U and those of n.
    let sum_bits = (clients as u128)
        .checked_mul(greatest)
        .map_or_else(|| clear_bits + clients.next_power_of_two().ilog2(), |sum| 128 - sum.leading_zeros());
    let (n, d) = (clients as f64, length as f64);
    (256.0 * (7.0 * n - 4.0) + d * f64::from(sum_bits)) / (d * f64::from(clear_bits))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The paper's figures, of 16-bit inputs: 1.73 and 1.98 in its abstract.
    #[test]
    fn the_papers_expansion_comes_out() {
        for (clients, length, expected, digit) in
            [(1 << 10, 1 << 20, 1.734, 0.001), (1 << 14, 1 << 24, 1.984, 0.001), (100, 100_000, 1.55, 0.01), (1000, 100_000, 2.74, 0.01)]
        {
            let expansion = paper_expansion(clients, length, 16);
            assert!((expansion - expected).abs() <= digit / 2.0 * 1.01, "{clients} {length}: {expansion}");
        }
    }
}
