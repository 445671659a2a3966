//! One tree as XGBoost writes it: a list of numbers for each thing that a node has.

use super::file::{TreeFile, TreeShape, one};
use super::wrong::{beyond, refused, strange};
use crate::diag::Problem;
use crate::models::boosting::forest::NODES_MAX;
use crate::models::boosting::{ABOVE_ALL, DEPTH_MAX, Node, Split, Tree};

/// What stands for the parent of the root.
const NO_PARENT: u32 = 0x7fff_ffff;

/// What stands for the child of a leaf.
const NO_CHILD: i32 = -1;

impl TreeFile {
    /// The tree of this number, of so many features, each leaf's value greater by `rest`.
    ///
    /// # Errors
    /// When a value is beyond single precision.
    pub(super) fn of(tree: &Tree, rest: f64, (id, features): (usize, usize)) -> Result<Self, Problem> {
        let mut file = Self { id, tree_param: TreeShape::of(tree.nodes.len(), features), ..Self::default() };
        file.parents = vec![NO_PARENT; tree.nodes.len()];
        for (at, Node { split, value, cover }) in tree.nodes.iter().enumerate() {
            let value = if split.is_none() { value + rest } else { *value } as f32;
            let condition = split.as_ref().map_or(value, |split| rounded_up(split.cut));
            if !value.is_finite() || !condition.is_finite() {
                return Err(beyond("a tree's value or cut"));
            }
            let number = |child: usize| i32::try_from(child).expect("a tree has at most NODES_MAX nodes");
            let children = split.as_ref().map(|split| [split.left, split.left + 1]);
            children.into_iter().flatten().for_each(|child| file.parents[child] = at as u32);
            let [left, right] = children.map_or([NO_CHILD; 2], |children| children.map(number));
            file.left_children.push(left);
            file.right_children.push(right);
            file.base_weights.push(value);
            file.split_conditions.push(condition);
            file.split_indices.push(split.as_ref().map_or(0, |split| split.feature));
            file.split_type.push(0);
            file.default_left.push(u8::from(split.as_ref().is_some_and(|split| split.missing_left)));
            file.loss_changes.push(within(split.as_ref().map_or(0.0, |split| split.gain)));
            file.sum_hessian.push(within(*cover));
        }
        Ok(file)
    }

    /// The tree, the file's `number`th, by this many features.
    ///
    /// # Errors
    /// When it is none, or none that can be said.
    pub(super) fn read(&self, number: usize, features: usize) -> Result<Tree, Problem> {
        self.check().map_err(|what| strange(&format!("tree {number}: {what}")))?;
        if !matches!(self.tree_param.size_leaf_vector.as_str(), "" | "0" | "1") {
            return Err(refused(&format!("tree {number} has a vector in each leaf"), "train it with multi_strategy = one_output_per_tree"));
        }
        if self.split_type.iter().any(|&kind| kind != 0) {
            let what = format!("tree {number} splits by sets of categories, which are no cuts");
            return Err(refused(&what, "train it on one-hot columns, without enable_categorical"));
        }
        let (mut nodes, mut open) = (Vec::new(), vec![0]);
        // Children get numbers as they are met, so that they come after their parents and the right one after the left.
        while let Some(&from) = open.get(nodes.len()) {
            let (node, children) = self.node(from, (open.len(), features)).map_err(|what| strange(&format!("tree {number}: {what}")))?;
            nodes.push(node);
            open.extend(children);
            if open.len() > self.left_children.len() {
                return Err(strange(&format!("tree {number}: a node is the child of two")));
            }
        }
        let tree = Tree { nodes };
        if tree.depth() > DEPTH_MAX {
            let what = format!("tree {number} is {} levels deep", tree.depth());
            return Err(refused(&what, &format!("train it with max_depth = {DEPTH_MAX}")));
        }
        Ok(tree)
    }

    /// Wants as many numbers in every list, all of them finite.
    fn check(&self) -> Result<(), String> {
        let nodes = self.left_children.len();
        if !(1..=NODES_MAX).contains(&nodes) {
            return Err(format!("it has {nodes} nodes, not 1 to {NODES_MAX}"));
        }
        let floats = [&self.base_weights, &self.loss_changes, &self.split_conditions, &self.sum_hessian];
        let bytes = [self.default_left.len(), self.split_type.len()];
        let whole = [self.right_children.len(), self.split_indices.len()];
        if floats.map(Vec::len).into_iter().chain(bytes).chain(whole).any(|count| count != nodes) {
            return Err("its lists are not of one length".to_owned());
        }
        if floats.into_iter().flatten().any(|number| !number.is_finite()) || self.sum_hessian.iter().any(|&cover| cover < 0.0) {
            return Err("a number is not finite, or a sum of second derivatives negative".to_owned());
        }
        Ok(())
    }

    /// The node that stands at `from`, and where its children stand: they get the next two numbers.
    fn node(&self, from: usize, (next, features): (usize, usize)) -> Result<(Node, Vec<usize>), &'static str> {
        let cover = f64::from(self.sum_hessian[from]);
        let sides = [self.left_children[from], self.right_children[from]];
        let condition = f64::from(self.split_conditions[from]);
        if sides[0] == NO_CHILD {
            return Ok((Node { split: None, value: condition, cover }, Vec::new()));
        }
        let child = |side: i32| usize::try_from(side).ok().filter(|&child| child < self.left_children.len());
        let children: Option<Vec<usize>> = sides.into_iter().map(child).collect();
        let children = children.ok_or("a child is none of its nodes")?;
        let feature = self.split_indices[from];
        if feature >= features {
            return Err("a split is by no feature of the model");
        }
        let split = Split {
            feature,
            cut: if condition == f64::from(f32::MAX) { ABOVE_ALL } else { condition },
            missing_left: self.default_left[from] != 0,
            left: next,
            gain: f64::from(self.loss_changes[from]),
        };
        Ok((Node { split: Some(split), value: f64::from(self.base_weights[from]), cover }, children))
    }
}

impl TreeShape {
    fn of(nodes: usize, features: usize) -> Self {
        let [num_nodes, num_feature] = [nodes, features].map(|count| count.to_string());
        Self { num_deleted: "0".to_owned(), num_feature, num_nodes, size_leaf_vector: one() }
    }
}

/// The least number of single precision that is not below the cut, or the end of single precision.
fn rounded_up(cut: f64) -> f32 {
    if cut.is_nan() {
        return f32::NAN;
    }
    let nearest = cut as f32;
    let up = if f64::from(nearest) < cut { nearest.next_up() } else { nearest };
    up.clamp(-f32::MAX, f32::MAX)
}

/// A number that no prediction depends on, in single precision as far as that goes.
fn within(number: f64) -> f32 {
    (number as f32).clamp(-f32::MAX, f32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_that_is_rounded_up_divides_cells_of_single_precision_as_before() {
        for cut in [0.1, -0.1, 0.5, 1.0 / 3.0, -1e-40, 1e-50, 16_777_217.0, 0.0] {
            let up = rounded_up(cut);
            for cell in [up.next_down(), up, up.next_up(), cut as f32] {
                assert_eq!(cell < up, f64::from(cell) < cut, "{cell} at {cut}");
            }
        }
    }

    #[test]
    fn cuts_beyond_single_precision_stay_at_its_ends() {
        assert_eq!([f64::MAX, 1e39, -1e39, f64::MIN].map(rounded_up), [f32::MAX, f32::MAX, -f32::MAX, -f32::MAX]);
        assert!(rounded_up(f64::NAN).is_nan());
    }
}
