//! `performance_summary.csv`.

use super::column::{Column, Group, Log};
use super::sizes::{FIGURES_MAX, Length};
use super::unit::Unit;

/// What the whole run cost.
pub const LOG: Log = Log::varying(
    "performance_summary.csv",
    "What the whole run cost, added up from the logs.",
    &[Group::always(&COLUMNS)],
    Length::of_numbers(|_| FIGURES_MAX),
)
.of_figures(&FIGURES);

const COLUMNS: [Column; 2] = [Column::new("metric", "Metric", Unit::Text, ""), Column::new("value", "Value", Unit::Plain, "")];

const FIGURES: [Column; 15] = [
    Column::new("rounds", "Rounds", Unit::Plain, ""),
    Column::new("rounds_aborted", "Rounds aborted", Unit::Plain, ""),
    Column::new("wall_s", "Wall time", Unit::Seconds, "of all rounds"),
    Column::new("cpu_s", "CPU time", Unit::Seconds, "of all rounds"),
    Column::new("round_s_median", "Time per round, median", Unit::Seconds, ""),
    Column::new("round_s_p95", "Time per round, 95th percentile", Unit::Seconds, ""),
    Column::new("round_cpu_s_median", "CPU time per round, median", Unit::Seconds, ""),
    Column::new("round_cpu_s_p95", "CPU time per round, 95th percentile", Unit::Seconds, ""),
    Column::new("upload_bytes", "Uploaded", Unit::Bytes, ""),
    Column::new("download_bytes", "Downloaded", Unit::Bytes, ""),
    Column::new("upload_bytes_per_client", "Uploaded per client", Unit::Bytes, ""),
    Column::new("download_bytes_per_client", "Downloaded per client", Unit::Bytes, ""),
    Column::new("upload_bytes_per_round", "Uploaded per round", Unit::Bytes, ""),
    Column::new("download_bytes_per_round", "Downloaded per round", Unit::Bytes, ""),
    Column::new("clients_per_s", "Clients per second", Unit::Measure, "that answered"),
];
