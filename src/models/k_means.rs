//! K-means: each row belongs to the nearest of k centroids, which are the means of their rows (Lloyd, "Least Squares Quantization in
//! PCM", IEEE Transactions on Information Theory 1982; MacQueen 1967).
//!
//! Layout of the parameters: centroid after centroid, one coordinate a feature.

use super::{Centroids, Columns, Counts, Model, Parameter};
use crate::numeric::linalg::squared_distance;
use crate::numeric::rng::Stream;
use crate::numeric::rows::Rows;
use crate::numeric::simd::vectorised;
use crate::registry::Entry;
use crate::settings::Table;
use crate::tasks::Task;

/// K-means.
#[derive(Clone, Copy, Debug)]
pub struct KMeans {
    clusters: usize,
    is_drawn: bool,
}

/// More groups nobody can tell apart.
const CLUSTERS_MAX: usize = 1000;

impl KMeans {
    pub(super) const ENTRY: Entry = Entry {
        kind: "k_means",
        summary: "groups of rows around k centroids, without labels",
        paper: "Lloyd, IEEE Trans. Information Theory 1982",
        example: "clusters = 3\nstart = \"axis\"",
        argument: Some("clusters"),
    };

    pub(super) fn read(table: &mut Table) -> Self {
        let clusters = table.count("clusters", 3, 1..=CLUSTERS_MAX);
        Self { clusters, is_drawn: table.word("start", "axis", &[("axis", false), ("draw", true)]) }
    }
}

impl Model for KMeans {
    fn task(&self) -> Task {
        Task::Clusters
    }

    fn parameters(&self, columns: &Columns<'_>, _: &mut Stream) -> Vec<Parameter> {
        let of_cluster = |cluster: usize| columns.features.iter().map(move |name| format!("{cluster}: {name}"));
        (1..=self.clusters).flat_map(of_cluster).map(|name| Parameter { name, start: 0.0 }).collect()
    }

    fn outputs(&self, _: Counts) -> usize {
        self.clusters
    }

    fn predict(&self, params: &[f64], x: Rows<'_>, scores: &mut [f64]) {
        vectorised(
            #[inline(always)]
            || {
                let mut cells = vec![0.0; x.features()];
                for (row, distances) in scores.chunks_exact_mut(self.clusters).enumerate() {
                    x.copy_row(row, &mut cells);
                    for (distance, centroid) in distances.iter_mut().zip(params.chunks_exact(cells.len().max(1))) {
                        *distance = squared_distance(&cells, centroid);
                    }
                }
            },
        );
    }

    fn as_centroids(&self) -> Option<&dyn Centroids> {
        Some(self)
    }
}

impl Centroids for KMeans {
    fn clusters(&self) -> usize {
        self.clusters
    }

    fn is_drawn(&self) -> bool {
        self.is_drawn
    }
}
