//! Many rows down a tree: some go together, step by step and without a branch, so that the processor works on all of them while it waits
//! for the cells of each.

use super::forest::Tree;

/// Rows that go together.
const TOGETHER: usize = 8;

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
        let step = |(at, node): (usize, &super::Node)| match &node.split {
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
