//! SHAP values of trees: how much each feature of a row adds to its margins, as the Shapley value of a game whose players are the
//! features.
//!
//! Two games: path-dependent (Lundberg, Erion and Lee, "Consistent Individualized Feature Attribution for Tree Ensembles", 2018,
//! <https://arxiv.org/abs/1802.03888>, algorithm 2), where a split by a feature outside the coalition sends a row both ways, each by
//! its child's share of the cover; and interventional (Lundberg et al., "From Local Explanations to Global Understanding with
//! Explainable AI for Trees", Nature Machine Intelligence 2020), where such a feature has the cell of a background row.
//!
//! What a leaf pays is a product in both: over the features that lead to it, 1 or 0 as the row's own cell leads there or not if the
//! feature is in the coalition, and its share if it is not. Shapley's value of a feature is the mean, over t from 0 to 1, of the
//! derivative by it where every other one is in the coalition with probability t (Owen, "Multilinear Extensions of Games", 1972). Of
//! a leaf that is a polynomial in t of a lower degree than the tree is deep, so that a sum over a few points by Gauss and Legendre is
//! the integral itself. Once down the tree and once up it gives all leaves (as in Yu et al., "Linear TreeSHAP", NeurIPS 2022,
//! <https://arxiv.org/abs/2209.08192>, but for the points): O(trees x leaves x points), where algorithm 2 has the depth's square.

use std::iter::zip;

use super::forest::{Forest, Node, Split, Tree};
use super::growth::DEPTH_MAX;

/// Points of the integral.
const POINTS: usize = 6;

/// They are right for polynomials of a degree below twice their number.
const _: () = assert!(DEPTH_MAX <= 2 * POINTS, "a deeper tree takes more points");

/// Where the points are: the zeros of Legendre's polynomial of degree 6, moved from -1 to 1 to 0 to 1 (Abramowitz and Stegun, table 25.4).
const PLACES: AtPoints = {
    let (inner, middle, outer) = (0.238_619_186_083_196_9, 0.661_209_386_466_264_5, 0.932_469_514_203_152);
    let [low, high] = [[1.0 - outer, 1.0 - middle, 1.0 - inner], [1.0 + inner, 1.0 + middle, 1.0 + outer]];
    [low[0] / 2.0, low[1] / 2.0, low[2] / 2.0, high[0] / 2.0, high[1] / 2.0, high[2] / 2.0]
};

/// What each point counts for; together 1.
const WEIGHTS: AtPoints = {
    let (inner, middle, outer) = (0.467_913_934_572_691_04 / 2.0, 0.360_761_573_048_138_6 / 2.0, 0.171_324_492_379_170_36 / 2.0);
    [outer, middle, inner, inner, middle, outer]
};

/// A number for each point.
type AtPoints = [f64; POINTS];

/// What the features of a row add to its margins: the margins are the base plus the sum of the values.
#[derive(Clone, Debug, PartialEq)]
pub struct Contributions {
    /// What the margins are expected to be of a row of which nothing is known, (outputs,).
    pub base: Vec<f64>,
    /// What each feature adds, (outputs, features).
    pub values: Vec<f64>,
}

/// A forest, ready to explain many rows.
#[derive(Debug)]
pub struct Explainer<'f> {
    forest: &'f Forest,
    /// What belongs to each tree's nodes.
    ways: Vec<Vec<Way>>,
    /// The margins of a row that goes every way by its share, (outputs,).
    expected: Vec<f64>,
}

/// The way from a node's parent to it.
#[derive(Clone, Copy, Debug)]
struct Way {
    /// The part of the parent's rows that go this way.
    share: f64,
    /// The next node above, the node itself counted in, that a split by the node's own feature leads to.
    above: Option<usize>,
}

/// How a feature leads to a node, by all splits on the way there.
#[derive(Clone, Copy, Debug)]
struct Lead {
    /// Whether the row's own cell does.
    own: bool,
    /// The part that goes there of rows that go by share.
    share: f64,
}

/// What a feature counts for that is not yet on the way.
const NOWHERE: Lead = Lead { own: true, share: 1.0 };

/// What the walk through a tree writes down of its nodes.
#[derive(Debug)]
struct Notes {
    leads: Vec<Lead>,
    /// On the way down the product over the features that lead to a node, then the sum over the leaves below it of product times value.
    sums: Vec<AtPoints>,
}

impl<'f> Explainer<'f> {
    /// For this forest.
    ///
    /// # Panics
    /// If a tree is deeper than [`DEPTH_MAX`].
    pub fn new(forest: &'f Forest) -> Self {
        assert!(forest.trees.iter().all(|tree| tree.depth() <= DEPTH_MAX), "the integral is right for trees that are no deeper");
        let ways: Vec<Vec<Way>> = forest.trees.iter().map(ways).collect();
        let mut expected = forest.base.clone();
        for (at, (tree, ways)) in zip(&forest.trees, &ways).enumerate() {
            expected[at % forest.outputs()] += tree_expects(tree, ways);
        }
        Self { forest, ways, expected }
    }

    /// What the features of a row of these cells, (features,), add where a feature that is not known sends it both ways. A missing cell
    /// goes where the splits say, and counts as its feature's.
    ///
    /// # Panics
    /// If the row lacks a feature that a tree splits by.
    pub fn path_dependent(&self, cells: &[f64]) -> Contributions {
        let mut values = vec![0.0; self.forest.outputs() * cells.len()];
        let mut notes = self.notes();
        for (at, tree) in self.forest.trees.iter().enumerate() {
            let ways = &self.ways[at];
            notes.walk(tree, ways, |split| split.child(cells), |_, child| ways[child].share);
            notes.add(tree, ways, self.part(&mut values, at, cells.len()));
        }
        Contributions { base: self.expected.clone(), values }
    }

    /// What the features of a row of these cells, (features,), add where a feature that is not known has the cell of a background row,
    /// each of which, (features,), is as likely. Zeros if there is no background row.
    ///
    /// # Panics
    /// If a row lacks a feature that a tree splits by.
    pub fn interventional(&self, cells: &[f64], background: &[Vec<f64>]) -> Contributions {
        let outputs = self.forest.outputs();
        let (mut base, mut values) = (vec![0.0; outputs], vec![0.0; outputs * cells.len()]);
        let mut notes = self.notes();
        for other in background {
            zip(&mut base, &self.forest.base).for_each(|(base, start)| *base += start);
            for (at, tree) in self.forest.trees.iter().enumerate() {
                let ways = &self.ways[at];
                base[at % outputs] += tree.nodes[tree.leaf(other)].value;
                let share = |split: &Split, child| f64::from(u8::from(split.child(other) == child));
                notes.walk(tree, ways, |split| split.child(cells), share);
                notes.add(tree, ways, self.part(&mut values, at, cells.len()));
            }
        }
        let rows = background.len().max(1) as f64;
        base.iter_mut().chain(&mut values).for_each(|number| *number /= rows);
        Contributions { base, values }
    }

    /// The values of a tree's output, (features,).
    fn part<'v>(&self, values: &'v mut [f64], tree: usize, features: usize) -> &'v mut [f64] {
        &mut values[tree % self.forest.outputs() * features..][..features]
    }

    fn notes(&self) -> Notes {
        let nodes = self.ways.iter().map(Vec::len).max().unwrap_or(0);
        Notes { leads: vec![NOWHERE; nodes], sums: vec![[0.0; POINTS]; nodes] }
    }
}

/// The ways to a tree's nodes. Where no row comes, both ways on are alike.
fn ways(Tree { nodes }: &Tree) -> Vec<Way> {
    let mut parents = vec![0; nodes.len()];
    let mut ways = vec![Way { share: 1.0, above: None }; nodes.len()];
    for (at, node) in nodes.iter().enumerate() {
        let Some(split) = &node.split else { continue };
        let covers = [nodes[split.left].cover, nodes[split.left + 1].cover];
        let cover = covers[0] + covers[1];
        for (child, part) in zip(split.left.., covers) {
            parents[child] = at;
            ways[child].share = if cover > 0.0 { part / cover } else { 0.5 };
        }
        let mut above = at;
        while above > 0 && nodes[parents[above]].split.is_none_or(|other| other.feature != split.feature) {
            above = parents[above];
        }
        ways[at].above = (above > 0).then_some(above);
    }
    ways
}

/// The value of a row that goes every way by its share.
fn tree_expects(Tree { nodes }: &Tree, ways: &[Way]) -> f64 {
    let mut shares = vec![1.0; nodes.len()];
    let mut expected = 0.0;
    for (at, node) in nodes.iter().enumerate() {
        match &node.split {
            None => expected += shares[at] * node.value,
            Some(split) => (split.left..=split.left + 1).for_each(|child| shares[child] = shares[at] * ways[child].share),
        }
    }
    expected
}

impl Notes {
    /// Goes down the tree: which child the row's own cell leads to at a split, and which share of others goes to a child.
    fn walk(&mut self, tree: &Tree, ways: &[Way], own: impl Fn(&Split) -> usize, share: impl Fn(&Split, usize) -> f64) {
        self.sums[0] = [1.0; POINTS];
        for (at, Node { split, value, .. }) in tree.nodes.iter().enumerate() {
            let product = self.sums[at];
            let Some(split) = split else {
                self.sums[at] = at_points(|point| product[point] * value);
                continue;
            };
            if product[0] == 0.0 {
                // No coalition leads here.
                self.sums[split.left..=split.left + 1].fill(product);
                continue;
            }
            let above = ways[at].above.map(|above| self.leads[above]);
            let before = above.unwrap_or(NOWHERE);
            let own = own(split);
            for child in split.left..=split.left + 1 {
                let share = share(split, child);
                let lead = Lead { own: before.own && own == child, share: before.share * share };
                self.leads[child] = lead;
                let factors = lead.factors();
                // A feature that is on the way already counts once, for all its splits.
                self.sums[child] = match above {
                    None => at_points(|point| product[point] * factors[point]),
                    Some(Lead { own: false, .. }) => at_points(|point| product[point] * share),
                    Some(above) => {
                        let known = above.factors();
                        at_points(|point| product[point] * factors[point] / known[point])
                    }
                };
            }
        }
    }

    /// Goes up the tree again, and adds what each feature adds, (features,).
    fn add(&mut self, tree: &Tree, ways: &[Way], values: &mut [f64]) {
        for (at, Node { split, .. }) in tree.nodes.iter().enumerate().rev() {
            // Where no coalition leads, the sum is 0 as the product was.
            let Some(split) = split.as_ref().filter(|_| self.sums[at][0] != 0.0) else { continue };
            let [left, right] = [self.sums[split.left], self.sums[split.left + 1]];
            let both: AtPoints = at_points(|point| left[point] + right[point]);
            self.sums[at] = both;
            let slopes = [self.leads[split.left].slopes(), self.leads[split.left + 1].slopes()];
            let mut terms: AtPoints = at_points(|point| left[point] * slopes[0][point] + right[point] * slopes[1][point]);
            if let Some(above) = ways[at].above {
                // What a split above by the same feature says of these leaves no longer holds.
                let slopes = self.leads[above].slopes();
                terms = at_points(|point| terms[point] - both[point] * slopes[point]);
            }
            values[split.feature] += integral(&terms);
        }
    }
}

/// A number for each point: a loop, which any build makes a few vectors of.
#[inline(always)]
fn at_points(number: impl Fn(usize) -> f64) -> AtPoints {
    let mut numbers = [0.0; POINTS];
    for (point, slot) in numbers.iter_mut().enumerate() {
        *slot = number(point);
    }
    numbers
}

/// The mean over all probabilities of what is so much at the points.
#[inline(always)]
fn integral(numbers: &AtPoints) -> f64 {
    let mut sum = 0.0;
    for (number, weight) in zip(numbers, &WEIGHTS) {
        sum += number * weight;
    }
    sum
}

impl Lead {
    /// What the feature's part of a leaf's product is where it is in the coalition with the probability of each point.
    #[inline(always)]
    fn factors(self) -> AtPoints {
        let own = f64::from(u8::from(self.own));
        at_points(|point| PLACES[point] * own + (1.0 - PLACES[point]) * self.share)
    }

    /// The derivative of the factors by that probability, over the factors.
    #[inline(always)]
    fn slopes(self) -> AtPoints {
        // Where the own cell does not lead on the share cancels out.
        let share = if self.own { self.share } else { 1.0 };
        let own = f64::from(u8::from(self.own));
        let factors = Lead { share, ..self }.factors();
        at_points(|point| (own - share) / factors[point])
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::models::boosting::xgboost::XgboostModel;
    use crate::numeric::rng::{Purpose, Seeds, Stream, Streams};
    use crate::numeric::sample::{below, happens, unit};

    const FEATURES: usize = 4;

    fn stream(case: usize) -> Stream {
        Streams::new(Seeds::all(11)).stream(Purpose::Generate, case, 0)
    }

    /// A tree of at most so many levels; features come again on a way, and some nodes have no row.
    fn tree(depth: usize, random: &mut Stream) -> Tree {
        let leaf = |random: &mut Stream| Node { split: None, value: 4.0 * unit(random) - 2.0, cover: 0.0 };
        let mut nodes = vec![leaf(random)];
        let mut open = vec![(0, depth)];
        while let Some((at, levels)) = open.pop() {
            if levels == 0 || (levels < depth && happens(0.2, random)) {
                nodes[at].cover = if happens(0.1, random) { 0.0 } else { 5.0 * unit(random) };
                continue;
            }
            let (feature, cut, missing_left, left) = (below(FEATURES - 1, random), unit(random), happens(0.5, random), nodes.len());
            nodes[at].split = Some(Split { feature, cut, missing_left, left, gain: 0.0 });
            nodes.extend([leaf(random), leaf(random)]);
            open.extend([(left, levels - 1), (left + 1, levels - 1)]);
        }
        for at in (0..nodes.len()).rev() {
            if let Some(split) = nodes[at].split {
                nodes[at].cover = nodes[split.left].cover + nodes[split.left + 1].cover;
            }
        }
        Tree { nodes }
    }

    /// Of two outputs; the last feature is in no split.
    fn forest(case: usize) -> Forest {
        let mut random = stream(case);
        Forest { base: vec![0.25, -1.0], trees: (0..6).map(|_| tree(1 + case % 5, &mut random)).collect() }
    }

    fn cells(random: &mut Stream) -> Vec<f64> {
        (0..FEATURES).map(|_| if happens(0.2, random) { f64::NAN } else { unit(random) }).collect()
    }

    /// The margins of a row that goes both ways by share where a feature is not in the coalition (algorithm 1 of the 2018 paper).
    fn by_cover(forest: &Forest, cells: &[f64], coalition: usize) -> Vec<f64> {
        fn expects(nodes: &[Node], at: usize, cells: &[f64], coalition: usize) -> f64 {
            let Some(split) = &nodes[at].split else { return nodes[at].value };
            let [left, right] = [split.left, split.left + 1].map(|child| expects(nodes, child, cells, coalition));
            if coalition >> split.feature & 1 == 1 {
                return if split.child(cells) == split.left { left } else { right };
            }
            let covers = [nodes[split.left].cover, nodes[split.left + 1].cover];
            if covers[0] + covers[1] == 0.0 {
                return (left + right) / 2.0;
            }
            (covers[0] * left + covers[1] * right) / (covers[0] + covers[1])
        }
        let mut margins = forest.base.clone();
        for (at, tree) in forest.trees.iter().enumerate() {
            margins[at % 2] += expects(&tree.nodes, 0, cells, coalition);
        }
        margins
    }

    /// The mean margins of the background rows, with the row's own cells where a feature is in the coalition.
    fn by_background(forest: &Forest, cells: &[f64], background: &[Vec<f64>], coalition: usize) -> Vec<f64> {
        let mut sums = vec![0.0; 2];
        for other in background {
            let mixed: Vec<f64> = (0..FEATURES).map(|at| if coalition >> at & 1 == 1 { cells[at] } else { other[at] }).collect();
            for (at, tree) in forest.trees.iter().enumerate() {
                sums[at % 2] += tree.nodes[tree.leaf(&mixed)].value;
            }
        }
        zip(&forest.base, sums).map(|(base, sum)| base + sum / background.len() as f64).collect()
    }

    /// Shapley's values by their definition, from what every coalition pays each output.
    fn shapley(pays: impl Fn(usize) -> Vec<f64>) -> Contributions {
        let factorial = |n: usize| (1..=n).product::<usize>() as f64;
        let mut values = vec![0.0; 2 * FEATURES];
        for feature in 0..FEATURES {
            for coalition in (0..1_usize << FEATURES).filter(|coalition| coalition >> feature & 1 == 0) {
                let size = coalition.count_ones() as usize;
                let weight = factorial(size) * factorial(FEATURES - size - 1) / factorial(FEATURES);
                let (with, without) = (pays(coalition | 1 << feature), pays(coalition));
                (0..2).for_each(|output| values[output * FEATURES + feature] += weight * (with[output] - without[output]));
            }
        }
        Contributions { base: pays(0), values }
    }

    fn assert_close(found: &Contributions, expected: &Contributions, case: usize) {
        let differs = |(a, b): (&f64, &f64)| (a - b).abs() > 1e-13;
        let is_apart = zip(&found.values, &expected.values).any(differs) || zip(&found.base, &expected.base).any(differs);
        assert!(!is_apart && found.values.len() == expected.values.len(), "case {case}: {found:?}\n{expected:?}");
    }

    #[test]
    fn both_kinds_are_shapleys_values_over_all_coalitions() {
        for case in 0..60 {
            let (forest, mut random) = (forest(case), stream(1000 + case));
            let background: Vec<Vec<f64>> = (0..5).map(|_| cells(&mut random)).collect();
            let explainer = Explainer::new(&forest);
            for _ in 0..5 {
                let cells = cells(&mut random);
                assert_close(&explainer.path_dependent(&cells), &shapley(|coalition| by_cover(&forest, &cells, coalition)), case);
                let expected = shapley(|coalition| by_background(&forest, &cells, &background, coalition));
                assert_close(&explainer.interventional(&cells, &background), &expected, case);
            }
        }
    }

    #[test]
    fn contributions_add_up_to_the_margins_in_the_deepest_trees() {
        let mut random = stream(7);
        let trees = (0..4).map(|_| tree(DEPTH_MAX, &mut random)).collect();
        let (forest, background) = (Forest { base: vec![0.5, 2.0], trees }, vec![cells(&mut random), cells(&mut random)]);
        assert!(forest.trees.iter().any(|tree| tree.depth() == DEPTH_MAX));
        let explainer = Explainer::new(&forest);
        for _ in 0..20 {
            let cells = cells(&mut random);
            let margins = by_background(&forest, &cells, &background, usize::MAX);
            for Contributions { base, values } in [explainer.path_dependent(&cells), explainer.interventional(&cells, &background)] {
                for output in 0..2 {
                    let sum = base[output] + values[output * FEATURES..][..FEATURES].iter().sum::<f64>();
                    assert!((sum - margins[output]).abs() < 1e-12, "{sum} {margins:?}");
                }
            }
        }
    }

    #[test]
    fn a_feature_without_a_split_adds_exactly_nothing() {
        let (forest, mut random) = (forest(4), stream(8));
        let (cells, background) = (cells(&mut random), [cells(&mut random)]);
        let explainer = Explainer::new(&forest);
        for found in [explainer.path_dependent(&cells), explainer.interventional(&cells, &background)] {
            assert_eq!([found.values[FEATURES - 1], found.values[2 * FEATURES - 1]], [0.0; 2]);
        }
    }

    /// Models and values by XGBoost and by the package shap (reference `tests/vectors/trees.py`), which reckon in single precision.
    #[test]
    fn they_are_what_xgboost_and_shap_say() {
        let saved: Value = serde_json::from_str(include_str!("../../../tests/vectors/trees.json")).expect("it is as its maker wrote it");
        let numbers = |numbers: &Value| -> Vec<f64> {
            numbers.as_array().expect("numbers").iter().map(|number| number.as_f64().unwrap_or(f64::NAN)).collect()
        };
        let rows = |rows: &Value| -> Vec<Vec<f64>> { rows.as_array().expect("rows").iter().map(numbers).collect() };
        let forest = |model: &Value| XgboostModel::from_json(&model.to_string()).expect("XGBoost wrote it").forest;
        let assert_near = |found: &[f64], expected: &[f64], tolerance: f64| {
            assert_eq!(found.len(), expected.len());
            assert!(zip(found, expected).all(|(a, b)| (a - b).abs() < tolerance), "{found:?}\n{expected:?}");
        };
        for case in saved["models"].as_array().expect("models") {
            let forest = forest(&case["model"]);
            let explainer = Explainer::new(&forest);
            for (cells, expected) in zip(rows(&case["rows"]), case["contributions"].as_array().expect("rows")) {
                let Contributions { base, values } = explainer.path_dependent(&cells);
                for (output, expected) in rows(expected).iter().enumerate() {
                    assert_near(&[&values[output * 4..][..4], &base[output..=output]].concat(), expected, 1e-6);
                }
            }
        }
        let explained = &saved["explained"];
        let forest = forest(&explained["model"]);
        let (explainer, background) = (Explainer::new(&forest), rows(&explained["background"]));
        for (at, cells) in rows(&explained["rows"]).iter().enumerate() {
            let Contributions { base, values } = explainer.path_dependent(cells);
            assert_near(&[values, base].concat(), &numbers(&explained["path_dependent"][at]), 1e-6);
            let Contributions { base, values } = explainer.interventional(cells, &background);
            assert_near(&values, &numbers(&explained["interventional"][at]), 1e-7);
            assert_near(&base, &[explained["interventional_base"].as_f64().expect("a number")], 1e-7);
        }
    }

    /// An AND of features that covers split evenly: what it is above its share of 2 to the power of minus their number is shared alike.
    #[test]
    fn features_that_play_alike_share_alike() {
        for count in 1..=DEPTH_MAX {
            let cover = |level: usize| 1.0 / (1_u32 << level) as f64;
            let inner = |level: usize| Node {
                split: Some(Split { feature: level, cut: 0.5, missing_left: false, left: 2 * level + 1, gain: 0.0 }),
                value: 0.0,
                cover: cover(level),
            };
            let leaf = |value: f64, level: usize| Node { split: None, value, cover: cover(level) };
            let mut nodes = vec![inner(0)];
            (1..count).for_each(|level| nodes.extend([leaf(0.0, level), inner(level)]));
            nodes.extend([leaf(0.0, count), leaf(1.0, count)]);
            let forest = Forest { base: vec![0.0], trees: vec![Tree { nodes }] };
            let explainer = Explainer::new(&forest);
            let found = explainer.path_dependent(&vec![1.0; count]);
            let (base, players) = (cover(count), count as f64);
            assert_close(&found, &Contributions { base: vec![base], values: vec![(1.0 - base) / players; count] }, count);
            let found = explainer.interventional(&vec![f64::NAN; count], &[vec![0.0; count]]);
            assert_close(&found, &Contributions { base: vec![0.0], values: vec![1.0 / players; count] }, count);
        }
    }

    #[test]
    fn a_forest_without_splits_or_trees_has_its_base_alone() {
        let leaf = Tree { nodes: vec![Node { split: None, value: 2.0, cover: 1.0 }] };
        for (trees, base) in [(vec![], 1.0), (vec![leaf], 3.0)] {
            let forest = Forest { base: vec![1.0], trees };
            let found = Explainer::new(&forest).path_dependent(&[0.5]);
            assert_eq!(found, Contributions { base: vec![base], values: vec![0.0] });
        }
    }
}
