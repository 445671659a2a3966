//! The best split of a node, from the sums of its rows' derivatives, exactly as XGBoost finds it with `tree_method = "hist"` (Chen and
//! Guestrin 2016, algorithm 3; release 3): weights and gains are worked out in doubles and kept in single precision, features and bins
//! are gone through in their order, and only a greater gain takes the place of what was found.

use super::cuts::Cuts;
use crate::models::boosting::{Growth, Trend};

/// First and second derivatives' sums: whole numbers of the grid's steps, which doubles hold exactly.
pub(super) type Steps = [f64; 2];

/// Between which values a node's may lie.
pub(super) type Bounds = [f32; 2];

/// No bounds.
pub(super) const UNBOUNDED: Bounds = [f32::MIN, f32::MAX];

/// No split is worth less.
const LEAST_GAIN: f32 = 1e-6;

/// How splits are weighed.
#[derive(Debug)]
pub(super) struct Judge<'a> {
    /// As the scenario says.
    pub growth: &'a Growth,
    /// What a step of the grid is, of first and of second derivatives: powers of two.
    pub units: [f64; 2],
    /// In which direction scores may go with each feature, (features,); empty where all may go in any.
    pub trends: &'a [Option<Trend>],
}

/// A split, and the sums of its two sides.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Found {
    /// Which feature.
    pub feature: usize,
    /// Rows of this bin and those before it go left.
    pub bin: usize,
    /// Whether rows without a cell do.
    pub missing_left: bool,
    /// How much is gained.
    pub gain: f32,
    /// Left and right.
    pub sides: [Steps; 2],
}

fn minus(a: Steps, b: Steps) -> Steps {
    [a[0] - b[0], a[1] - b[1]]
}

fn plus(a: Steps, b: Steps) -> Steps {
    [a[0] + b[0], a[1] + b[1]]
}

impl Judge<'_> {
    /// The value of a node of these sums, before the learning rate.
    pub fn weight(&self, sums: Steps, bounds: Bounds) -> f32 {
        let [g, h] = [sums[0] * self.units[0], sums[1] * self.units[1]];
        if h <= 0.0 {
            return 0.0;
        }
        let weight = (-self.shrunk(g) / (h + self.growth.l2)) as f32;
        weight.max(bounds[0]).min(bounds[1])
    }

    /// The first derivative shrunk towards 0 by the penalty of magnitudes.
    fn shrunk(&self, g: f64) -> f64 {
        let l1 = self.growth.l1;
        if g > l1 {
            g - l1
        } else if g < -l1 {
            g + l1
        } else {
            0.0
        }
    }

    fn gain(&self, sums: Steps, weight: f32) -> f32 {
        let [g, h] = [sums[0] * self.units[0], sums[1] * self.units[1]];
        if h <= 0.0 {
            return 0.0;
        }
        let Growth { l1, l2, .. } = self.growth;
        let (w, square) = (f64::from(weight), f64::from(weight * weight));
        -(2.0 * g * w + (h + l2) * square + 2.0 * l1 * f64::from(weight.abs())) as f32
    }

    /// Whether a node of these sums can have two children that are heavy enough.
    pub fn can_part(&self, sums: Steps) -> bool {
        sums[1] * self.units[1] >= 2.0 * self.growth.min_child_weight
    }

    /// What a split is worth, the node as it is aside; `None` if it may not be.
    fn both_gains(&self, sides: [Steps; 2], bounds: Bounds, trend: Option<Trend>) -> Option<f32> {
        let is_heavy = |side: Steps| {
            let h = side[1] * self.units[1];
            h > 0.0 && h >= self.growth.min_child_weight
        };
        if !sides.into_iter().all(is_heavy) {
            return None;
        }
        let [left, right] = sides.map(|side| self.weight(side, bounds));
        let is_allowed = match trend {
            None => true,
            Some(Trend::Up) => left <= right,
            Some(Trend::Down) => left >= right,
        };
        is_allowed.then(|| self.gain(sides[0], left) + self.gain(sides[1], right))
    }

    /// The best split of a node of these sums, whose rows' are `bins`, (bins,), by the chosen features; `None` if none is worth it.
    pub fn best(&self, cuts: &Cuts, bins: &[Steps], (sums, bounds): (Steps, Bounds), features: &[usize]) -> Option<Found> {
        let as_it_is = self.gain(sums, self.weight(sums, bounds));
        let mut best: Option<Found> = None;
        for &feature in features {
            let own = &bins[cuts.range(feature)];
            let trend = self.trends.get(feature).copied().flatten();
            let mut look = |bin: usize, missing_left: bool, sides: [Steps; 2]| {
                let Some(gains) = self.both_gains(sides, bounds, trend) else { return };
                let gain = gains - as_it_is;
                if gain > best.map_or(0.0, |best| best.gain) {
                    best = Some(Found { feature, bin, missing_left, gain, sides });
                }
            };
            let mut left = [0.0; 2];
            for (bin, &more) in own.iter().enumerate() {
                left = plus(left, more);
                look(bin, false, [left, minus(sums, left)]);
            }
            if left == sums {
                continue;
            }
            // Rows without a cell go left.
            let mut right = [0.0; 2];
            for (bin, &more) in own.iter().enumerate().skip(1).rev() {
                right = plus(right, more);
                look(bin - 1, true, [minus(sums, right), right]);
            }
        }
        best.filter(|best| best.gain > LEAST_GAIN && f64::from(best.gain) >= self.growth.min_gain)
    }

    /// Between which values the children's may lie, of a node that is so split.
    pub fn bounds_below(&self, found: &Found, bounds: Bounds) -> [Bounds; 2] {
        let [left, right] = found.sides.map(|side| self.weight(side, bounds));
        let middle = (left + right) / 2.0;
        let [low, high] = bounds;
        match self.trends.get(found.feature).copied().flatten() {
            None => [bounds; 2],
            Some(Trend::Up) => [[low, middle], [middle, high]],
            Some(Trend::Down) => [[middle, high], [low, middle]],
        }
    }
}
