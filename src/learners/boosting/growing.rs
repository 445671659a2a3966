//! Trees that are not yet grown, level by level: what the server keeps between the sums of a round, and what clients are sent of it.

use super::cuts::Cuts;
use super::split::{Bounds, Found, Judge, Steps, UNBOUNDED};
use crate::models::boosting::{Node, Split, Tree};

/// A node of a tree that is growing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Bud {
    /// How its rows go on; `None` as long as, or because, they do not.
    pub branch: Option<Branch>,
    /// The sums over its rows.
    pub sums: Steps,
    /// Between which values its own may lie.
    pub bounds: Bounds,
}

/// How rows go on from a node.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Branch {
    /// Which feature is looked at.
    pub feature: usize,
    /// Rows of this bin and those before it go left.
    pub bin: usize,
    /// Whether rows without a cell do.
    pub missing_left: bool,
    /// The left child; the right one is the next.
    pub left: usize,
    /// What the split gained.
    pub gain: f32,
}

impl Branch {
    /// The branch that this split was made of.
    pub fn of(split: &Split, cuts: &Cuts) -> Self {
        let &Split { feature, cut, missing_left, left, gain } = split;
        Self { feature, bin: cuts.bin_of(feature, cut), missing_left, left, gain: gain as f32 }
    }

    /// Whether a row of this bin goes left, of a feature with so many bins.
    #[inline(always)]
    pub fn goes_left(&self, bin: u8, bins: usize) -> bool {
        let bin = usize::from(bin);
        // Two answers and a choice: no branch.
        let (is_missing, is_below) = (bin == bins, bin <= self.bin);
        (is_missing & self.missing_left) | (!is_missing & is_below)
    }
}

/// A tree that is growing.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Sprout {
    /// Its nodes, the root first.
    pub buds: Vec<Bud>,
    /// Where its lowest level begins.
    pub level: usize,
    /// The nodes of the lowest level whose sums by bins are asked for, ascending: of two children the lighter.
    pub asked: Vec<usize>,
}

/// Numbers of a bud.
const BUD: usize = 9;

impl Sprout {
    /// A root with rows of these sums.
    pub fn new(sums: Steps) -> Self {
        Self { buds: vec![Bud { branch: None, sums, bounds: UNBOUNDED }], level: 0, asked: Vec::new() }
    }

    /// The sibling of a child.
    pub fn sibling(node: usize) -> usize {
        // Left children have odd numbers: the root is 0, and children come in pairs.
        if node % 2 == 1 { node + 1 } else { node - 1 }
    }

    /// Splits a node, whose children are the next two.
    pub fn branch(&mut self, node: usize, found: &Found, judge: &Judge<'_>) {
        let Found { feature, bin, missing_left, gain, sides } = *found;
        let bounds = judge.bounds_below(found, self.buds[node].bounds);
        self.buds[node].branch = Some(Branch { feature, bin, missing_left, left: self.buds.len(), gain });
        self.buds.extend(sides.into_iter().zip(bounds).map(|(sums, bounds)| Bud { branch: None, sums, bounds }));
    }

    /// The tree as it is now: nodes that could go on are leaves.
    pub fn finish(&self, cuts: &Cuts, judge: &Judge<'_>) -> Tree {
        let node = |bud: &Bud| {
            let split = bud.branch.map(|Branch { feature, bin, missing_left, left, gain }| {
                let gain = f64::from(gain);
                Split { feature, cut: cuts.cut(feature, bin), missing_left, left, gain }
            });
            let value = judge.growth.learning_rate * judge.weight(bud.sums, bud.bounds);
            Node { split, value: f64::from(value), cover: bud.sums[1] * judge.units[1] }
        };
        Tree { nodes: self.buds.iter().map(node).collect() }
    }

    fn write(&self, numbers: &mut Vec<f64>) {
        numbers.extend([self.buds.len(), self.level, self.asked.len()].map(|count| count as f64));
        numbers.extend(self.asked.iter().map(|&node| node as f64));
        for Bud { branch, sums, bounds } in &self.buds {
            let [feature, bin, missing_left, left, gain] = match branch {
                None => [-1.0, 0.0, 0.0, 0.0, 0.0],
                Some(Branch { feature, bin, missing_left, left, gain }) => {
                    [*feature as f64, *bin as f64, f64::from(u8::from(*missing_left)), *left as f64, f64::from(*gain)]
                }
            };
            numbers.extend([feature, bin, missing_left, left, gain, sums[0], sums[1], f64::from(bounds[0]), f64::from(bounds[1])]);
        }
    }

    /// Reads what [`write_all`] has written; such numbers never come from a file.
    fn read(numbers: &[f64]) -> (Self, &[f64]) {
        let (head, rest) = numbers.split_at(3);
        let [count, level, asked] = [0, 1, 2].map(|at| head[at] as usize);
        let (asked, rest) = rest.split_at(asked);
        let (buds, rest) = rest.split_at(count * BUD);
        let bud = |numbers: &[f64; BUD]| {
            let [feature, bin, missing_left, left, gain, g, h, low, high] = *numbers;
            let branch = (feature >= 0.0).then_some(Branch {
                feature: feature as usize,
                bin: bin as usize,
                missing_left: missing_left == 1.0,
                left: left as usize,
                gain: gain as f32,
            });
            Bud { branch, sums: [g, h], bounds: [low as f32, high as f32] }
        };
        let buds = buds.as_chunks::<BUD>().0.iter().map(bud).collect();
        (Self { buds, level, asked: asked.iter().map(|&node| node as usize).collect() }, rest)
    }
}

/// The trees of a round as numbers.
pub(super) fn write_all(sprouts: &[Sprout]) -> Vec<f64> {
    let mut numbers = Vec::new();
    sprouts.iter().for_each(|sprout| sprout.write(&mut numbers));
    numbers
}

/// The trees of a round, back from numbers.
pub(super) fn read_all(mut numbers: &[f64]) -> Vec<Sprout> {
    let mut sprouts = Vec::new();
    while !numbers.is_empty() {
        let (sprout, rest) = Sprout::read(numbers);
        sprouts.push(sprout);
        numbers = rest;
    }
    sprouts
}
