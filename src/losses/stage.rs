//! IFRS 9's stages by its presumptions: a hint at the stage of a loan, and not the bank's judgement of it.

/// Stages 1 to 3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Twelve months' losses are provided for.
    Performing,
    /// Credit risk rose significantly: all losses of the loan's life are.
    Risen,
    /// It has defaulted.
    Defaulted,
}

/// What a loan's stage follows from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Standing {
    /// Days past due.
    pub days_past_due: f64,
    /// The probability of default today.
    pub pd: f64,
    /// That of the day when the loan was made, where it is known.
    pub pd_at_start: Option<f64>,
}

/// More days past due than these presume a significant rise (B5.5.20).
const DAYS_RISEN: f64 = 30.0;
/// So many days past due presume a default (B5.5.37).
const DAYS_DEFAULTED: f64 = 90.0;
/// A probability of default so many times the first one, and
const RATIO: f64 = 2.0;
/// so much above it, is a significant rise; banks choose their own.
const RISE: f64 = 0.005;

impl Stage {
    /// All stages.
    pub const ALL: [Self; 3] = [Self::Performing, Self::Risen, Self::Defaulted];

    /// The stage that days past due and the rise of the probability of default hint at.
    pub fn hint(standing: &Standing) -> Self {
        let Standing { days_past_due, pd, pd_at_start } = *standing;
        let has_risen = pd_at_start.is_some_and(|start| pd >= RATIO * start && pd - start >= RISE);
        match () {
            () if days_past_due >= DAYS_DEFAULTED => Self::Defaulted,
            () if days_past_due > DAYS_RISEN || has_risen => Self::Risen,
            () => Self::Performing,
        }
    }

    /// Its number.
    pub fn number(self) -> u8 {
        match self {
            Self::Performing => 1,
            Self::Risen => 2,
            Self::Defaulted => 3,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_a_rise_hint_at_the_stage() {
        let stage =
            |days_past_due: f64, pd: f64, pd_at_start: Option<f64>| Stage::hint(&Standing { days_past_due, pd, pd_at_start }).number();
        assert_eq!([0.0, 30.0, 31.0, 89.0, 90.0].map(|days| stage(days, 0.01, None)), [1, 1, 2, 2, 3]);
        assert_eq!([0.004, 0.006, 0.02].map(|pd| stage(0.0, pd, Some(0.005))), [1, 1, 2]);
        // Twice as likely, but hardly likelier.
        assert_eq!(stage(0.0, 0.002, Some(0.001)), 1);
    }
}
