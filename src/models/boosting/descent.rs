//! Many rows down a tree: some go together, step by step and without a branch, so that the processor works on all of them while it waits
//! for the cells of each.

use super::forest::{Forest, Node, Tree};
use crate::numeric::rows::Rows;

/// Rows that go together.
const TOGETHER: usize = 8;

/// Rows that are in the nearest cache while all trees are gone down.
const ROWS: usize = 64;

/// What a node says of a row. Leaves lead to themselves.
#[derive(Clone, Copy, Debug)]
struct Step {
    cut: f64,
    feature: u32,
    left: u32,
    missing_right: u32,
}

/// A tree, laid out to be gone down.
#[derive(Clone, Debug)]
pub(super) struct Descent {
    steps: Vec<Step>,
    values: Vec<f64>,
    depth: usize,
}

impl Descent {
    pub(super) fn of(tree: &Tree) -> Self {
        let step = |(at, node): (usize, &Node)| match &node.split {
            None => Step { cut: f64::INFINITY, feature: 0, left: at as u32, missing_right: 0 },
            Some(split) => {
                let missing_right = u32::from(!split.missing_left);
                Step { cut: split.cut, feature: split.feature as u32, left: split.left as u32, missing_right }
            }
        };
        let values = tree.nodes.iter().map(|node| node.value).collect();
        Self { steps: tree.nodes.iter().enumerate().map(step).collect(), values, depth: tree.depth() }
    }

    /// Adds the tree's value of each of these rows, (rows, features), to every `stride`th of `margins`.
    pub(super) fn add_to(&self, cells: &[f64], features: usize, margins: &mut [f64], stride: usize) {
        let rows = cells.chunks(TOGETHER * features).zip(margins.chunks_mut(TOGETHER * stride));
        for (cells, margins) in rows {
            let mut at = [0_u32; TOGETHER];
            match cells.len() == TOGETHER * features {
                true => self.go_down(cells, features, &mut at),
                false => {
                    for (at, cells) in at.iter_mut().zip(cells.chunks_exact(features)) {
                        (0..self.depth).for_each(|_| *at = self.next(*at, cells));
                    }
                }
            }
            for (margin, &leaf) in margins.iter_mut().step_by(stride).zip(&at) {
                *margin += self.values[leaf as usize];
            }
        }
    }

    fn go_down(&self, cells: &[f64], features: usize, at: &mut [u32; TOGETHER]) {
        let rows: [&[f64]; TOGETHER] = std::array::from_fn(|row| &cells[row * features..][..features]);
        for _ in 0..self.depth {
            for (at, cells) in at.iter_mut().zip(rows) {
                *at = self.next(*at, cells);
            }
        }
    }

    #[inline(always)]
    fn next(&self, at: u32, cells: &[f64]) -> u32 {
        let step = &self.steps[at as usize];
        let cell = cells[step.feature as usize];
        let right = if cell.is_nan() { step.missing_right } else { u32::from(cell >= step.cut) };
        step.left.wrapping_add(right)
    }
}

impl Forest {
    /// Writes each row's margins into `margins`, (rows, outputs): those that it starts with and the values of the leaves that it comes
    /// to, added tree after tree.
    pub fn margins(&self, x: Rows<'_>, margins: &mut [f64]) {
        let outputs = self.outputs();
        margins.chunks_exact_mut(outputs).for_each(|row| row.copy_from_slice(&self.base));
        let trees: Vec<Descent> = self.trees.iter().map(Descent::of).collect();
        Descent::add_all(&trees, x, margins, outputs);
    }
}

impl Descent {
    /// Adds to each row's margins, (rows, outputs), the values of the leaves that it comes to, tree after tree, of several outputs in turn.
    pub(super) fn add_all(trees: &[Self], x: Rows<'_>, margins: &mut [f64], outputs: usize) {
        let features = x.features();
        let mut cells = vec![0.0; ROWS * features];
        for (tile, margins) in margins.chunks_mut(ROWS * outputs).enumerate() {
            let rows = margins.len() / outputs;
            for (at, cells) in cells.chunks_exact_mut(features).take(rows).enumerate() {
                x.copy_row(tile * ROWS + at, cells);
            }
            for (at, tree) in trees.iter().enumerate() {
                tree.add_to(&cells[..rows * features], features, &mut margins[at % outputs..], outputs);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::boosting::Split;
    use crate::numeric::rows::{Matrix, Storage};

    fn leaf(value: f64) -> Node {
        Node { split: None, value, cover: 1.0 }
    }

    /// Whatever rows go together, each comes to the leaf that it comes to alone.
    #[test]
    fn margins_are_the_sums_of_the_leaves_that_rows_come_to() {
        let tree = |feature: usize, cut: f64| {
            let split = |cut: f64, left: usize| Split { feature, cut, missing_left: left == 3, left, gain: 1.0 };
            let node = |split: Split| Node { split: Some(split), value: 0.0, cover: 1.0 };
            Tree { nodes: vec![node(split(cut, 1)), leaf(0.125), node(split(8.0, 3)), leaf(-2.0), leaf(64.0)] }
        };
        let trees = vec![tree(0, 3.0), tree(1, 0.5), tree(1, 3.0), tree(0, 6.0)];
        let forest = Forest { base: vec![0.5, -8.0], trees };
        for rows in [1, 7, 8, 9, 64, 65, 200] {
            let cell =
                |row: usize, feature: usize| if (row + 3 * feature) % 11 == 5 { f64::NAN } else { ((row * (feature + 2)) % 13) as f64 };
            let x =
                Matrix::build((rows, 2), Storage::Double, |row, out| out.iter_mut().enumerate().for_each(|(at, out)| *out = cell(row, at)));
            let mut margins = vec![0.0; 2 * rows];
            forest.margins(x.rows(), &mut margins);
            for (row, margins) in margins.chunks(2).enumerate() {
                let cells = [cell(row, 0), cell(row, 1)];
                let value = |tree: &Tree| tree.nodes[tree.leaf(&cells)].value;
                let [a, b, c, d] = [0, 1, 2, 3].map(|tree| value(&forest.trees[tree]));
                assert_eq!(margins, [0.5 + a + c, -8.0 + b + d], "row {row} of {rows}");
            }
        }
    }
}
