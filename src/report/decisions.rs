//! What the run's model decides on the test rows at the scenario's threshold, and how well it ranks them.

use toml::{Table, Value};

use crate::diag::{Error, Problem};
use crate::metrics::{Confusion, Ranking};
use crate::runs::Saved;
use crate::runs::files::SCENARIO;

const PREDICTIONS: &str = "predictions.csv";

/// The decisions on the test rows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Decisions {
    /// From this score on a row is decided 1.
    pub threshold: f64,
    /// The rows by label and decision.
    pub confusion: Confusion,
    /// The area under the ROC curve; `None` if the rows lack a class.
    pub auc: Option<f64>,
}

impl Decisions {
    /// Reads scores and threshold; `None` if the run left no scores.
    ///
    /// # Errors
    /// When a file is not as fedsim wrote it.
    pub(super) fn read(saved: &Saved) -> Result<Option<Self>, Error> {
        if !saved.has(PREDICTIONS) || !saved.has(SCENARIO) {
            return Ok(None);
        }
        let Some(threshold) = threshold(saved)? else { return Ok(None) };
        let (mut labels, mut scores) = (Vec::new(), Vec::new());
        saved.rows(PREDICTIONS, ["label", "score"], |[label, score]| {
            labels.push(label.count()? == 1);
            scores.push(score.number()?);
            Ok(())
        })?;
        let auc = Ranking::of(&labels, &scores).map(|ranking| ranking.auc);
        Ok(Some(Self { threshold, confusion: Confusion::of(&labels, &scores, threshold), auc }))
    }

    /// The share of the positive rows that are decided 1.
    pub(super) fn true_positive_rate(&self) -> Option<f64> {
        share(self.confusion.true_positives, self.confusion.false_negatives)
    }

    /// The share of the negative rows that are decided 1.
    pub(super) fn false_positive_rate(&self) -> Option<f64> {
        share(self.confusion.false_positives, self.confusion.true_negatives)
    }

    /// The share of positive rows among those that are decided 1.
    pub(super) fn precision(&self) -> Option<f64> {
        share(self.confusion.true_positives, self.confusion.false_positives)
    }
}

/// The share of the first among both; `None` if there is none of either.
fn share(first: u64, second: u64) -> Option<f64> {
    (first + second > 0).then(|| first as f64 / (first + second) as f64)
}

fn threshold(saved: &Saved) -> Result<Option<f64>, Error> {
    let unlike = |cause: toml::de::Error| -> Error {
        let message = format!("{}: {cause}", saved.path_of(SCENARIO).display());
        Problem::new(message).help("the file is not as fedsim wrote it: run the scenario again").into()
    };
    let scenario: Table = saved.text(SCENARIO)?.parse().map_err(unlike)?;
    Ok(scenario.get("evaluation").and_then(|evaluation| evaluation.get("threshold")).and_then(Value::as_float))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// By hand: 0.9 is found, 0.4 is missed, 0.5 is a false alarm; of six pairs of a positive and a negative row 0.4 is below 0.5
    /// in one.
    #[test]
    fn decisions_are_counted_from_the_scores() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, content: &str| fs::write(folder.path().join(name), content).expect("written");
        write(PREDICTIONS, "row,label,score\n1,1,0.9\n2,0,0.5\n3,1,0.4\n4,0,0.1\n5,0,0.2\n");
        let read = || Decisions::read(&Saved::in_folder(folder.path()).expect("the folder")).expect("it can be read");
        assert_eq!(read(), None);
        write(SCENARIO, "[evaluation]\nthreshold = 0.5\n");
        let found = read().expect("there are scores");
        assert_eq!([found.true_positive_rate(), found.false_positive_rate(), found.precision()], [Some(0.5), Some(1.0 / 3.0), Some(0.5)]);
        assert_eq!(found.auc, Some(5.0 / 6.0));
    }
}
