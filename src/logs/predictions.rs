//! `predictions.csv`.

use super::column::{Column, Group, Log, When};
use super::filling::{Filling, Finished, Rows};
use super::reasons::{NAMES, Reasons};
use super::sizes::Length;
use super::unit::Unit;
use crate::metrics::reconstruction::row_error;
use crate::numeric::cell::shielded;
use crate::numeric::text::shortest;
use crate::tasks::{Task, View, clusters, multiclass};

/// What the model says of the test rows.
pub const LOG: Log = Log::reproducible(
    "predictions.csv",
    "What the run's model says of each test row.",
    &[
        Group::always(&ROW),
        Group::if_there(When::Ids, &ID),
        Group::of(Task::Binary, &SCORE),
        Group::of(Task::Multiclass, &CLASS),
        Group::of(Task::Regression, &NUMBER),
        Group::of(Task::Clusters, &CLUSTER),
        Group::of(Task::Reconstruction, &ERROR),
        Group::if_there(When::Points, &POINTS),
    ],
    Length::of_named(|sizes| sizes.test_rows),
)
.filled(Filling::AtEnd(rows));

const ROW: [Column; 1] =
    [Column::new("row", "Row", Unit::Plain, "its number in its file, the first after the header being 1; empty if it was generated")];

const ID: [Column; 1] = [Column::new("id", "Identifier", Unit::Text, "the value of `data.id`")];

const SCORE: [Column; 2] =
    [Column::new("label", "Label", Unit::Plain, "0 or 1"), Column::new("score", "Score", Unit::Measure, "the probability of label 1")];

const CLASS: [Column; 3] = [
    Column::new("class", "Class", Unit::Text, "of the rows"),
    Column::new("decided", "Decided", Unit::Text, "the likeliest class"),
    Column::new("probability", "Probability", Unit::Measure, "of that class"),
];

const NUMBER: [Column; 2] = [
    Column::new("actual", "Actual", Unit::Measure, "the label"),
    Column::new("predicted", "Predicted", Unit::Measure, "the expected label"),
];

const CLUSTER: [Column; 2] = [
    Column::new("cluster", "Cluster", Unit::Plain, "from 1"),
    Column::new("distance", "Distance", Unit::Measure, "squared, to its centroid"),
];

const ERROR: [Column; 1] = [Column::new("error", "Error", Unit::Measure, "mean squared error over the features, after scaling")];

const POINTS: [Column; 5] = [
    Column::new(NAMES[0], "Points", Unit::Measure, "the more, the safer: what `bins.csv` has for the row's bins, added up"),
    Column::new(
        NAMES[1],
        "Reason 1",
        Unit::Text,
        "the bin with the fewest points against the neutral ones of `scorecard.csv`, and how many fewer; of equals the first in \
         `scorecard.csv`; empty if no bin has fewer",
    ),
    Column::new(NAMES[2], "Reason 2", Unit::Text, "the next one"),
    Column::new(NAMES[3], "Reason 3", Unit::Text, "the next one"),
    Column::new(NAMES[4], "Reason 4", Unit::Text, "the next one"),
];

fn rows<'a>(finished: &Finished<'a>) -> Option<Rows<'a>> {
    let (federation, last) = (finished.run.federation(), finished.last);
    let (task, test, marks) = (finished.run.plan.model.task(), &federation.test, &federation.test_marks);
    let view = View { x: test.x.rows(), labels: test.y.all(), scores: &last.scores };
    let reasons = last.pointed.as_ref().map(|pointed| Reasons::new(&pointed.card, &pointed.points, &federation.transform, |_| None));
    Some(Box::new((0..test.y.len()).map(move |at| {
        let mark = marks.rows.get(at);
        let mut row = vec![mark.map(|(row, _)| (u64::from(*row) + 1).to_string()).unwrap_or_default()];
        row.extend(marks.has_ids.then(|| mark.map_or_else(String::new, |(_, id)| id.clone())));
        row.extend(said(at, &view, (task, &federation.classes)));
        row.extend(reasons.iter().flat_map(|reasons| reasons.of_row(&view.x.row(at))));
        row
    })))
}

/// What the model says of row `at` of `view`, of a task and its classes.
fn said(at: usize, view: &View<'_>, (task, classes): (Task, &[String])) -> Vec<String> {
    let name = |class: usize| shielded(&classes[class]).into_owned();
    let (labels, scores) = (view.labels, &view.scores[at * view.outputs()..][..view.outputs()]);
    match task {
        Task::Binary => vec![u8::from(labels.binary()[at]).to_string(), shortest(scores[0])],
        Task::Multiclass => {
            let decided = multiclass::decided(scores);
            vec![name(usize::from(labels.classes()[at])), name(decided), shortest(scores[decided])]
        }
        Task::Regression => vec![shortest(labels.values()[at]), shortest(scores[0])],
        Task::Clusters => {
            let nearest = clusters::nearest(scores);
            vec![(nearest + 1).to_string(), shortest(scores[nearest])]
        }
        Task::Reconstruction => vec![shortest(row_error(&view.x.row(at), scores))],
    }
}
