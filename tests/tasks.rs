//! The metrics of several classes, of predicted numbers, of clusters and of rows said again: as scikit-learn computes them (`tests/vectors/tasks.json`),
//! and what they owe to no other software.

use fedsim::metrics::{Clusters, Multiclass, Reconstruction, Regression, TwoClasses, confusion_matrix, deciles, reconstruction};
use fedsim::numeric::rows::{Matrix, Storage};
use serde_json::Value;

fn cases(task: &str) -> Vec<Value> {
    let vectors: Value = serde_json::from_str(include_str!("vectors/tasks.json")).expect("it is JSON");
    vectors[task].as_array().expect("a list").clone()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().expect("a list").iter().map(|number| number.as_f64().expect("a number")).collect()
}

fn whole<T: TryFrom<u64, Error: std::fmt::Debug>>(value: &Value) -> Vec<T> {
    let number = |value: &Value| T::try_from(value.as_u64().expect("a count")).expect("in range");
    value.as_array().expect("a list").iter().map(number).collect()
}

fn name(case: &Value) -> &str {
    case["name"].as_str().expect("a name")
}

/// Figures by the names of their fields.
fn fields(metrics: impl serde::Serialize) -> Value {
    serde_json::to_value(metrics).expect("figures are JSON")
}

/// Relative above 1, absolute below.
fn assert_near(got: f64, wanted: f64, what: &str) {
    assert!((got - wanted).abs() <= 1e-12 * wanted.abs().max(1.0), "{what}: {got} for {wanted}");
}

/// All figures of both, which have the same.
fn assert_same(got: &Value, wanted: &Value, what: &str) {
    let (got, wanted) = (got.as_object().expect("figures"), wanted.as_object().expect("figures"));
    assert!(got.keys().eq(wanted.keys()), "{what}");
    for (name, wanted) in wanted {
        match (got[name].as_f64(), wanted.as_f64()) {
            (Some(got), Some(wanted)) => assert_near(got, wanted, &format!("{what}: {name}")),
            (got, wanted) => assert_eq!(got, wanted, "{what}: {name}"),
        }
    }
}

/// An order of so many rows in which neighbours are far apart: 7919 is a prime that divides no number of rows here.
fn mixed(rows: usize) -> Vec<usize> {
    (0..rows).map(|at| at * 7919 % rows).rev().collect()
}

struct Classes {
    labels: Vec<u8>,
    scores: Vec<f64>,
    classes: usize,
}

impl Classes {
    fn of(case: &Value) -> Self {
        let classes = case["classes"].as_u64().expect("a count") as usize;
        Self { labels: whole(&case["labels"]), scores: numbers(&case["scores"]), classes }
    }

    fn metrics(&self) -> Value {
        fields(Multiclass::of(&self.labels, &self.scores, self.classes))
    }
}

fn matrix(rows: &Value) -> Matrix {
    let rows: Vec<Vec<f64>> = rows.as_array().expect("a list").iter().map(numbers).collect();
    Matrix::build((rows.len(), rows[0].len()), Storage::Double, |row, out| out.copy_from_slice(&rows[row]))
}

struct Points {
    x: Vec<Vec<f64>>,
    assigned: Vec<u32>,
    distances: Vec<f64>,
    sample: Vec<u32>,
}

impl Points {
    fn of(case: &Value) -> Self {
        let x = case["x"].as_array().expect("a list").iter().map(numbers).collect();
        Self { x, assigned: whole(&case["assigned"]), distances: numbers(&case["distances"]), sample: whole(&case["sample"]) }
    }

    fn metrics(&self) -> Value {
        let shape = (self.x.len(), self.x[0].len());
        let matrix = Matrix::build(shape, Storage::Double, |row, out| out.copy_from_slice(&self.x[row]));
        fields(Clusters::of(matrix.rows(), &self.assigned, &self.distances, &self.sample))
    }
}

#[test]
fn metrics_of_several_classes_are_those_of_scikit_learn() {
    for case in cases("multiclass") {
        let classes = Classes::of(&case);
        assert_same(&classes.metrics(), &case["expected"], name(&case));
        let confusion = confusion_matrix(&classes.labels, &classes.scores, classes.classes);
        assert_eq!(confusion, whole::<u64>(&case["confusion"]), "{}", name(&case));
    }
}

#[test]
fn metrics_of_predicted_numbers_are_those_of_scikit_learn() {
    for case in cases("regression") {
        let (labels, scores) = (numbers(&case["labels"]), numbers(&case["scores"]));
        assert_same(&fields(Regression::of(&labels, &scores)), &case["expected"], name(&case));
        let (found, wanted) = (deciles(&labels, &scores), case["deciles"].as_array().expect("a list"));
        assert_eq!(found.len(), wanted.len());
        for (group, wanted) in found.iter().zip(wanted.iter().map(numbers)) {
            assert_eq!(group.rows as f64, wanted[0], "{}", name(&case));
            assert_near(group.predicted, wanted[1], name(&case));
            assert_near(group.actual, wanted[2], name(&case));
        }
    }
}

#[test]
fn metrics_of_clusters_are_those_of_scikit_learn() {
    for case in cases("clusters") {
        assert_same(&Points::of(&case).metrics(), &case["expected"], name(&case));
    }
}

#[test]
fn metrics_of_rows_said_again_are_those_of_scikit_learn() {
    for case in cases("reconstruction") {
        let (x, said) = (matrix(&case["x"]), numbers(&case["said"]));
        assert_same(&fields(Reconstruction::of(x.rows(), &said)), &case["expected"], name(&case));
        let (found, wanted) = (reconstruction::by_feature(x.rows(), &said), case["features"].as_array().expect("a list"));
        assert_eq!(found.len(), wanted.len());
        for (found, wanted) in found.iter().zip(wanted) {
            assert_near(found.mse, wanted[0].as_f64().expect("a number"), name(&case));
            assert_eq!(found.explained.is_some(), wanted[1].is_number(), "{}", name(&case));
            found.explained.iter().for_each(|found| assert_near(*found, wanted[1].as_f64().expect("a number"), name(&case)));
        }
    }
}

#[test]
fn the_order_of_rows_does_not_matter() {
    for case in cases("multiclass") {
        let classes = Classes::of(&case);
        let order = mixed(classes.labels.len());
        let scores = order.iter().flat_map(|&row| &classes.scores[row * classes.classes..][..classes.classes]).copied().collect();
        let labels = order.iter().map(|&row| classes.labels[row]).collect();
        assert_same(&Classes { labels, scores, ..classes }.metrics(), &classes.metrics(), name(&case));
    }
    for case in cases("regression") {
        let (labels, scores) = (numbers(&case["labels"]), numbers(&case["scores"]));
        let order = mixed(labels.len());
        let [other_labels, other_scores] = [&labels, &scores].map(|all| order.iter().map(|&row| all[row]).collect::<Vec<_>>());
        let (found, wanted) = (Regression::of(&other_labels, &other_scores), Regression::of(&labels, &scores));
        assert_same(&fields(found), &fields(wanted), name(&case));
    }
    for case in cases("clusters") {
        let points = Points::of(&case);
        let order = mixed(points.x.len());
        let now_at = |row: &u32| order.iter().position(|&before| before == *row as usize).expect("every row is in it") as u32;
        let other = Points {
            x: order.iter().map(|&row| points.x[row].clone()).collect(),
            assigned: order.iter().map(|&row| points.assigned[row]).collect(),
            distances: order.iter().map(|&row| points.distances[row]).collect(),
            sample: points.sample.iter().map(now_at).collect(),
        };
        assert_same(&other.metrics(), &points.metrics(), name(&case));
    }
}

/// Two classes as several: where the second column is the score, all that both measure agrees. Scores are no ties at one half.
#[test]
fn two_classes_are_measured_as_one_score_is() {
    let case = cases("multiclass").into_iter().find(|case| name(case) == "two_classes").expect("the case");
    let classes = Classes::of(&case);
    let several = Multiclass::of(&classes.labels, &classes.scores, 2);
    let labels: Vec<bool> = classes.labels.iter().map(|&label| label == 1).collect();
    let scores: Vec<f64> = classes.scores.iter().skip(1).step_by(2).copied().collect();
    let one = TwoClasses::of(&labels, &scores, 0.5);
    let negatives: Vec<bool> = labels.iter().map(|label| !label).collect();
    let rest: Vec<f64> = classes.scores.iter().step_by(2).copied().collect();
    let other = TwoClasses::of(&negatives, &rest, 0.5);
    assert_near(several.loss, one.loss, "loss");
    assert_eq!(several.accuracy, one.accuracy);
    let auc = one.ranking.expect("both classes").auc;
    for found in [several.auc, several.auc_weighted] {
        assert_near(found.expect("both classes"), auc, "auc");
    }
    // Both columns are as far off.
    assert_near(several.brier, 2.0 * one.brier, "brier");
    assert_near(several.balanced_accuracy, 0.5 * (one.recall + other.recall), "balanced accuracy");
    assert_near(several.f1_macro, 0.5 * (one.f1 + other.f1), "f1");
}

/// Names of clusters say nothing, and a move of all points changes nothing but what rounding does.
#[test]
fn clusters_may_be_renamed_and_points_moved() {
    for case in cases("clusters") {
        let points = Points::of(&case);
        let wanted = points.metrics();
        let renamed = Points { assigned: points.assigned.iter().map(|cluster| u32::MAX - 3 * cluster).collect(), ..Points::of(&case) };
        assert_same(&renamed.metrics(), &wanted, name(&case));
        let moved = Points { x: points.x.iter().map(|row| row.iter().map(|cell| cell + 64.0).collect()).collect(), ..points };
        assert_same(&moved.metrics(), &wanted, name(&case));
    }
}
