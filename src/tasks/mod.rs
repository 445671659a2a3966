//! What a model is asked: what its labels are, and what its answers are worth. One file a task.

pub mod binary;
pub mod clusters;
mod labels;
mod metric;
mod metrics;
pub mod multiclass;
pub mod reconstruction;
pub mod regression;
mod stop;
mod summary;
mod task;
mod view;

pub use labels::{CLASSES_MAX, LabelColumn, Labels, Strata};
pub use metric::{Metric, Range};
pub use metrics::{Metrics, headline, losses};
pub use stop::{Keep, Stop, Watched};
pub use summary::{SUMMARY_BITS, Summary};
pub use task::Task;
pub use view::View;
