//! What a strategy adds to each local gradient, so that clients whose rows differ don't drift apart.

/// What is added. A closed set: each is a line of the training loop's own arithmetic.
#[derive(Clone, Debug, PartialEq)]
pub enum Correction<'a> {
    /// Nothing.
    None,
    /// `mu` times the distance from `anchor`, (params,): the gradient of mu/2 |w - anchor|^2.
    Proximal {
        /// How strongly the model is held.
        mu: f64,
        /// Where it is held.
        anchor: &'a [f64],
    },
    /// The same numbers at every step, (params,).
    Constant(Vec<f64>),
}

impl Correction<'_> {
    /// Adds it to the gradient at `params`, both (params,).
    pub fn add_to(&self, gradient: &mut [f64], params: &[f64]) {
        match self {
            Self::None => {}
            Self::Proximal { mu, anchor } => {
                let pulls = params.iter().zip(*anchor).map(|(here, there)| mu * (here - there));
                gradient.iter_mut().zip(pulls).for_each(|(slope, pull)| *slope += pull);
            }
            Self::Constant(numbers) => gradient.iter_mut().zip(numbers).for_each(|(slope, number)| *slope += number),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn corrections_by_hand() {
        let corrected = |correction: Correction<'_>| {
            let mut gradient = [1.0, -1.0];
            correction.add_to(&mut gradient, &[3.0, 5.0]);
            gradient
        };
        assert_eq!(corrected(Correction::None), [1.0, -1.0]);
        assert_eq!(corrected(Correction::Proximal { mu: 0.5, anchor: &[1.0, 9.0] }), [2.0, -3.0]);
        assert_eq!(corrected(Correction::Constant(vec![0.25, 1.0])), [1.25, 0.0]);
    }
}
