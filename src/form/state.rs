//! What a server remembers from round to round: named flat vectors, of which only the learner's own file knows the meaning.

use serde::{Deserialize, Serialize};

use crate::numeric::Params;
use crate::numeric::digest::{Hash, Hasher};

/// The name of the model's own block, which comes first.
pub const PARAMS: &str = "params";

/// A vector with a name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Block {
    /// Its name, of its own in a state.
    pub name: String,
    /// Its values.
    pub values: Params,
}

/// All that a server remembers: the global model, and what a strategy needs beside it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct State {
    blocks: Vec<Block>,
}

impl State {
    /// A model, (params,), and nothing beside it.
    pub fn of(params: Params) -> Self {
        Self { blocks: vec![Block { name: PARAMS.to_owned(), values: params }] }
    }

    /// The same beside another model, (params,).
    #[must_use]
    pub fn with_params(mut self, params: Params) -> Self {
        self.blocks[0].values = params;
        self
    }

    /// The same, with a further block.
    #[must_use]
    pub fn with(mut self, name: &str, values: Params) -> Self {
        self.blocks.push(Block { name: name.to_owned(), values });
        self
    }

    /// The global model, (params,).
    ///
    /// # Panics
    /// If a state without blocks was read from a file: whoever reads one holds it against the strategy's own first.
    pub fn params(&self) -> &Params {
        &self.blocks[0].values
    }

    /// The global model, (params,), without what stands beside it.
    pub fn into_params(mut self) -> Params {
        self.blocks.swap_remove(0).values
    }

    /// The values of the block of this name.
    ///
    /// # Panics
    /// If there is none.
    pub fn block(&self, name: &str) -> &[f64] {
        self.find(name).unwrap_or_else(|| panic!("the state has no block {name}"))
    }

    /// The values of the blocks of these names, all different, to be changed.
    ///
    /// # Panics
    /// If one is missing.
    pub fn blocks_mut<const N: usize>(&mut self, names: [&str; N]) -> [&mut [f64]; N] {
        let mut found: [Option<&mut [f64]>; N] = std::array::from_fn(|_| None);
        for block in &mut self.blocks {
            if let Some(at) = names.iter().position(|name| *name == block.name) {
                found[at] = Some(block.values.as_mut_slice());
            }
        }
        found.map(|values| values.expect("a strategy asks for its own blocks"))
    }

    /// Whether the other state has, beside its model, blocks of the same names and lengths, in the same order.
    pub fn is_beside_like(&self, other: &Self) -> bool {
        let beside = |state: &Self| state.blocks.iter().skip(1).map(|block| (block.name.clone(), block.values.len())).collect::<Vec<_>>();
        let name = |state: &Self| state.blocks.first().map(|block| block.name.clone());
        name(self) == name(other) && beside(self) == beside(other)
    }

    /// The values of the block of this name, if there is one.
    pub fn find(&self, name: &str) -> Option<&[f64]> {
        self.blocks.iter().find(|block| block.name == name).map(|block| block.values.as_slice())
    }

    /// Takes the block of this name out, if there is one.
    pub fn take(&mut self, name: &str) -> Option<Params> {
        let at = self.blocks.iter().position(|block| block.name == name)?;
        Some(self.blocks.remove(at).values)
    }

    /// How many values there are in all blocks.
    pub fn count(&self) -> usize {
        self.blocks.iter().map(|block| block.values.len()).sum()
    }

    /// Whether every value is finite.
    pub fn is_finite(&self) -> bool {
        self.blocks.iter().all(|block| block.values.is_finite())
    }

    /// The next link of a chain of digests after `before`: over the round, every value, and what each of these clients now keeps. Of
    /// a model alone it hashes the values alone; whatever stands beside it is hashed with its name, or its client, and its length.
    pub fn chain<'m>(&self, before: &Hash, round: usize, kept: impl Iterator<Item = (usize, &'m Params)>) -> Hash {
        let mut hasher = Hasher::default();
        hasher.update(&before.bytes());
        hasher.update(&(round as u64).to_le_bytes());
        let mut numbers = |head: &[u8], values: &Params| {
            hasher.update(head);
            values.as_slice().iter().for_each(|value| hasher.update(&value.to_le_bytes()));
        };
        let head = |word: &str, number: usize, values: &Params| {
            let lengths = [word.len(), number, values.len()].map(|number| (number as u64).to_le_bytes());
            [word.as_bytes(), lengths.as_flattened()].concat()
        };
        let (model, beside) = self.blocks.split_first().expect("a state has a model");
        numbers(&[], &model.values);
        beside.iter().for_each(|block| numbers(&head(&block.name, 0, &block.values), &block.values));
        kept.for_each(|(client, memory)| numbers(&head("client", client, memory), memory));
        hasher.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_depends_on_the_past_the_round_and_every_value_that_is_remembered() {
        let (start, state) = (Hash::of(b"start"), State::of(vec![1.0, 2.0].into()));
        let alone = |state: &State| state.chain(&start, 1, std::iter::empty());
        // A model alone: the value before, the round and each number, as 8 bytes, little-endian.
        let numbers = [1_u64.to_le_bytes(), 1.0_f64.to_le_bytes(), 2.0_f64.to_le_bytes()];
        assert_eq!(alone(&state), Hash::of(&[&start.bytes()[..], numbers.as_flattened()].concat()));
        let memory = Params::from(vec![0.0]);
        let others = [
            alone(&state),
            state.chain(&start, 2, std::iter::empty()),
            state.chain(&Hash::of(b""), 1, std::iter::empty()),
            alone(&State::of(vec![1.0, -2.0].into())),
            alone(&state.clone().with("m", vec![0.0].into())),
            alone(&state.clone().with("v", vec![0.0].into())),
            alone(&state.clone().with("m", vec![-0.0].into())),
            state.chain(&start, 1, [(0, &memory)].into_iter()),
            state.chain(&start, 1, [(1, &memory)].into_iter()),
        ];
        for (at, one) in others.iter().enumerate() {
            assert!(!others[..at].contains(one), "digest {at} was there before");
        }
    }
}
