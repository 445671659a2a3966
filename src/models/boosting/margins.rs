//! The margins of rows that are scored again and again while a model grows: those that were known, and what the new trees add.

use super::descent::Descent;
use super::finish;
use super::forest::Forest;
use crate::numeric::reduce;
use crate::numeric::rows::Rows;
use crate::tasks::Task;

/// Rows that one thread takes at a time.
const PART: usize = 4096;

/// The margins of some rows under a model that grows, always the same rows.
#[derive(Clone, Debug, Default)]
pub struct Margins {
    /// The model, (params,), of which they are.
    params: Vec<f64>,
    /// (rows, outputs).
    margins: Vec<f64>,
}

impl Margins {
    /// What this model, (params,), says of the rows, (rows, outputs), as its task wants it: to the bit what it says of them in one go, as
    /// every row's margins are added tree after tree either way.
    ///
    /// # Panics
    /// If there are no such parameters: whoever reads them from a file reads them by [`Forest::read`] first.
    pub fn scores(&mut self, task: Task, params: &[f64], outputs: usize, x: Rows<'_>) -> Vec<f64> {
        let is_further = params.starts_with(&self.params) && !self.params.is_empty() && self.margins.len() == x.len() * outputs;
        let known = if is_further { Forest::count(&self.params, outputs) } else { 0 };
        if !is_further {
            self.margins = params[..outputs].repeat(x.len());
        }
        let trees: Vec<Descent> = Forest::since(params, outputs, known, x.features()).iter().map(Descent::of).collect();
        if !trees.is_empty() {
            reduce::fill_chunks(&mut self.margins, PART * outputs, |start, part| {
                let first = start / outputs;
                Descent::add_all(&trees, x.range(first..first + part.len() / outputs), part, outputs);
            });
        }
        self.params = params.to_vec();
        let mut scores = self.margins.clone();
        finish(task, &mut scores, outputs);
        scores
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Node, Split, Tree};
    use super::*;
    use crate::numeric::rows::{Matrix, Storage};

    /// Models that grow by one, two and no trees a step, and one that is no longer the known one's continuation.
    #[test]
    fn scores_step_by_step_are_those_in_one_go() {
        let tree = |at: usize| {
            let split = Split { feature: at % 2, cut: at as f64 / 3.0, missing_left: at.is_multiple_of(2), left: 1, gain: 1.0 };
            let leaf = |value: f64| Node { split: None, value, cover: 1.0 };
            Tree { nodes: vec![Node { split: Some(split), value: 0.0, cover: 2.0 }, leaf(0.1 * at as f64), leaf(-0.7 / (1.0 + at as f64))] }
        };
        let params = |trees: &[usize]| {
            let mut params = vec![0.3, -0.2];
            trees.iter().for_each(|&at| tree(at).write(&mut params));
            params
        };
        let x = Matrix::build((150, 2), Storage::Double, |row, out| {
            out.copy_from_slice(&[if row % 7 == 0 { f64::NAN } else { (row % 5) as f64 }, (row % 4) as f64 / 2.0]);
        });
        let mut margins = Margins::default();
        for trees in [&[0, 1][..], &[0, 1, 2, 3], &[0, 1, 2, 3], &[0, 1, 2, 3, 4, 5, 6, 7], &[9, 1], &[9, 1, 2, 3]] {
            let found = margins.scores(Task::Multiclass, &params(trees), 2, x.rows());
            let mut wanted = vec![0.0; 300];
            Forest::of(&params(trees), 2, 2).margins(x.rows(), &mut wanted);
            finish(Task::Multiclass, &mut wanted, 2);
            assert!(found == wanted, "{trees:?}");
        }
        let fewer = x.range(0..40);
        assert_eq!(margins.scores(Task::Multiclass, &params(&[9, 1, 2, 3]), 2, fewer).len(), 80);
    }
}
