//! How much each feature counts in a model of trees, as the splits by it tell: what XGBoost calls `total_gain`, `total_cover` and
//! `weight`.

use super::forest::Forest;

/// What the splits by a feature come to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SplitSums {
    /// The sum of their gains.
    pub gain: f64,
    /// The sum of the covers of the nodes that they part.
    pub cover: f64,
    /// How many there are.
    pub splits: usize,
}

/// What the splits by each of so many features come to, (features,): added tree after tree, node after node.
pub fn by_feature(forest: &Forest, features: usize) -> Vec<SplitSums> {
    let mut sums = vec![SplitSums::default(); features];
    for node in forest.trees.iter().flat_map(|tree| &tree.nodes) {
        let Some(split) = &node.split else { continue };
        let own = &mut sums[split.feature];
        own.gain += split.gain;
        own.cover += node.cover;
        own.splits += 1;
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::super::{Node, Split, Tree};
    use super::*;

    /// By hand: feature 0 parts the first tree's root (gain 8, cover 10) and the second's (1, 10), feature 2 the first tree's left
    /// child (gain 2.5, cover 6); no split is by feature 1.
    #[test]
    fn gains_and_covers_are_summed_over_all_trees_feature_by_feature() {
        let leaf = |cover| Node { split: None, value: 1.0, cover };
        let inner = |feature, left, gain, cover| Node {
            split: Some(Split { feature, cut: 0.5, missing_left: false, left, gain }),
            value: 0.0,
            cover,
        };
        let first = Tree { nodes: vec![inner(0, 1, 8.0, 10.0), inner(2, 3, 2.5, 6.0), leaf(4.0), leaf(1.0), leaf(5.0)] };
        let second = Tree { nodes: vec![inner(0, 1, 1.0, 10.0), leaf(7.0), leaf(3.0)] };
        let sums = by_feature(&Forest { base: vec![0.0], trees: vec![first, second] }, 3);
        let wanted = [(9.0, 20.0, 2), (0.0, 0.0, 0), (2.5, 6.0, 1)];
        assert_eq!(sums, wanted.map(|(gain, cover, splits)| SplitSums { gain, cover, splits }));
        let alone = Forest { base: vec![0.0], trees: vec![Tree { nodes: vec![leaf(3.0)] }] };
        assert_eq!(by_feature(&alone, 1), [SplitSums::default()]);
    }
}
