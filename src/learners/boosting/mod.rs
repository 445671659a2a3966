//! Gradient boosting by summed histograms: in every round the clients add up, node by node and level by level, their rows' first and
//! second derivatives in each bin of each feature, and the server splits nodes by these sums as it would by those of all rows in one
//! place (Chen and Guestrin, "XGBoost: A Scalable Tree Boosting System", KDD 2016; of clients, "FederBoost", Tian et al., TDSC 2024,
//! without its other trust). A row's derivatives are rounded to a public grid before they are added, so that any deal of the rows, in
//! the clear and under masks, grows the same trees to the bit.
//!
//! Of two children the lighter one's sums are asked for, the other's are the parent's less these. That holds only over the same rows:
//! the clients of a tree are those of its first sum, and where one is lost later, the tree ends there, its open nodes leaves. Else
//! the difference would be what the lost client had sent.

mod bins;
mod cuts;
mod growing;
mod histogram;
mod information;
mod local;
mod random;
mod single;
mod slopes;
mod split;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

pub use cuts::{Cuts, at_means, choose, equal_width, opened, own_quantiles};
use growing::{Sprout, read_all, write_all};
pub use information::{class_counts, information_values};
use local::{Lens, Local};
pub use random::Drawn;
pub use single::Single;
use slopes::Slopes;
use split::{Judge, Steps};

use super::{Client, Learner};
use crate::diag::Problem;
use crate::form::{Answer, Form, Lost, State, Sum, Values};
use crate::models::RowWeights;
use crate::models::boosting::{DEPTH_MAX, Forest, Growth, Trend};
use crate::numeric::Params;
use crate::numeric::grid::power_at_least;
use crate::numeric::math::scale_by_power_of_two;
use crate::numeric::rng::{Purpose, Streams};
use crate::numeric::sample::subset;
use crate::tasks::Task;
use crate::training::LocalRows;

/// What the server learns of the data before the first tree.
#[derive(Clone, Debug, Default)]
pub struct Ground {
    /// How cells become bins.
    pub cuts: Cuts,
    /// What each margin is before the first tree, (outputs,).
    pub base: Vec<f64>,
    /// How many training rows there are.
    pub rows: u64,
    /// A power of two that no label's magnitude reaches, where labels are numbers.
    pub label_power: i32,
    /// The features' information values, where drawn trees choose by them, (features,); else empty.
    pub information: Vec<f64>,
}

/// Boosting.
#[derive(Debug)]
pub struct Boosted<'a> {
    /// What is asked.
    pub task: Task,
    /// How trees grow.
    pub growth: &'a Growth,
    /// What they grow on.
    pub ground: &'a Ground,
    /// What a row weighs.
    pub weights: RowWeights<'a>,
    /// In which direction scores may go with each feature, (features,).
    pub trends: Vec<Option<Trend>>,
    /// Where draws of features come from.
    pub streams: Streams,
    /// What clients have at hand, by their numbers.
    pub at_hand: AtHand,
}

/// What clients have at hand, by their numbers: each asks for its own alone.
#[derive(Debug, Default)]
pub struct AtHand(Mutex<BTreeMap<usize, Arc<Mutex<Option<Local>>>>>);

impl AtHand {
    /// What comes of a client's rows as it has them at hand.
    fn with<T>(&self, client: usize, rows: &LocalRows<'_>, cuts: &Cuts, work: impl FnOnce(&mut Local) -> T) -> T {
        let place = self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(client).or_default().clone();
        let mut local = place.lock().unwrap_or_else(PoisonError::into_inner);
        work(local.get_or_insert_with(|| Local::new(rows, cuts)))
    }
}

/// The trees of a round that is not over.
const GROWING: &str = "growing";
/// The sums by bins of the nodes above those that are asked for, in their order.
const PARENTS: &str = "parents";

/// What sums are called, level by level.
const LEVELS: [&str; DEPTH_MAX] = [
    "tree_level_1",
    "tree_level_2",
    "tree_level_3",
    "tree_level_4",
    "tree_level_5",
    "tree_level_6",
    "tree_level_7",
    "tree_level_8",
    "tree_level_9",
    "tree_level_10",
    "tree_level_11",
    "tree_level_12",
];

/// Bits of a double that whole numbers have to themselves: what sums of derivatives must fit into.
pub const SUM_BITS_MAX: u32 = 53;

impl Ground {
    /// Bits of a sum over all rows of numbers of so many bits, sign included.
    pub fn sum_bits(&self, growth: &Growth) -> u32 {
        // Each row's magnitude may be 2^bits itself.
        1 + growth.gradient_bits + (u64::BITS - self.rows.leading_zeros())
    }
}

impl Boosted<'_> {
    fn outputs(&self) -> usize {
        self.ground.base.len()
    }

    fn form(&self, level: usize, numbers: usize) -> Form {
        Form::total(LEVELS[level], numbers, self.ground.sum_bits(self.growth))
    }

    /// Numbers of a node's sums by bins.
    fn numbers(&self) -> usize {
        2 * self.ground.cuts.bins()
    }

    /// How margins become derivatives under this model, (params,): of numbers the residuals' bound follows from the labels' and from
    /// what all trees can add up to.
    fn slopes(&self, params: &[f64]) -> Slopes<'_> {
        let weight = power_at_least(self.weights.greatest());
        let slope = match self.task {
            Task::Regression => {
                let forest = Forest::of(params, self.outputs(), self.ground.cuts.features());
                let greatest = |values: &mut dyn Iterator<Item = f64>| values.fold(0.0, |greatest: f64, value| greatest.max(value.abs()));
                let trees: f64 = forest.trees.iter().map(|tree| greatest(&mut tree.nodes.iter().map(|node| node.value))).sum();
                let label = scale_by_power_of_two(1.0, self.ground.label_power);
                // What rounding adds to a sum of so many values.
                power_at_least((forest.base[0].abs() + trees + label) * (1.0 + 1e-9))
            }
            _ => weight,
        };
        Slopes { outputs: self.outputs(), weights: self.weights, powers: [slope, weight], bits: self.growth.gradient_bits }
    }

    fn judge<'j>(&'j self, slopes: &Slopes<'_>) -> Judge<'j> {
        Judge { growth: self.growth, units: slopes.units(), trends: &self.trends }
    }

    /// The features that a tree may look at, ascending: drawn for the tree of this number.
    fn features(&self, tree: usize) -> Vec<usize> {
        let all = self.ground.cuts.features();
        if self.growth.column_share >= 1.0 {
            return (0..all).collect();
        }
        let count = ((all as f64 * self.growth.column_share).round() as usize).clamp(1, all.max(1));
        subset(count, all, &mut self.streams.stream(Purpose::Columns, tree, 0))
    }

    /// Splits the nodes of the lowest level, of which these are the sums by bins, in the nodes' order; and tells what to ask for next.
    fn split(&self, sprout: &mut Sprout, known: &[(usize, Vec<Steps>)], judge: &Judge<'_>, features: &[usize], level: usize) -> Vec<f64> {
        let (mut parents, below) = (Vec::new(), sprout.buds.len());
        sprout.asked.clear();
        for (node, bins) in known {
            let bud = sprout.buds[*node];
            let Some(found) = judge.best(&self.ground.cuts, bins, (bud.sums, bud.bounds), features) else { continue };
            let left = sprout.buds.len();
            sprout.branch(*node, &found, judge);
            let [lefts, rights] = found.sides;
            let is_last = level + 1 == self.growth.depth;
            if !is_last && (judge.can_part(lefts) || judge.can_part(rights)) {
                sprout.asked.push(if rights[1] < lefts[1] { left + 1 } else { left });
                parents.extend(bins.iter().flatten());
            }
        }
        sprout.level = below;
        parents
    }

    /// The sums by bins of the nodes of the lowest level, in the nodes' order: those that were asked for, and their siblings', which are
    /// the parents' less these.
    fn known(sprout: &Sprout, summed: &[i128], parents: &[f64], numbers: usize) -> Vec<(usize, Vec<Steps>)> {
        let mut known = Vec::with_capacity(2 * sprout.asked.len());
        for ((&node, own), parent) in sprout.asked.iter().zip(summed.chunks_exact(numbers)).zip(parents.chunks_exact(numbers)) {
            let own: Vec<Steps> = steps(own);
            let others = parent.as_chunks::<2>().0.iter().zip(&own).map(|(parent, own)| [parent[0] - own[0], parent[1] - own[1]]);
            let other = Sprout::sibling(node);
            let others: Vec<Steps> = others.collect();
            known.extend(if other < node { [(other, others), (node, own)] } else { [(node, own), (other, others)] });
        }
        known
    }

    /// Puts the trees of a round behind those of the model, as they are now.
    fn finish(&self, state: &State, sprouts: &[Sprout]) -> State {
        let slopes = self.slopes(state.params().as_slice());
        let judge = self.judge(&slopes);
        let mut params = state.params().as_slice().to_vec();
        sprouts.iter().for_each(|sprout| sprout.finish(&self.ground.cuts, &judge).write(&mut params));
        State::of(params.into())
    }
}

/// Whole numbers as doubles, in pairs.
fn steps(numbers: &[i128]) -> Vec<Steps> {
    numbers.as_chunks::<2>().0.iter().map(|pair| pair.map(|number| number as f64)).collect()
}

impl Learner for Boosted<'_> {
    /// A server learns, over all clients of a tree, the sums of the rows' derivatives: of all rows, and node by node of those in each bin
    /// of each feature, of the lighter of two children. A leaf of a single row shows that row's bins: `min_child_weight` is to be large
    /// against a row's.
    fn forms(&self) -> Vec<Form> {
        let numbers = |level: usize| match level {
            0 => self.outputs() * (2 + self.numbers()),
            _ => self.outputs() * (self.numbers() << (level - 1)),
        };
        (0..self.growth.depth).map(|level| self.form(level, numbers(level))).collect()
    }

    fn next(&self, state: &State, phase: usize) -> Option<Form> {
        if phase == 0 {
            return self.forms().first().copied();
        }
        let sprouts = state.find(GROWING).map(read_all)?;
        let asked: usize = sprouts.iter().map(|sprout| sprout.asked.len()).sum();
        Some(self.form(phase, asked * self.numbers()))
    }

    /// The trees since the last round, which clients have not seen yet; or the last level's splits.
    fn sent<'s>(&self, state: &'s State, phase: usize) -> Vec<&'s [f64]> {
        match state.find(GROWING).filter(|_| phase > 0) {
            Some(growing) => vec![growing],
            None => vec![Forest::last(state.params().as_slice(), self.outputs())],
        }
    }

    fn start(&self, _: Params) -> State {
        State::of(self.ground.base.clone().into())
    }

    fn answer(&self, state: &State, phase: usize, me: Client<'_>) -> Result<Answer, Lost> {
        let params = state.params().as_slice();
        let lens = Lens { cuts: &self.ground.cuts, slopes: self.slopes(params), row_share: self.growth.row_share };
        let sprouts = state.find(GROWING).map(read_all).unwrap_or_default();
        let numbers = self
            .at_hand
            .with(me.number, &me.rows, &self.ground.cuts, |local| local.answer(params, (phase, &sprouts), &lens, me.rows.y, me.stream));
        Ok(Answer { values: Values::Total(numbers), memory: None })
    }

    fn learn(&self, mut state: State, phase: usize, sum: &Sum<'_>) -> Result<State, Problem> {
        let Sum::Total(numbers) = sum else { unreachable!("the form asks for a sum") };
        let slopes = self.slopes(state.params().as_slice());
        let judge = self.judge(&slopes);
        let features = self.features(Forest::count(state.params().as_slice(), self.outputs()));
        let mut all_parents = Vec::new();
        let sprouts = if phase == 0 {
            let each = numbers.chunks_exact(2 + self.numbers()).map(|numbers| {
                let numbers = steps(numbers);
                let (total, bins) = numbers.split_first().expect("the whole comes first");
                let mut sprout = Sprout::new(*total);
                all_parents.extend(self.split(&mut sprout, &[(0, bins.to_vec())], &judge, &features, 0));
                sprout
            });
            each.collect()
        } else {
            let mut sprouts = read_all(state.find(GROWING).expect("trees grow from the first sum on"));
            let before = state.take(PARENTS).expect("they are kept with the trees").into_vec();
            let (mut numbers, mut before) = (*numbers, before.as_slice());
            for sprout in &mut sprouts {
                let count = sprout.asked.len() * self.numbers();
                let (own, parents);
                (own, numbers) = numbers.split_at(count);
                (parents, before) = before.split_at(count);
                let known = Self::known(sprout, own, parents, self.numbers());
                all_parents.extend(self.split(sprout, &known, &judge, &features, phase));
            }
            sprouts
        };
        if sprouts.iter().all(|sprout| sprout.asked.is_empty()) {
            return Ok(self.finish(&state, &sprouts));
        }
        state.take(GROWING);
        Ok(state.with(GROWING, write_all(&sprouts).into()).with(PARENTS, all_parents.into()))
    }

    fn close(&self, state: State) -> State {
        let sprouts = read_all(state.find(GROWING).expect("trees grow from the first sum on"));
        self.finish(&state, &sprouts)
    }

    fn check(&self, params: &[f64], start: &State) -> Result<(), String> {
        let forest = Forest::read(params, self.outputs(), self.ground.cuts.features()).map_err(str::to_owned)?;
        if forest.base != start.params().as_slice() {
            Err("other margins to start with than training begins with".to_owned())
        } else {
            Ok(())
        }
    }

    /// The Euclidean norm of the values of the new trees' nodes.
    fn distance(&self, before: &State, after: &State) -> f64 {
        let known = Forest::count(before.params().as_slice(), self.outputs());
        let trees = Forest::since(after.params().as_slice(), self.outputs(), known, self.ground.cuts.features());
        let squares: f64 = trees.iter().flat_map(|tree| &tree.nodes).map(|node| node.value * node.value).sum();
        squares.sqrt()
    }
}
