//! What the run's model is, and what it decides on the test rows.

use super::grid::{Choice, Column, Grid, ROWS_MAX, Value};
use super::markup::{note, paragraph};
use crate::diag::Error;
use crate::logs::Unit;
use crate::report::decisions::Decisions;
use crate::runs::Saved;
use crate::tasks::Task;

/// So many parameters are shown: those that count most.
const PARAMETERS_MAX: usize = 30;

/// So many features are shown of a model of trees: those with the greatest gain.
const FEATURES_MAX: usize = 15;

/// The decisions, the gains, and the parameters or what features are worth; `None` if the run left none of them.
///
/// # Errors
/// When a file is not as fedsim wrote it.
pub(super) fn model(saved: &Saved, task: Task) -> Result<Option<String>, Error> {
    let mut html = String::new();
    if task.is_binary()
        && let Some(decisions) = Decisions::read(saved)?
    {
        html += &part(&confusion(&decisions));
    }
    if saved.has("gains.csv") {
        let text = "The test rows in ten groups by descending score: a model that ranks well has most positive rows in the first ones.";
        let grid = Grid::of_csv(saved, "gains.csv", Choice::new(ROWS_MAX, ROWS_MAX))?;
        html += &part(&(paragraph(text) + &grid.html("gains", "Gains by score")));
    }
    for (file, id, title, text) in TABLES {
        if saved.has(file) {
            let grid = Grid::of_csv(saved, file, Choice::new(ROWS_MAX, ROWS_MAX))?;
            html += &part(&(paragraph(text) + &grid.html(id, title)));
        }
    }
    let text = weight(task);
    if saved.has("coefficients.csv") {
        let choice = Choice::new(PARAMETERS_MAX, PARAMETERS_MAX);
        let grid = Grid::of_csv(saved, "coefficients.csv", choice)?;
        html += &part(&(paragraph(text) + &grid.html("coefficients", "Coefficients")));
    } else if saved.has("importance.csv") {
        html += &part(&importance(saved)?);
    } else if saved.has("model.csv") && !saved.has("centroids.csv") {
        html += &part(&parameters(saved, text)?);
    }
    Ok(Some(html).filter(|html| !html.is_empty()).map(|parts| format!("<div class=\"parts\">\n{parts}</div>\n")))
}

/// What tables of tasks say of a model: file, anchor, title and what a reader looks for.
const TABLES: [(&str, &str, &str, &str); 5] = [
    (
        "scorecard.csv",
        "scorecard",
        "Scorecard",
        "How well each column tells the classes apart, and the fewest and the most points that its bins have; bins.csv has them all.",
    ),
    ("confusion.csv", "classes", "Decisions", "A row is taken for its likeliest class: how many of each class were taken for which."),
    ("calibration.csv", "calibration", "Predicted and actual", "The test rows in ten groups by prediction: an honest model's means agree."),
    ("centroids.csv", "centroids", "Segments", "Each segment's means, of categories their shares."),
    ("reconstruction.csv", "reconstruction", "Reconstruction", "How far each feature is from what comes back of it through the code."),
];

/// What a parameter says.
fn weight(task: Task) -> &'static str {
    match task {
        Task::Binary => {
            "A weight says by how much the log-odds of label 1 rise with one unit of its feature as the model sees it, after scaling; of a \
             scorecard with one unit of its column's weight of evidence."
        }
        Task::Multiclass => "A weight says by how much the log-odds of its class rise with one unit of its feature, after scaling.",
        Task::Regression => "A weight says by how much the linear predictor rises with one unit of its feature, after scaling.",
        Task::Clusters => "A coordinate of a centroid, after scaling.",
        Task::Reconstruction => "A weight says by how much a unit's sum rises with one unit of what it is told, features after scaling.",
    }
}

/// The features that are worth most to the trees.
fn importance(saved: &Saved) -> Result<String, Error> {
    let text = "What each feature is worth to the trees: its splits' share of all that is gained on the training rows, and by how much the \
                loss on the validation rows rises where they swap their cells of it.";
    let columns = ["feature", "gain_share", "splits", "permutation"];
    let (grid, total) = Grid::head_of_csv(saved, "importance.csv", &columns, FEATURES_MAX)?;
    let rest = if total > FEATURES_MAX {
        note(&format!("The {FEATURES_MAX} of {total} features with the greatest gain; importance.csv has all."))
    } else {
        String::new()
    };
    Ok(paragraph(text) + &grid.html("importance", "Importance") + &rest)
}

/// What stays together where there is room for several beside each other.
fn part(html: &str) -> String {
    format!("<div>\n{html}</div>\n")
}

/// The confusion matrix.
fn confusion(decisions: &Decisions) -> String {
    let found = decisions.confusion;
    let row = |words: &str, counts: [u64; 2]| {
        let counts = counts.map(|count| Value::Number(count as f64));
        [Value::Words(words.to_owned())].into_iter().chain(counts).collect::<Vec<_>>()
    };
    let rows =
        vec![row("Label 1", [found.true_positives, found.false_negatives]), row("Label 0", [found.false_positives, found.true_negatives])];
    let columns = [("Test rows", Unit::Text), ("Decided 1", Unit::Plain), ("Decided 0", Unit::Plain)];
    let columns = columns.map(|(label, unit)| Column::new(label, unit)).to_vec();
    let text = format!("A row is decided to be 1 where its score is at least {}.", decisions.threshold);
    paragraph(&text) + &Grid { columns, rows }.html("confusion", "Decisions at the threshold")
}

/// The parameters that are farthest from zero.
fn parameters(saved: &Saved, text: &str) -> Result<String, Error> {
    let mut all: Vec<(String, f64)> = Vec::new();
    saved.rows("model.csv", ["name", "value"], |[name, value]| {
        all.push((name.text().to_owned(), value.number()?));
        Ok(())
    })?;
    let total = all.len();
    all.sort_by(|(_, a), (_, b)| b.abs().total_cmp(&a.abs()));
    all.truncate(PARAMETERS_MAX);
    let rows = all.into_iter().map(|(name, value)| vec![Value::Words(name), Value::Of(Unit::Measure, value)]).collect();
    let columns = vec![Column::new("Parameter", Unit::Text), Column::new("Value", Unit::Plain)];
    let rest = if total > PARAMETERS_MAX {
        note(&format!("The {PARAMETERS_MAX} of {total} that are farthest from 0; model.csv has all."))
    } else {
        String::new()
    };
    Ok(paragraph(text) + &Grid { columns, rows }.html("parameters", "Parameters") + &rest)
}
