//! Secure aggregation: the server learns the sum of its clients' vectors and nothing else of them, while clients drop out.
//!
//! K. Bonawitz et al., "Practical Secure Aggregation for Privacy-Preserving Machine Learning", CCS 2017 (ePrint 2017/281);
//! with `secagg_plus`, the k-regular graph of J. H. Bell et al., "Secure Single-Server Aggregation with (Poly)Logarithmic
//! Overhead", CCS 2020 (ePrint 2020/704).
//!
//! # What is protected, and from whom
//! - Each client's vector, which holds its update, the number of its examples and of its clipped coordinates, is hidden
//!   from the server, from anyone who listens, and from the other clients.
//! - Against a *semi-honest* server, one that follows the protocol but tries to learn from what it sees, this holds while
//!   fewer clients collude with it than the threshold t.
//! - Against an *active* server, one that may send anything, it holds while 2t > n + n_c, with n clients of which n_c
//!   collude. Clients then sign their keys and the survivors; signing keys are assumed to be known from outside.
//! - With k neighbours it holds, against a semi-honest server, for all rounds but one in 2^40.
//! - A client that drops out stays protected, even if its vector arrives after it was declared dropped.
//!
//! # What is not protected
//! - **The sum itself.** Whatever it tells about a client is told: in a sum of two, each of the two knows the other's
//!   vector; the difference of two rounds' sums over almost the same clients nearly shows a single one. Use large cohorts;
//!   differential privacy is another matter and goes on top.
//! - **Who takes part,** and who drops out in which stage.
//! - **Correctness.** A client may send any vector (poisoning), and nobody can look at it; a client that gives false shares
//!   can spoil the sum, and a server may announce another sum than it found.
//! - **Availability.** Too many dropouts abort the round; that is reported, and nothing is revealed.
//! - **Simulated secrets.** Here all keys are drawn from the scenario's seed, so that a run can be replayed: whoever has
//!   the scenario has the keys. A deployment must draw them from its operating system's generator.
//!
//! # How it is built
//! [`protocol`] reads as the paper's table does. [`client`] and [`server`] know each other by [`messages`] only; a client's
//! stages are types, so none can be left out or run twice. Below them lie, one idea a file, the algebra ([`ring`],
//! [`field`], [`shamir`]), the cryptography ([`prg`], [`session`], [`keys`], [`pairs`], [`seal`], [`signature`]) and the graph ([`graph`],
//! [`degree`]); above them what a scenario says ([`settings`], [`agreement`], [`encoding`]), what is reported ([`tally`]) and how fast
//! it could be at best ([`floor`]).

use crate::registry::Entry;

pub mod agreement;
pub mod client;
pub mod degree;
pub mod encoding;
pub mod field;
pub mod floor;
pub mod graph;
pub(crate) mod key_use;
pub mod keys;
pub mod messages;
pub mod occasion;
pub mod pairs;
pub mod prg;
pub mod protocol;
pub mod ring;
pub mod rules;
pub mod seal;
pub mod server;
pub mod session;
pub mod settings;
pub mod shamir;
pub mod signature;
pub mod tally;

/// Secure aggregation among the kinds of `[aggregation]`.
pub const ENTRY: Entry = Entry {
    kind: "secure",
    summary: "the weighted mean of fixed-point numbers by secure aggregation: the server sees sums alone",
    paper: "Bonawitz et al., CCS 2017; Bell et al., CCS 2020",
    example: "protocol = \"bonawitz\"",
    argument: None,
};

#[cfg(test)]
mod tests;
