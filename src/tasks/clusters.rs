//! Groups without labels; the scores are the squared distances to each group's centroid.

use super::metric::{Metric, Range};
use super::view::View;
use crate::metrics::{Clusters, SILHOUETTE_ROWS_MAX};

/// The metrics, in the order of every table.
pub const METRICS: [Metric; 5] = [
    Metric::gain("explained", "Explained", Range::AtMostOne, "share of the squared distances to the mean that the centroids take away"),
    Metric::loss("inertia", "Inertia", Range::NotNegative, "mean squared distance of a row to its centroid"),
    Metric::gain("silhouette", "Silhouette", Range::Signed, "of at most 2,000 rows, evenly spaced; empty where all are in one cluster"),
    Metric::loss("davies_bouldin", "Davies-Bouldin", Range::NotNegative, "mean likeness of a cluster to its likest"),
    Metric::gain("calinski_harabasz", "Calinski-Harabasz", Range::NotNegative, "spread between clusters over that within"),
];

/// The metrics of some rows; `None` where one does not exist.
pub(super) fn measure(view: &View<'_>) -> Vec<Option<f64>> {
    let rows = view.labels.len();
    let assigned: Vec<u32> = view.by_row().map(|distances| nearest(distances) as u32).collect();
    let step = rows.div_ceil(SILHOUETTE_ROWS_MAX).max(1);
    let sample: Vec<u32> = (0..rows as u32).step_by(step).collect();
    let Clusters { inertia, explained, silhouette, davies_bouldin, calinski_harabasz } =
        Clusters::of(view.x, &assigned, &losses(view), &sample);
    let values = [explained, Some(inertia), silhouette, davies_bouldin, calinski_harabasz];
    const { assert!(METRICS.len() == 5) };
    values.to_vec()
}

/// Each row's squared distance to its centroid.
pub(super) fn losses(view: &View<'_>) -> Vec<f64> {
    view.by_row().map(|distances| distances[nearest(distances)]).collect()
}

/// The nearest centroid, the first among equals.
pub fn nearest(distances: &[f64]) -> usize {
    (1..distances.len()).fold(0, |best, at| if distances[at] < distances[best] { at } else { best })
}
