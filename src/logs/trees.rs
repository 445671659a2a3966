//! `trees.csv`.

use super::column::{Column, Group, Log};
use super::filling::{Filling, Finished, Rows};
use super::sizes::Length;
use super::unit::Unit;
use crate::data::preprocess::{Feature, Rule, Transform};
use crate::models::boosting::{ABOVE_ALL, Forest, Node, Split};
use crate::numeric::text::shortest;
use crate::tasks::Task;

/// The trees, node by node.
pub const LOG: Log = Log::reproducible(
    "trees.csv",
    "The trees of the model that the run leaves, a line a node; the first one is drawn in `plots/tree.svg`; left by boosting. What a row \
     starts with, and each leaf that it comes to adds to, is in `model.csv` under `start`.",
    &[
        Group::always(&TREE),
        Group::of(Task::Multiclass, &[Column::new("class", "Class", Unit::Text, "the one whose score the tree adds to")]),
        Group::always(&NODE),
    ],
    Length::of_columns(|sizes| sizes.parameters),
)
.filled(Filling::AtEnd(rows));

/// What stands for the cut of a split that parts cells that are there from those that are missing.
pub const ANY: &str = "any";

const TREE: [Column; 1] = [Column::new(
    "tree",
    "Tree",
    Unit::Plain,
    "from 1; of several classes each round grows one a class, in the classes' order; where clients grow their own, one client after the other",
)];

const NODE: [Column; 9] = [
    Column::new("node", "Node", Unit::Plain, "its number in the tree; the root is 0"),
    Column::new("feature", "Feature", Unit::Text, "by which the node splits its rows; empty in a leaf"),
    Column::new(
        "cut",
        "Cut",
        Unit::Text,
        "rows whose cell is smaller go left, the others right: in the column's own unit, after its `transform`, and of a category 1 where \
         the row is of it, else 0; `any` where every cell that is there goes left; empty in a leaf",
    ),
    Column::new("missing", "Missing cells", Unit::Text, "where rows go that lack the cell: `left` or `right`; empty in a leaf"),
    Column::new("left", "Left child", Unit::Plain, "the node that rows go on to; empty in a leaf"),
    Column::new("right", "Right child", Unit::Plain, "the other one"),
    Column::new("value", "Value", Unit::Plain, "what a leaf adds to its rows' score; of another node what it would have added"),
    Column::new("cover", "Cover", Unit::Measure, "the sum of the loss's second derivatives over the training rows that come there"),
    Column::new("gain", "Gain", Unit::Measure, "by how much the split betters the loss, times two; empty in a leaf"),
];

fn rows<'a>(finished: &Finished<'a>) -> Option<Rows<'a>> {
    let federation = finished.run.federation();
    let forest = &finished.last.trees.as_ref()?.forest;
    Some(Box::new(node_rows(&federation.transform, &federation.classes, forest)))
}

/// The rows of the table, with each tree's class where there are several.
fn node_rows<'a>(transform: &'a Transform, classes: &'a [String], forest: &'a Forest) -> impl Iterator<Item = Vec<String>> + 'a {
    let has_classes = forest.outputs() > 1;
    (0..).zip(&forest.trees).flat_map(move |(number, tree): (usize, _)| {
        let class = has_classes.then(|| classes[number % classes.len()].clone());
        (0..).zip(&tree.nodes).map(move |(at, node): (usize, _)| {
            let mut row = vec![(number + 1).to_string()];
            row.extend(class.clone());
            row.push(at.to_string());
            row.extend(cells(transform, node));
            row
        })
    })
}

/// What is told of a node itself.
fn cells(transform: &Transform, node: &Node) -> [String; 8] {
    let [value, cover] = [node.value, node.cover].map(shortest);
    let Some(split) = &node.split else {
        let none = String::new;
        return [none(), none(), none(), none(), none(), value, cover, none()];
    };
    let feature = &transform.features[split.feature];
    let missing = if split.missing_left { "left" } else { "right" };
    let [left, right] = [split.left, split.left + 1].map(|child| child.to_string());
    [feature.name.clone(), cut(feature, split), missing.to_owned(), left, right, value, cover, shortest(split.gain)]
}

/// Where a split parts the cells of its feature's column.
fn cut(feature: &Feature, split: &Split) -> String {
    match feature.rule {
        _ if split.cut == ABOVE_ALL => ANY.to_owned(),
        Rule::Number { offset, scale, .. } => shortest(offset + scale * split.cut),
        Rule::Category(_) | Rule::MissingCategory | Rule::Indicator => shortest(split.cut),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::boosting::Tree;

    fn transform() -> Transform {
        let number = Rule::Number { clip: [f64::NEG_INFINITY, f64::INFINITY], fill: f64::NAN, offset: 40.0, scale: 12.0 };
        let feature = |name: &str, rule| Feature { name: name.to_owned(), source: name.to_owned(), rule };
        let own = Rule::Category("own".to_owned());
        Transform { features: vec![feature("age", number), feature("home=own", own)], curves: Default::default() }
    }

    fn leaf(value: f64) -> Node {
        Node { split: None, value, cover: 2.0 }
    }

    fn inner(feature: usize, cut: f64, missing_left: bool, left: usize) -> Node {
        Node { split: Some(Split { feature, cut, missing_left, left, gain: 7.5 }), value: 0.125, cover: 6.0 }
    }

    /// The mean age is 40, its standard deviation 12: half a deviation below the mean is 34. A category's cut is not scaled.
    #[test]
    fn cuts_are_in_the_columns_own_units() {
        let nodes = vec![inner(0, -0.5, true, 1), inner(1, 1.0, false, 3), inner(0, ABOVE_ALL, false, 5)];
        let nodes = nodes.into_iter().chain([1.0, -2.0, 3.0, 4.0].map(leaf)).collect();
        let forest = Forest { base: vec![0.0], trees: vec![Tree { nodes }] };
        let transform = transform();
        let found: Vec<String> = node_rows(&transform, &[], &forest).map(|row| row.join(",")).collect();
        assert_eq!(
            found,
            [
                "1,0,age,34,left,1,2,0.125,6,7.5",
                "1,1,home=own,1,right,3,4,0.125,6,7.5",
                "1,2,age,any,right,5,6,0.125,6,7.5",
                "1,3,,,,,,1,2,",
                "1,4,,,,,,-2,2,",
                "1,5,,,,,,3,2,",
                "1,6,,,,,,4,2,",
            ]
        );
        assert_eq!(LOG.header(&[]).len(), 10);
    }

    #[test]
    fn trees_of_several_classes_are_of_them_in_turn() {
        let trees = (0..4).map(|at| Tree { nodes: vec![leaf(f64::from(at))] }).collect();
        let (transform, classes) = (transform(), ["bad", "good"].map(str::to_owned));
        let forest = Forest { base: vec![0.0; 2], trees };
        let found: Vec<Vec<String>> = node_rows(&transform, &classes, &forest).collect();
        assert!(found.iter().all(|row| row.len() == LOG.header(&[super::super::When::Of(Task::Multiclass)]).len()));
        let heads: Vec<[&str; 2]> = found.iter().map(|row| [row[0].as_str(), row[1].as_str()]).collect();
        assert_eq!(heads, [["1", "bad"], ["2", "good"], ["3", "bad"], ["4", "good"]]);
    }
}
