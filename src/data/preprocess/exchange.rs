//! How statistics of the clients' rows leave them: in the clear here, masked where the federation aggregates securely.
//!
//! Every answer is a vector of whole numbers, and only its sum with the others', or their greatest, comes out. Whoever asks
//! writes down, where it asks, what a server learns from that.

use crate::diag::Error;

/// What the server asks of all clients.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// Its name in the logs.
    pub name: &'static str,
    /// What is sent along, and the answers depend on.
    pub broadcast: &'a [f64],
}

impl Question<'_> {
    /// A question that needs nothing but its name.
    pub fn plain(name: &'static str) -> Self {
        Self { name, broadcast: &[] }
    }
}

/// What carries answers from the clients to the server. All ways to do it give the same numbers.
pub trait Exchange {
    /// The sum of the clients' vectors, whose elements no deal of the rows could take out of `bits` bits, sign included.
    ///
    /// # Errors
    /// When the exchange can't be set up.
    fn sum(&self, question: &Question<'_>, bits: u32, answers: &[Vec<i128>]) -> Result<Vec<i128>, Error>;

    /// The greatest level at each place of the clients' vectors.
    ///
    /// # Errors
    /// When the exchange can't be set up.
    fn greatest(&self, question: &Question<'_>, answers: &[Vec<u8>]) -> Result<Vec<u8>, Error>;
}

/// In the clear: the server sees every client's vector.
#[derive(Clone, Copy, Debug)]
pub struct InTheClear;

impl Exchange for InTheClear {
    fn sum(&self, _: &Question<'_>, _: u32, answers: &[Vec<i128>]) -> Result<Vec<i128>, Error> {
        Ok(fold(answers, |sum, answer| sum + answer))
    }

    fn greatest(&self, _: &Question<'_>, answers: &[Vec<u8>]) -> Result<Vec<u8>, Error> {
        Ok(fold(answers, u8::max))
    }
}

/// The answers' elements put together, place by place.
fn fold<T: Copy>(answers: &[Vec<T>], together: impl Fn(T, T) -> T) -> Vec<T> {
    let Some((first, others)) = answers.split_first() else { return Vec::new() };
    let mut folded = first.clone();
    for answer in others {
        folded.iter_mut().zip(answer).for_each(|(folded, &element)| *folded = together(*folded, element));
    }
    folded
}
