//! Capital for unexpected losses of retail exposures under the internal ratings-based approach (Basel Committee on Banking
//! Supervision, Basel Framework, CRE31.13 to CRE31.22, <https://www.bis.org/basel_framework/chapter/CRE/31.htm>): the loss in the
//! year that is worse than 999 of 1,000, in Vasicek's model of one factor, less the expected one.

use crate::numeric::math::exp;
use crate::numeric::normal::{cumulative, quantile};

/// The least probability of default that capital is worked out with (CRE32.4, but for revolving exposures of those who do not pay
/// them off each month, whose floor is twice as high there).
pub const PD_FLOOR: f64 = 0.0005;

/// The confidence of CRE31.
const CONFIDENCE: f64 = 0.999;

/// What kind of retail exposure a loan is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Retail {
    /// Secured by residential property.
    Mortgage,
    /// Qualifying revolving: cards and overdrafts.
    Revolving,
    /// All others.
    Other,
}

impl Retail {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::Mortgage, Self::Revolving, Self::Other];

    /// Its name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mortgage => "mortgage",
            Self::Revolving => "revolving",
            Self::Other => "other",
        }
    }
}

/// The correlation R of a class at a probability of default: 0.15, 0.04, or from 0.16 at 0 down to 0.03 at 1.
pub fn correlation(class: Retail, pd: f64) -> f64 {
    match class {
        Retail::Mortgage => 0.15,
        Retail::Revolving => 0.04,
        Retail::Other => {
            let weight = (1.0 - exp(-35.0 * pd)) / (1.0 - exp(-35.0));
            0.03 * weight + 0.16 * (1.0 - weight)
        }
    }
}

/// K, the capital for each unit of exposure at default: LGD (N((G(PD) + sqrt(R) G(0.999)) / sqrt(1 - R)) - PD), PD at its floor or
/// above; nothing of a loan in default, where the best estimate of its loss is the LGD (CRE31.3).
pub fn capital(class: Retail, pd: f64, lgd: f64) -> f64 {
    if pd >= 1.0 {
        return 0.0;
    }
    let pd = pd.max(PD_FLOOR);
    let r = correlation(class, pd);
    lgd * (cumulative((quantile(pd) + r.sqrt() * quantile(CONFIDENCE)) / (1.0 - r).sqrt()) - pd)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `tests/vectors/losses.py`: the formulas with `scipy.stats.norm`.
    #[test]
    fn capital_is_that_of_the_formula_in_scipy() {
        let file = include_str!("../../tests/vectors/losses.json");
        let vectors: serde_json::Value = serde_json::from_str(file).expect("JSON");
        let cases = vectors["capital"].as_array().expect("a list");
        assert!(cases.len() > 20);
        for case in cases {
            let number = |key: &str| case[key].as_f64().expect("a number");
            let class = Retail::ALL.into_iter().find(|class| class.name() == case["class"]).expect("a class");
            let found = [correlation(class, number("pd")), capital(class, number("pd"), number("lgd"))];
            for (found, expected) in found.into_iter().zip([number("correlation"), number("capital")]) {
                assert!((found - expected).abs() < 1e-13, "{case}: {found}");
            }
        }
    }

    #[test]
    fn a_default_needs_no_capital_and_the_floor_holds() {
        assert_eq!(capital(Retail::Other, 1.0, 0.4), 0.0);
        assert_eq!(capital(Retail::Mortgage, 0.0, 0.4), capital(Retail::Mortgage, PD_FLOOR, 0.4));
    }
}
