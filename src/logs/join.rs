//! `join.csv`.

use super::column::{CLIENT, Column, Group, Log, When, client_cells};
use super::sizes::Length;
use super::unit::Unit;
use crate::federation::baseline::{ByModel, Participant};
use crate::numeric::text::shortest_or_empty;
use crate::tasks::Task;

/// Who gains by joining.
pub const LOG: Log = Log::reproducible(
    "join.csv",
    "What each client that has rows gains by joining the federation. Left by `fedsim compare-baseline`.",
    &[
        CLIENT[0],
        CLIENT[1],
        Group::always(&EXAMPLES),
        Group::of(Task::Binary, &POSITIVES),
        Group::always(&HELD_OUT),
        Group::of(Task::Binary, &HELD_OUT_POSITIVES),
        Group::of(Task::Binary, &AUC),
        Group::of(Task::Multiclass, &ACCURACY),
        Group::of(Task::Regression, &RMSE),
        Group::of(Task::Clusters, &EXPLAINED),
        Group::of(Task::Reconstruction, &EXPLAINED),
        Group::if_there(When::Prices, &COSTS),
        Group::always(&GAIN),
        Group::if_there(When::LeftOut, &LEFT_OUT),
    ],
    Length::of_named(|sizes| sizes.clients),
);

const EXAMPLES: [Column; 1] = [Column::new("examples", "Examples", Unit::Plain, "rows that it trains on")];
const POSITIVES: [Column; 1] = [Column::new("positives", "Positives", Unit::Plain, "those of label 1")];
const HELD_OUT: [Column; 1] = [Column::new("held_out", "Held out", Unit::Plain, "rows that it holds out of training")];
const HELD_OUT_POSITIVES: [Column; 1] = [Column::new("held_out_positives", "Held out, positive", Unit::Plain, "those of label 1")];

/// The task's headline metric, of each model.
const AUC: [Column; 3] = [
    Column::new("auc_alone", "AUC alone", Unit::Measure, "of the client's own model"),
    Column::new("auc_federated", "AUC federated", Unit::Measure, ""),
    Column::new("auc_centralized", "AUC centralised", Unit::Measure, ""),
];
const ACCURACY: [Column; 3] = [
    Column::new("accuracy_alone", "Accuracy alone", Unit::Measure, "of the client's own model"),
    Column::new("accuracy_federated", "Accuracy federated", Unit::Measure, ""),
    Column::new("accuracy_centralized", "Accuracy centralised", Unit::Measure, ""),
];
const RMSE: [Column; 3] = [
    Column::new("rmse_alone", "RMSE alone", Unit::Measure, "of the client's own model"),
    Column::new("rmse_federated", "RMSE federated", Unit::Measure, ""),
    Column::new("rmse_centralized", "RMSE centralised", Unit::Measure, ""),
];
const EXPLAINED: [Column; 3] = [
    Column::new("explained_alone", "Explained alone", Unit::Measure, "by the client's own model"),
    Column::new("explained_federated", "Explained federated", Unit::Measure, ""),
    Column::new("explained_centralized", "Explained centralised", Unit::Measure, ""),
];

/// A row's, at the threshold that costs least on the client's training rows.
const COSTS: [Column; 3] = [
    Column::new("cost_alone", "Cost alone", Unit::Measure, "a row, at the threshold that costs least on the client's training rows"),
    Column::new("cost_federated", "Cost federated", Unit::Measure, ""),
    Column::new("cost_centralized", "Cost centralised", Unit::Measure, ""),
];

const GAIN: [Column; 9] = [
    Column::new(
        "gain",
        "Gain",
        Unit::Measure,
        "positive if the federation is better: AUC federated less AUC alone, or cost or loss of a row alone less that federated",
    ),
    Column::new("gain_low", "Gain, low", Unit::Measure, "the lower end of its 90% interval"),
    Column::new("gain_high", "Gain, high", Unit::Measure, "its upper end"),
    Column::new("interval", "Interval", Unit::Text, "`bootstrap` over the rows it was measured on, or `seeds`"),
    Column::new("verdict", "Verdict", Unit::Text, "`gains`, `loses` or `cant_tell`"),
    Column::new(
        "reason",
        "Reason",
        Unit::Text,
        "of `cant_tell`: `interval_has_zero`, `few_positives` or `few_rows` (fewer than 10), `one_class`, `no_rows` or `federation_of_one`",
    ),
    Column::new(
        "decided_by",
        "Decided by",
        Unit::Text,
        "`cost` where decisions have a price, else `auc` of two classes; of other tasks `loss`",
    ),
    Column::new("rank", "Rank", Unit::Plain, "1 for the largest gain; equal gains share the smaller rank"),
    Column::new("measured_on", "Measured on", Unit::Text, "`own` held-out rows, or the common `test` rows"),
];

const LEFT_OUT: [Column; 1] =
    [Column::new("others_lose", "Others lose without it", Unit::Measure, "of the metric that stands here for each model, on average")];

/// A client's row; with costs where decisions have a price, and what the others lose where clients were left out.
pub fn row(participant: &Participant, name: Option<&str>, given: &[When]) -> Vec<String> {
    let by_model = |values: &ByModel| [values.alone, values.federated, values.centralized].map(shortest_or_empty);
    let if_given = |when: When, cells: &mut dyn Iterator<Item = String>| match given.contains(&when) {
        true => cells.collect(),
        false => Vec::new(),
    };
    let of_two = |count: usize| if_given(When::Of(Task::Binary), &mut [count.to_string()].into_iter());
    let mut cells: Vec<String> = client_cells(participant.client, name).collect();
    cells.push(participant.examples.to_string());
    cells.extend(of_two(participant.positives));
    cells.push(participant.held_out.to_string());
    cells.extend(of_two(participant.held_out_positives));
    cells.extend(by_model(&participant.metric));
    cells.extend(if_given(When::Prices, &mut by_model(&participant.cost).into_iter()));
    let gain = &participant.gain;
    let [low, high] = gain.interval.map_or([None; 2], |ends| ends.map(Some));
    cells.extend([gain.value, low, high].map(shortest_or_empty));
    let (verdict, reason) = gain.verdict.words();
    let words = [gain.source.map_or("", |source| source.word()), verdict, reason, gain.decided_by.word()];
    cells.extend(words.map(str::to_owned));
    cells.push(participant.rank.map(|rank| rank.to_string()).unwrap_or_default());
    cells.push(participant.measured_on.word().to_owned());
    cells.extend(if_given(When::LeftOut, &mut [shortest_or_empty(participant.others_lose)].into_iter()));
    cells
}
