//! What a client has at hand while trees grow: its rows as bins, their margins under the model so far, and which of them are in which
//! node. All of it follows from its rows and from what the server sent; it is kept from sum to sum because it would take longer to find
//! again than the sum takes.

use std::ops::Range;

use super::bins::{Binned, Column};
use super::cuts::Cuts;
use super::growing::{Branch, Sprout};
use super::histogram::{Pair, PairSum, Which, histogram};
use super::slopes::Slopes;
use crate::models::boosting::{Forest, Node, Tree};
use crate::numeric::reduce;
use crate::numeric::rng::Stream;
use crate::numeric::sample::happens;
use crate::tasks::Labels;
use crate::training::LocalRows;

/// Rows that one thread takes at a time.
const PART: usize = 8192;

/// A client's rows as they stand.
#[derive(Debug)]
pub(super) struct Local {
    binned: Binned,
    /// The model, (params,), of which the margins are.
    model: Vec<f64>,
    /// (outputs, rows).
    margins: Vec<f64>,
    /// The rows of the trees that are growing, by output.
    trees: Vec<Parted>,
    /// How many levels of these were parted; `None` if none is growing.
    level: Option<usize>,
}

/// The rows of one tree.
#[derive(Debug, Default)]
struct Parted {
    /// Each row's derivatives, (rows,).
    pairs: Vec<Pair>,
    /// The tree's rows, those of a node together and ascending.
    rows: Vec<u32>,
    /// Room for as many.
    spare: Vec<u32>,
    /// Which of them each node has, by its number, and by what they were parted.
    nodes: Vec<(Range<usize>, Option<Branch>)>,
}

/// What a client's rows are looked at with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lens<'a> {
    /// How cells become bins.
    pub cuts: &'a Cuts,
    /// How margins become derivatives.
    pub slopes: Slopes<'a>,
    /// The share of the rows that a tree is grown on.
    pub row_share: f64,
}

impl Local {
    /// A client's rows before any model.
    pub fn new(rows: &LocalRows<'_>, cuts: &Cuts) -> Self {
        Self { binned: Binned::of(rows.x, cuts), model: Vec::new(), margins: Vec::new(), trees: Vec::new(), level: None }
    }

    /// Brings the margins to those of this model, (params,).
    fn bring_to(&mut self, params: &[f64], outputs: usize, cuts: &Cuts) {
        let is_on_the_way = params.starts_with(&self.model) && !self.model.is_empty();
        if is_on_the_way && self.model.len() == params.len() {
            return;
        }
        let rows = self.binned.rows();
        let known = if is_on_the_way {
            Forest::count(&self.model, outputs)
        } else {
            self.margins = params[..outputs].iter().flat_map(|&base| vec![base; rows]).collect();
            0
        };
        let trees = Forest::since(params, outputs, known, cuts.features());
        let is_next = is_on_the_way && self.level.is_some() && trees.len() == outputs;
        for (at, tree) in trees.iter().enumerate() {
            let (steps, margins) = (Steps::of(tree, cuts), &mut self.margins[at % outputs * rows..][..rows]);
            let parted = is_next.then(|| &self.trees[at % outputs]);
            match parted.filter(|parted| parted.rows.len() == rows && parted.is_of(&steps)) {
                Some(parted) => parted.add_to(margins, &steps, &self.binned),
                None => reduce::fill_chunks(margins, PART, |start, part| {
                    part.iter_mut().enumerate().for_each(|(at, margin)| *margin += steps.value(&self.binned, start + at, 0));
                }),
            }
        }
        self.model = params.to_vec();
        self.level = None;
    }

    /// The sums that are asked for at this level, of several outputs end to end: of the whole rows, and then by the features' bins, where
    /// it is the roots'; by bins alone below.
    pub fn answer(
        &mut self,
        params: &[f64],
        (level, sprouts): (usize, &[Sprout]),
        lens: &Lens<'_>,
        labels: Labels<'_>,
        stream: Stream,
    ) -> Vec<i128> {
        self.bring_to(params, lens.slopes.outputs, lens.cuts);
        if level == 0 || self.level.is_none_or(|parted| parted > level) {
            self.begin(lens, labels, stream);
        }
        let binned = &self.binned;
        let whole = |sums: Vec<PairSum>| sums.into_iter().flatten().map(i128::from);
        let mut numbers = Vec::new();
        if level == 0 {
            numbers.reserve(self.trees.len() * (2 + 2 * lens.cuts.bins()));
            for tree in &self.trees {
                numbers.extend(tree.total().map(i128::from));
                numbers.extend(whole(tree.histogram(binned, lens.cuts, 0)));
            }
        }
        for (tree, sprout) in self.trees.iter_mut().zip(sprouts) {
            tree.part(sprout, binned, lens.cuts);
            for &node in &sprout.asked {
                numbers.extend(whole(tree.histogram(binned, lens.cuts, node)));
            }
        }
        self.level = Some(level);
        numbers
    }

    /// The sums over the rows in each leaf of trees whose levels are these, one tree an output: rows that go left at a level have the
    /// lower numbers.
    pub fn leaves(
        &mut self,
        params: &[f64],
        (levels, leaves): (&[Vec<Branch>], usize),
        lens: &Lens<'_>,
        labels: Labels<'_>,
        stream: Stream,
    ) -> Vec<i128> {
        self.bring_to(params, lens.slopes.outputs, lens.cuts);
        self.begin(lens, labels, stream);
        self.level = None;
        let of_tree = |(tree, levels): (&Parted, &Vec<Branch>)| {
            let columns: Vec<_> =
                levels.iter().map(|level| (level, self.binned.column(level.feature), lens.cuts.range(level.feature).len())).collect();
            let parts: Vec<&[u32]> = tree.rows.chunks(PART).collect();
            let sums = reduce::map(&parts, |rows| {
                let mut sums = vec![[0_i64; 2]; leaves];
                for &row in *rows {
                    let right = |(level, column, bins): &(&Branch, Column<'_>, usize)| !level.goes_left(column.bin(row as usize), *bins);
                    let leaf = columns.iter().fold(0, |leaf, column| leaf << 1 | usize::from(right(column)));
                    let (sum, pair) = (&mut sums[leaf], tree.pairs[row as usize]);
                    *sum = [sum[0] + i64::from(pair[0]), sum[1] + i64::from(pair[1])];
                }
                sums
            });
            let mut all = vec![0_i128; 2 * leaves];
            for part in sums {
                all.iter_mut().zip(part.into_iter().flatten()).for_each(|(sum, part)| *sum += i128::from(part));
            }
            all
        };
        self.trees.iter().zip(levels).flat_map(of_tree).collect()
    }

    /// All rows at the roots.
    fn begin(&mut self, lens: &Lens<'_>, labels: Labels<'_>, mut stream: Stream) {
        let rows = self.binned.rows();
        let drawn: Option<Vec<u32>> =
            (lens.row_share < 1.0).then(|| (0..rows as u32).filter(|_| happens(lens.row_share, &mut stream)).collect());
        self.trees.resize_with(lens.slopes.outputs, Parted::default);
        let mut pairs: Vec<&mut Vec<Pair>> = self.trees.iter_mut().map(|tree| &mut tree.pairs).collect();
        lens.slopes.pairs(&self.margins, labels, &mut pairs);
        for tree in &mut self.trees {
            tree.rows.clear();
            match &drawn {
                Some(drawn) => tree.rows.extend_from_slice(drawn),
                None => tree.rows.extend(0..rows as u32),
            }
            tree.spare.resize(rows, 0);
            tree.nodes.clear();
            tree.nodes.push((0..tree.rows.len(), None));
        }
    }
}

impl Parted {
    /// A node's rows.
    fn which(&self, node: usize) -> Which<'_> {
        if node == 0 && self.rows.len() == self.pairs.len() { Which::All } else { Which::These(&self.rows[self.nodes[node].0.clone()]) }
    }

    fn histogram(&self, binned: &Binned, cuts: &Cuts, node: usize) -> Vec<PairSum> {
        histogram(binned, cuts, &self.pairs, self.which(node))
    }

    /// The sums over all of the tree's rows.
    fn total(&self) -> PairSum {
        let add = |sum: PairSum, pair: &Pair| [sum[0] + i64::from(pair[0]), sum[1] + i64::from(pair[1])];
        match self.which(0) {
            Which::All => self.pairs.iter().fold([0; 2], add),
            Which::These(rows) => rows.iter().map(|&row| &self.pairs[row as usize]).fold([0; 2], add),
        }
    }

    /// Parts the rows of every node that the tree has split, and that were not parted before, among its children.
    fn part(&mut self, sprout: &Sprout, binned: &Binned, cuts: &Cuts) {
        for (node, bud) in sprout.buds.iter().enumerate() {
            let Some(branch) = bud.branch.filter(|branch| branch.left >= self.nodes.len()) else { continue };
            let range = self.nodes[node].0.clone();
            let (rows, spare) = (&mut self.rows[range.clone()], &mut self.spare[range.clone()]);
            let column = binned.column(branch.feature);
            let missing = cuts.range(branch.feature).len();
            let left =
                part_rows(rows, spare, |row| column.prefetch(row as usize), |row| branch.goes_left(column.bin(row as usize), missing));
            self.nodes[node].1 = Some(branch);
            self.nodes.extend([range.start..range.start + left, range.start + left..range.end].map(|range| (range, None)));
        }
    }

    /// Whether the rows were parted as this tree parts them, as far as they were.
    fn is_of(&self, steps: &Steps) -> bool {
        self.nodes.iter().zip(&steps.0).all(|((_, branch), step)| branch.is_none() || *branch == step.branch)
    }

    /// Adds to each row's margin what the tree says of it, from the node that its rows are in: a part of the margins at a time, which so
    /// stays in a core's cache while every node adds to it.
    fn add_to(&self, margins: &mut [f64], steps: &Steps, binned: &Binned) {
        let ends = self.nodes.iter().enumerate().filter(|(_, (_, branch))| branch.is_none());
        let ends: Vec<(usize, &[u32])> = ends.map(|(node, (range, _))| (node, &self.rows[range.clone()])).collect();
        reduce::fill_chunks(margins, PART, |start, margins| {
            for (node, rows) in &ends {
                let up_to = |end: usize| rows.partition_point(|&row| (row as usize) < end);
                for &row in &rows[up_to(start)..up_to(start + margins.len())] {
                    margins[row as usize - start] += steps.value(binned, row as usize, *node);
                }
            }
        });
    }
}

/// How far ahead the memory is asked for a row's bin.
const AHEAD: usize = 32;

/// Puts the rows that go left before the others, each side in its order, and tells how many they are; `ask` asks the memory for what
/// `goes_left` looks at.
fn part_rows(rows: &mut [u32], spare: &mut [u32], ask: impl Fn(u32) + Sync, goes_left: impl Fn(u32) -> bool + Sync) -> usize {
    let parts: Vec<(&[u32], &mut [u32])> = rows.chunks(PART).zip(spare.chunks_mut(PART)).collect();
    let counts = reduce::consume(parts, |(part, out)| {
        let (mut left, mut right) = (0, out.len());
        for (at, &row) in part.iter().enumerate() {
            part.get(at + AHEAD).into_iter().for_each(|&soon| ask(soon));
            // Written at both ends and kept at one: no branch. The right end is filled backwards.
            let is_left = usize::from(goes_left(row));
            out[left] = row;
            out[right.wrapping_sub(1)] = row;
            left = left.wrapping_add(is_left);
            right = right.wrapping_sub(1 ^ is_left);
        }
        left
    });
    let count = counts.iter().sum();
    let (mut lefts, mut rights) = rows.split_at_mut(count);
    for (part, left) in spare.chunks(PART).zip(counts) {
        let (here, rest) = lefts.split_at_mut(left);
        here.copy_from_slice(&part[..left]);
        lefts = rest;
        let (here, rest) = rights.split_at_mut(part.len() - left);
        here.iter_mut().zip(part[left..].iter().rev()).for_each(|(here, row)| *here = *row);
        rights = rest;
    }
    count
}

/// A tree that goes by bins, its root first.
struct Steps(Vec<Step>);

/// A node of it.
struct Step {
    branch: Option<Branch>,
    /// How many bins the feature of the branch has.
    bins: usize,
    value: f64,
}

impl Steps {
    fn of(tree: &Tree, cuts: &Cuts) -> Self {
        let step = |Node { split, value, .. }: &Node| Step {
            branch: split.as_ref().map(|split| Branch::of(split, cuts)),
            bins: split.map_or(0, |split| cuts.range(split.feature).len()),
            value: *value,
        };
        Self(tree.nodes.iter().map(step).collect())
    }

    /// The value of the leaf that a row comes to from this node.
    #[inline(always)]
    fn value(&self, binned: &Binned, row: usize, node: usize) -> f64 {
        let mut step = &self.0[node];
        while let Some(branch) = &step.branch {
            let goes_left = branch.goes_left(binned.column(branch.feature).bin(row), step.bins);
            step = &self.0[branch.left + usize::from(!goes_left)];
        }
        step.value
    }
}
