//! A model that a federation left, and how it came there.

use super::course::Course;
use crate::federation::Standing;
use crate::numeric::Params;

/// A model at the end of a federation.
#[derive(Clone, Debug)]
pub struct Trained {
    /// Its parameters.
    pub params: Params,
    /// How it came there.
    pub course: Course,
}

impl Trained {
    /// The model that a federation leaves which ended here, after such a course.
    pub fn new(standing: &Standing, course: Course) -> Self {
        let course = if standing.best.is_some() { course.up_to(standing.kept_round()) } else { course };
        Self { params: standing.kept().clone(), course }
    }
}
