//! Boosting with trees that are drawn: every level of a tree splits all its nodes by one feature at one cut, chosen by nothing but
//! chance (or the features by their information values, from one sum before the first tree), and clients add up the derivatives of the rows in each leaf alone (oblivious trees with totally random splits: Geurts,
//! Ernst and Wehenkel, "Extremely Randomized Trees", Machine Learning 2006; boosted, Maddock et al., CCS 2022). One sum of two numbers
//! a leaf is all that leaves a client for a tree: there is no histogram.

use super::cuts::Cuts;
use super::growing::Branch;
use super::local::{Lens, Local};
use super::{Boosted, Ground, steps};
use crate::diag::Problem;
use crate::form::{Answer, Form, Lost, State, Sum, Values};
use crate::learners::{Client, Learner};
use crate::models::boosting::{Forest, Node, Split, Tree};
use crate::numeric::Params;
use crate::numeric::rng::Purpose;
use crate::numeric::sample::{below, choose, happens};

/// Boosting whose trees are drawn.
#[derive(Debug)]
pub struct Drawn<'a>(pub Boosted<'a>);

/// One level of a drawn tree, the same for all its nodes. Its `left` and `gain` mean nothing.
type Level = Branch;

impl Drawn<'_> {
    fn leaves(&self) -> usize {
        1 << self.0.growth.depth
    }

    /// The features that may be drawn, with the share that each is drawn by, if not all alike. Those without a cut tell nothing and are
    /// left out.
    fn choices(&self) -> Vec<(usize, f64)> {
        let Ground { cuts, information, .. } = self.0.ground;
        let telling = (0..cuts.features()).filter(|&feature| !cuts.of(feature).is_empty());
        let choices: Vec<(usize, f64)> = telling.map(|feature| (feature, information.get(feature).copied().unwrap_or(0.0))).collect();
        let total: f64 = choices.iter().map(|(_, value)| value).sum();
        choices.into_iter().map(|(feature, value)| (feature, if total > 0.0 { value / total } else { 0.0 })).collect()
    }

    /// The levels of the trees of this number on, one tree an output.
    fn levels(&self, tree: usize) -> Vec<Vec<Level>> {
        let Boosted { growth, ground, streams, .. } = &self.0;
        let (cuts, telling) = (&ground.cuts, self.choices());
        let are_alike = telling.iter().all(|(_, share)| *share == 0.0);
        let draw = |at: usize| {
            let mut stream = streams.stream(Purpose::Columns, tree, at);
            let level = |_| {
                let feature = if are_alike { telling[below(telling.len(), &mut stream)].0 } else { choose(&telling, &mut stream) };
                let bin = below(cuts.of(feature).len(), &mut stream);
                Level { feature, bin, missing_left: happens(0.5, &mut stream), left: 0, gain: 0.0 }
            };
            if telling.is_empty() { Vec::new() } else { (0..growth.depth).map(level).collect() }
        };
        (0..self.0.outputs()).map(draw).collect()
    }

    /// How many trees a model, (params,), has.
    fn trees(&self, params: &[f64]) -> usize {
        Forest::count(params, self.0.outputs())
    }
}

/// A drawn tree with the value and cover of every leaf: the values of inner nodes are what their rows would have been given.
fn tree(levels: &[Level], cuts: &Cuts, value_and_cover: impl Fn(std::ops::Range<usize>) -> (f64, f64), leaves: usize) -> Tree {
    let depth = levels.len();
    let mut nodes = Vec::with_capacity(2 * leaves);
    for level in 0..=depth {
        for place in 0..1_usize << level {
            let width = leaves >> level;
            let (value, cover) = value_and_cover(place * width..(place + 1) * width);
            let split = levels.get(level).map(|&Level { feature, bin, missing_left, .. }| Split {
                feature,
                cut: cuts.cut(feature, bin),
                missing_left,
                left: (2 << level) - 1 + 2 * place,
                gain: 0.0,
            });
            nodes.push(Node { split, value, cover });
        }
    }
    Tree { nodes }
}

impl Learner for Drawn<'_> {
    /// A server learns, over all survivors, the sums of the derivatives of the rows in each leaf of a tree that was drawn without looking
    /// at any row.
    fn forms(&self) -> Vec<Form> {
        let bits = self.0.ground.sum_bits(self.0.growth);
        vec![Form::total("leaves", 2 * self.leaves() * self.0.outputs(), bits)]
    }

    fn sent<'s>(&self, state: &'s State, phase: usize) -> Vec<&'s [f64]> {
        self.0.sent(state, phase)
    }

    fn start(&self, params: Params) -> State {
        self.0.start(params)
    }

    fn answer(&self, state: &State, _: usize, me: Client<'_>) -> Result<Answer, Lost> {
        let params = state.params().as_slice();
        let Boosted { growth, ground, at_hand, .. } = &self.0;
        let levels = self.levels(self.trees(params));
        let lens = Lens { cuts: &ground.cuts, slopes: self.0.slopes(params), row_share: growth.row_share };
        let numbers = at_hand.with(me.number, &me.rows, &ground.cuts, |local: &mut Local| {
            local.leaves(params, (&levels, self.leaves()), &lens, me.rows.y, me.stream)
        });
        Ok(Answer { values: Values::Total(numbers), memory: None })
    }

    fn learn(&self, state: State, _: usize, sum: &Sum<'_>) -> Result<State, Problem> {
        let Sum::Total(numbers) = sum else { unreachable!("the form asks for a sum") };
        let slopes = self.0.slopes(state.params().as_slice());
        let judge = self.0.judge(&slopes);
        let levels = self.levels(self.trees(state.params().as_slice()));
        let mut params = state.params().as_slice().to_vec();
        for (levels, sums) in levels.iter().zip(numbers.chunks_exact(2 * self.leaves())) {
            let sums = steps(sums);
            let of = |leaves: std::ops::Range<usize>| {
                let sum = sums[leaves].iter().fold([0.0; 2], |sum, leaf| [sum[0] + leaf[0], sum[1] + leaf[1]]);
                let value = self.0.growth.learning_rate * judge.weight(sum, super::split::UNBOUNDED);
                (f64::from(value), sum[1] * judge.units[1])
            };
            tree(levels, &self.0.ground.cuts, of, if levels.is_empty() { 1 } else { self.leaves() }).write(&mut params);
        }
        Ok(State::of(params.into()))
    }

    fn check(&self, params: &[f64], start: &State) -> Result<(), String> {
        self.0.check(params, start)
    }

    fn distance(&self, before: &State, after: &State) -> f64 {
        self.0.distance(before, after)
    }
}
