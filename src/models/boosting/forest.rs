//! Trees as a model's parameters: numbers one after the other, which only this file knows to read and to write.
//!
//! Layout: first the margins that every row starts with, one an output; then tree after tree, of several outputs in turn. A tree is how
//! many nodes it has, and for each of these [`NODE`] numbers: feature (-1 in a leaf), cut, whether missing cells go left, left child
//! (the right one is the next), value, cover and gain. Children come after their parents.

use super::growth::DEPTH_MAX;

/// The cut of a split behind the last bin: whatever is there goes left, and what is missing right.
pub const ABOVE_ALL: f64 = f64::MAX;

/// Numbers of a node.
const NODE: usize = 7;

/// Nodes of a tree as deep as a tree can be.
pub(super) const NODES_MAX: usize = nodes_max(DEPTH_MAX);

/// Nodes of a tree of so many levels of splits.
const fn nodes_max(depth: usize) -> usize {
    (2 << depth) - 1
}

/// Numbers that so many trees take at most.
pub fn numbers_max(trees: usize, depth: usize) -> usize {
    trees.saturating_mul(1 + NODE * nodes_max(depth))
}

/// How rows go on from a node.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Split {
    /// Which feature is looked at.
    pub feature: usize,
    /// Rows with a smaller cell go left.
    pub cut: f64,
    /// Whether rows without a cell go left.
    pub missing_left: bool,
    /// The left child; the right one is the next.
    pub left: usize,
    /// By how much the split betters the loss, times two (Chen and Guestrin 2016, equation 7, without the half).
    pub gain: f64,
}

/// A node of a tree.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Node {
    /// How rows go on; `None` in a leaf.
    pub split: Option<Split>,
    /// What rows that end here add to their margin; of an inner node what they would have added.
    pub value: f64,
    /// The sum of the second derivatives of all rows that come here, on which every share of rows goes.
    pub cover: f64,
}

/// A tree, its root first.
#[derive(Clone, Debug, PartialEq)]
pub struct Tree {
    /// Its nodes.
    pub nodes: Vec<Node>,
}

/// All trees of a model.
#[derive(Clone, Debug, PartialEq)]
pub struct Forest {
    /// What every row's margins are before the first tree, (outputs,).
    pub base: Vec<f64>,
    /// The trees, of several outputs in turn.
    pub trees: Vec<Tree>,
}

impl Split {
    /// The child that a row of these cells goes on to.
    #[inline]
    pub fn child(&self, cells: &[f64]) -> usize {
        let cell = cells[self.feature];
        let goes_left = if cell.is_nan() { self.missing_left } else { cell < self.cut };
        self.left + usize::from(!goes_left)
    }
}

impl Tree {
    /// The leaf that a row of these cells comes to.
    #[inline]
    pub fn leaf(&self, cells: &[f64]) -> usize {
        let mut at = 0;
        while let Some(split) = &self.nodes[at].split {
            at = split.child(cells);
        }
        at
    }

    /// How many splits lie above the deepest node.
    pub fn depth(&self) -> usize {
        let mut depths = vec![0; self.nodes.len()];
        for (at, node) in self.nodes.iter().enumerate() {
            if let Some(split) = &node.split {
                let depth = depths[at] + 1;
                depths[split.left..=split.left + 1].fill(depth);
            }
        }
        depths.into_iter().max().unwrap_or(0)
    }

    /// Appends the tree to a model's parameters.
    pub fn write(&self, params: &mut Vec<f64>) {
        params.push(self.nodes.len() as f64);
        for Node { split, value, cover } in &self.nodes {
            let [feature, cut, missing_left, left, gain] = match split {
                None => [-1.0, 0.0, 0.0, 0.0, 0.0],
                Some(split) => [split.feature as f64, split.cut, f64::from(u8::from(split.missing_left)), split.left as f64, split.gain],
            };
            params.extend([feature, cut, missing_left, left, *value, *cover, gain]);
        }
    }

    /// Reads a tree from the front of some parameters, and tells what follows it.
    fn read(params: &[f64], features: usize) -> Result<(Self, &[f64]), &'static str> {
        let (&count, rest) = params.split_first().ok_or("a tree is missing")?;
        let count = whole(count, NODES_MAX + 1).filter(|&count| count > 0).ok_or("a tree has no such number of nodes")?;
        let (numbers, rest) = rest.split_at_checked(count * NODE).ok_or("a tree ends too early")?;
        let node = |(at, numbers): (usize, &[f64; NODE])| {
            let [feature, cut, missing_left, left, value, cover, gain] = *numbers;
            let split = if feature == -1.0 {
                None
            } else {
                let feature = whole(feature, features).ok_or("a split is by no feature of the model")?;
                let missing_left = whole(missing_left, 2).ok_or("missing cells go left, 1, or right, 0")? == 1;
                let left = whole(left, count.saturating_sub(1)).filter(|&left| left > at).ok_or("a node's children come after it")?;
                Some(Split { feature, cut, missing_left, left, gain })
            };
            Ok(Node { split, value, cover })
        };
        let nodes: Result<Vec<Node>, &'static str> = numbers.as_chunks::<NODE>().0.iter().enumerate().map(node).collect();
        let nodes = nodes?;
        let mut children: Vec<usize> = nodes.iter().filter_map(|node| node.split).flat_map(|split| [split.left, split.left + 1]).collect();
        children.sort_unstable();
        if !children.into_iter().eq(1..count) {
            return Err("every node but the root is one other's child");
        }
        let tree = Self { nodes };
        if tree.depth() > DEPTH_MAX {
            return Err("a tree is deeper than trees may be");
        }
        Ok((tree, rest))
    }
}

/// A whole number below `end`.
fn whole(number: f64, end: usize) -> Option<usize> {
    (number >= 0.0 && number < end as f64 && number.fract() == 0.0).then_some(number as usize)
}

impl Forest {
    /// Reads a model's parameters, of so many outputs and features.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn read(params: &[f64], outputs: usize, features: usize) -> Result<Self, &'static str> {
        let (base, mut rest) = params.split_at_checked(outputs).ok_or("the margins to start with are missing")?;
        let mut trees = Vec::new();
        while !rest.is_empty() {
            let (tree, after) = Tree::read(rest, features)?;
            trees.push(tree);
            rest = after;
        }
        if trees.len() % outputs.max(1) != 0 {
            return Err("every output has as many trees");
        }
        Ok(Self { base: base.to_vec(), trees })
    }

    /// The forest of a model's own parameters.
    ///
    /// # Panics
    /// If they are none: whoever reads them from a file reads them by [`Forest::read`] first.
    pub fn of(params: &[f64], outputs: usize, features: usize) -> Self {
        Self::read(params, outputs, features).expect("parameters are checked where they are read")
    }

    /// Where each tree of a model's own parameters begins, without a look into it.
    fn starts(params: &[f64], outputs: usize) -> Vec<usize> {
        let (mut starts, mut at) = (Vec::new(), outputs);
        while at < params.len() {
            starts.push(at);
            at += 1 + params[at] as usize * NODE;
        }
        starts
    }

    /// How many trees a model's own parameters have.
    pub fn count(params: &[f64], outputs: usize) -> usize {
        Self::starts(params, outputs).len()
    }

    /// The numbers of the last trees of a model's own parameters, one an output; none before the first.
    pub fn last(params: &[f64], outputs: usize) -> &[f64] {
        let starts = Self::starts(params, outputs);
        starts.len().checked_sub(outputs).and_then(|first| starts.get(first)).map_or(&[], |&start| &params[start..])
    }

    /// The trees of a model's own parameters from the one of this number on.
    ///
    /// # Panics
    /// If they are no such parameters.
    pub fn since(params: &[f64], outputs: usize, first: usize, features: usize) -> Vec<Tree> {
        let starts = Self::starts(params, outputs);
        let read = |&start: &usize| Tree::read(&params[start..], features).expect("parameters are checked where they are read").0;
        starts[first..].iter().map(read).collect()
    }

    /// How many numbers a row's margins are.
    pub fn outputs(&self) -> usize {
        self.base.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaf(value: f64) -> Node {
        Node { split: None, value, cover: 1.0 }
    }

    fn stump() -> Tree {
        let split = Split { feature: 1, cut: 0.5, missing_left: true, left: 1, gain: 3.0 };
        Tree { nodes: vec![Node { split: Some(split), value: 0.0, cover: 2.0 }, leaf(-1.0), leaf(2.0)] }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let mut params = vec![0.25];
        stump().write(&mut params);
        Tree { nodes: vec![leaf(7.0)] }.write(&mut params);
        let forest = Forest::read(&params, 1, 2).expect("it was written so");
        assert_eq!(forest, Forest { base: vec![0.25], trees: vec![stump(), Tree { nodes: vec![leaf(7.0)] }] });
    }

    #[test]
    fn cells_below_the_cut_go_left_and_missing_ones_where_the_split_says() {
        let tree = stump();
        assert_eq!([0.4, 0.5, f64::NAN, 9.0].map(|cell| tree.leaf(&[0.0, cell])), [1, 2, 1, 2]);
    }

    #[test]
    fn a_tree_that_is_too_deep_is_refused() {
        let chain = |depth: usize| {
            let split = |level: usize| Some(Split { feature: 0, cut: 0.0, missing_left: false, left: 2 * level + 1, gain: 0.0 });
            let mut nodes = vec![Node { split: split(0), ..leaf(0.0) }];
            (1..depth).for_each(|level| nodes.extend([Node { split: split(level), ..leaf(0.0) }, leaf(0.0)]));
            nodes.extend([leaf(1.0), leaf(2.0)]);
            nodes
        };
        let read = |depth: usize| {
            let mut params = vec![0.0];
            Tree { nodes: chain(depth) }.write(&mut params);
            Forest::read(&params, 1, 1)
        };
        assert_eq!(Tree { nodes: chain(3) }.depth(), 3);
        assert!(read(DEPTH_MAX).is_ok());
        assert_eq!(read(DEPTH_MAX + 1), Err("a tree is deeper than trees may be"));
    }

    #[test]
    fn numbers_that_are_no_trees_are_refused() {
        let mut good = vec![0.0];
        stump().write(&mut good);
        let with = |at: usize, value: f64| {
            let mut params = good.clone();
            params[at] = value;
            Forest::read(&params, 1, 2)
        };
        // Nodes, the root's feature, its missing side, its left child; each leaf's feature.
        for (at, value) in [(1, 0.0), (1, 4.0), (1, 2.5), (1, 1e300), (2, 2.0), (2, -2.0), (4, 2.0), (5, 0.0), (5, 2.0), (9, 0.0)] {
            assert!(with(at, value).is_err(), "{at}: {value}");
        }
        assert!(Forest::read(&good[..good.len() - 1], 1, 2).is_err() && Forest::read(&[], 1, 2).is_err());
        assert!(Forest::read(&good[1..], 0, 2).is_ok() && Forest::read(&[[0.0].as_slice(), &good].concat(), 2, 2).is_err());
    }
}
