//! How far apart two models are, parameter by parameter and as vectors.

use std::io::Read;

use csv::StringRecord;
use serde::Serialize;

use crate::runs::Rows;

/// How far apart two models are.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ParameterDifference {
    /// Parameters of the run's model.
    pub run: u64,
    /// Parameters of the other's.
    pub other: u64,
    /// How many differ, names and values; those that only one model has are counted.
    pub differing: u64,
    /// The parameter that differs most; none if no parameter of one name differs in its value.
    pub farthest: Option<Farthest>,
    /// The Euclidean distance; none if the two models don't have the same parameters, or a value is no number.
    pub distance: Option<f64>,
    /// The distance as a share of the Euclidean norm of the run's model; none if that is 0.
    pub relative: Option<f64>,
}

/// The parameter that differs most.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Farthest {
    /// Its name.
    pub name: String,
    /// Its value in the run.
    pub run: f64,
    /// Its value in the other run.
    pub other: f64,
    /// The absolute difference.
    pub difference: f64,
}

/// How far apart the models in two `model.csv` are; `None` if they are the same, or one can't be read.
pub(super) fn difference(run: impl Read, other: impl Read) -> Option<ParameterDifference> {
    let (mut these, mut those) = (Rows::of_any_length(run, "model.csv"), Rows::of_any_length(other, "model.csv"));
    let (mut one, mut two) = (StringRecord::new(), StringRecord::new());
    let mut found = ParameterDifference { run: 0, other: 0, differing: 0, farthest: None, distance: None, relative: None };
    let (mut is_comparable, mut squares, mut norm_squares) = (true, 0.0, 0.0);
    loop {
        let (in_run, in_other) = (these.next(&mut one).ok()?, those.next(&mut two).ok()?);
        if !in_run && !in_other {
            break;
        }
        found.run += u64::from(in_run);
        found.other += u64::from(in_other);
        if !(in_run && in_other && one.get(0) == two.get(0)) {
            (is_comparable, found.differing) = (false, found.differing + 1);
            continue;
        }
        found.differing += u64::from(one.get(1) != two.get(1));
        let (Some(a), Some(b)) = (number(&one), number(&two)) else {
            is_comparable = false;
            continue;
        };
        squares += (a - b) * (a - b);
        norm_squares += a * a;
        let difference = (a - b).abs();
        if difference > found.farthest.as_ref().map_or(0.0, |farthest| farthest.difference) {
            found.farthest = Some(Farthest { name: one.get(0).unwrap_or_default().to_owned(), run: a, other: b, difference });
        }
    }
    if is_comparable {
        found.distance = Some(squares.sqrt());
        found.relative = (norm_squares > 0.0).then(|| (squares / norm_squares).sqrt()).filter(|share| share.is_finite());
    }
    (found.differing > 0).then_some(found)
}

/// A row's value, if it is a finite number.
fn number(row: &StringRecord) -> Option<f64> {
    row.get(1)?.parse().ok().filter(|value: &f64| value.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn apart(one: &str, two: &str) -> Option<ParameterDifference> {
        let [one, two] = [one, two].map(|rows| format!("name,value\n{rows}"));
        difference(one.as_bytes(), two.as_bytes())
    }

    /// (3, 4, 12) has the norm 13; to (3, 1, 8) it has the distance of the legs 3 and 4, which is 5.
    #[test]
    fn the_distance_is_that_of_pythagoras() {
        let found = apart("a,3\nb,4\nc,12\n", "a,3\nb,1\nc,8\n").expect("they differ");
        assert_eq!((found.differing, found.run, found.other), (2, 3, 3));
        assert_eq!((found.distance, found.relative), (Some(5.0), Some((25.0_f64 / 169.0).sqrt())));
        assert_eq!(found.farthest, Some(Farthest { name: "c".to_owned(), run: 12.0, other: 8.0, difference: 4.0 }));
    }

    #[test]
    fn models_of_other_parameters_have_no_distance() {
        assert_eq!(apart("a,1\n", "a,1\n"), None);
        let found = apart("a,1\nb,2\n", "a,1.5\n").expect("they differ");
        assert_eq!((found.run, found.other, found.differing, found.distance), (2, 1, 2, None));
        assert_eq!(found.farthest.map(|farthest| farthest.name), Some("a".to_owned()));
        let broken = apart("a,1\n", "a,NaN\n").expect("they differ");
        assert_eq!((broken.differing, broken.distance, broken.farthest), (1, None, None));
        assert_eq!(apart("a,0\n", "a,1\n").map(|found| (found.distance, found.relative)), Some((Some(1.0), None)));
    }
}
