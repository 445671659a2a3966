//! `perf_log.csv`.

use super::column::{Column, Group, Log, When};
use super::filling::{Filling, Run, Sink};
use super::sizes::{Length, Sizes};
use super::unit::Unit;
use crate::diag::Error;
use crate::federation::RoundRecord;
use crate::numeric::text::{shortest, shortest_or_empty};
use crate::scenario::Aggregation;
use crate::stage::Stage;

/// What each round cost.
pub const LOG: Log = Log::varying(
    "perf_log.csv",
    "What each round cost: seconds on this machine, bytes that the clients would send.",
    &[Group::always(&COLUMNS), Group::if_there(When::Secure, &STAGES)],
    Length::of_numbers(Sizes::measured),
)
.filled(Filling::ByRound { is_left: |_| true, fill });

const COLUMNS: [Column; 8] = [
    Column::new("round", "Round", Unit::Plain, ""),
    Column::new("duration_s", "Time", Unit::Seconds, "by the clock"),
    Column::new("cpu_time_s", "CPU time", Unit::Seconds, "of all threads"),
    Column::new("train_s", "Training", Unit::Seconds, "by the clock, as the next two"),
    Column::new("aggregate_s", "Aggregation", Unit::Seconds, ""),
    Column::new("evaluate_s", "Evaluation", Unit::Seconds, ""),
    Column::new("upload_bytes", "Uploaded", Unit::Bytes, "by all clients"),
    Column::new("download_bytes", "Downloaded", Unit::Bytes, "by all clients"),
];

/// By the clock, in the order of [`Stage::ALL`].
const STAGES: [Column; 5] = [
    Column::new("advertise_s", "Advertise", Unit::Seconds, ""),
    Column::new("share_s", "Share", Unit::Seconds, ""),
    Column::new("masked_input_s", "Masked input", Unit::Seconds, ""),
    Column::new("consistency_s", "Consistency", Unit::Seconds, ""),
    Column::new("unmask_s", "Unmask", Unit::Seconds, ""),
];

/// The start costs nothing.
fn fill(run: &Run<'_>, record: &RoundRecord, sink: &mut dyn Sink) -> Result<(), Error> {
    if record.round == 0 {
        return Ok(());
    }
    let is_secure = matches!(run.plan.aggregation, Aggregation::Secure(_));
    let timing = &record.timing;
    let seconds = [timing.total.wall, timing.total.cpu, timing.train, timing.aggregate, timing.evaluate].map(shortest);
    let bytes = [record.upload_bytes(), record.download_bytes()].map(|bytes| bytes.to_string());
    let stages = is_secure.then(|| stage_seconds(record)).into_iter().flatten();
    sink.row(&[record.round.to_string()].into_iter().chain(seconds).chain(bytes).chain(stages).collect::<Vec<_>>())
}

/// Empty where the round did not come so far.
fn stage_seconds(record: &RoundRecord) -> [String; 5] {
    let of = |stage: Stage| {
        let seconds = record.secure().filter_map(|secure| {
            let at = secure.tally.stages.iter().position(|row| row.stage == stage)?;
            secure.tally.seconds.get(at).map(|seconds| seconds.wall)
        });
        seconds.reduce(|all, seconds| all + seconds)
    };
    Stage::ALL.map(|stage| shortest_or_empty(of(stage)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stage_has_its_column() {
        assert_eq!(STAGES.each_ref().map(|column| column.name), Stage::ALL.map(|stage| format!("{}_s", stage.name())));
    }
}
