//! Which neighbouring pre-bins of a column to merge, so that the bins tell the classes apart best: exactly, from counts alone.
//!
//! What is sought is the greatest information value, the sum over bins of (p - q) ln(p / q), p and q a bin's shares of the rows of
//! label 0 and of label 1, where the event rate goes one way from bin to bin. Navas-Palencia ("Optimal binning: mathematical programming
//! formulation", 2020, <https://arxiv.org/abs/2001.08025>) states it as an integer programme and leaves it to a solver; as the value is
//! a sum over bins and the constraint one between neighbours, it is a longest path, which dynamic programming finds (as Fisher, "On
//! Grouping for Maximum Homogeneity", JASA 1958, for sums of squares). A state is how many bins there are, the last of them, and
//! whether the rate has turned.

use std::cmp::Ordering;
use std::ops::Range;

use crate::models::scorecard::Course;
use crate::numeric::math::ln;

/// Rows of each class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Those of label 0.
    pub goods: u64,
    /// Those of label 1, the events.
    pub bads: u64,
}

impl Counts {
    /// Rows in all.
    pub fn rows(self) -> u64 {
        self.goods + self.bads
    }

    /// The share of events; 0 without rows.
    pub fn rate(self) -> f64 {
        if self.rows() == 0 { 0.0 } else { self.bads as f64 / self.rows() as f64 }
    }

    /// Of both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self { goods: self.goods + other.goods, bads: self.bads + other.bads }
    }

    /// The logarithm of the share of all goods that these are over the share of all bads: above 0 where rows are safer than on the
    /// whole. Both classes must be there.
    pub fn woe(self, all: Self) -> f64 {
        let [good, bad] = self.shares(all);
        ln(good / bad)
    }

    /// What these add to the information value.
    pub fn iv(self, all: Self) -> f64 {
        let [good, bad] = self.shares(all);
        (good - bad) * self.woe(all)
    }

    fn shares(self, all: Self) -> [f64; 2] {
        [self.goods as f64 / all.goods as f64, self.bads as f64 / all.bads as f64]
    }

    /// Whether the event rate is no greater than the other's, exactly.
    pub fn is_no_riskier(self, other: Self) -> bool {
        self.riskier_last(other).is_le()
    }

    /// By event rates, exactly.
    pub fn riskier_last(self, other: Self) -> Ordering {
        let product = |a: u64, b: u64| u128::from(a) * u128::from(b);
        product(self.bads, other.rows()).cmp(&product(other.bads, self.rows()))
    }
}

/// What a bin must have.
#[derive(Clone, Copy, Debug)]
pub struct Least {
    /// Rows.
    pub rows: u64,
    /// Rows of either class; one counts as the least that makes a bin.
    pub of_class: u64,
}

impl Least {
    /// Whether these make a bin.
    pub fn allows(&self, counts: Counts) -> bool {
        counts.rows() >= self.rows && counts.goods.min(counts.bads) >= self.of_class.max(1)
    }
}

/// The best bins.
#[derive(Clone, Debug, PartialEq)]
pub struct Merged {
    /// The pre-bins of each, in their order; together they are all.
    pub bins: Vec<Range<usize>>,
    /// Their information value, of shares of the rows in them.
    pub value: f64,
}

/// The bins of the greatest information value that have what they must have, no more than `bins_max` of them, whose event rates go as
/// `course` says; the fewest, and those that end first, of several as good. `None` if there are no such bins.
pub fn merge(parts: &[Counts], course: Course, least: &Least, bins_max: usize) -> Option<Merged> {
    let (bins, value) = match course.directions() {
        [] => Free::new(parts, least).best(bins_max)?,
        directions => Turning { spans: Spans::new(parts, least), directions }.best(bins_max)?,
    };
    Some(Merged { bins, value })
}

/// What each run of neighbouring pre-bins would be as a bin.
struct Spans {
    count: usize,
    /// The counts of those from the first on, (count + 1,).
    up_to: Vec<Counts>,
    /// By first and last pre-bin, (count, count); `NONE` where they make no bin.
    values: Vec<f64>,
}

/// Of what is not there.
const NONE: f64 = f64::NEG_INFINITY;

impl Spans {
    fn new(parts: &[Counts], least: &Least) -> Self {
        let mut up_to = vec![Counts::default()];
        up_to.extend(parts.iter().scan(Counts::default(), |sum, part| {
            *sum = sum.and(*part);
            Some(*sum)
        }));
        let (count, all) = (parts.len(), up_to[parts.len()]);
        let mut spans = Self { count, up_to, values: vec![NONE; count * count] };
        for last in 0..count {
            for first in 0..=last {
                let counts = spans.counts(first, last);
                if least.allows(counts) {
                    spans.values[first * count + last] = counts.iv(all);
                }
            }
        }
        spans
    }

    /// The counts of the pre-bins from `first` to `last`.
    fn counts(&self, first: usize, last: usize) -> Counts {
        let (from, to) = (self.up_to[first], self.up_to[last + 1]);
        Counts { goods: to.goods - from.goods, bads: to.bads - from.bads }
    }

    fn value(&self, first: usize, last: usize) -> f64 {
        self.values[first * self.count + last]
    }
}

/// Bins whose event rates go any way: a state is how many there are, and where the last one ends.
struct Free(Spans);

impl Free {
    fn new(parts: &[Counts], least: &Least) -> Self {
        Self(Spans::new(parts, least))
    }

    fn best(&self, bins_max: usize) -> Option<(Vec<Range<usize>>, f64)> {
        let spans = &self.0;
        let count = spans.count;
        // By bins so far less one and the last pre-bin: the value, and the first pre-bin of the last bin.
        let mut layers: Vec<Vec<(f64, usize)>> = vec![(0..count).map(|last| (spans.value(0, last), 0)).collect()];
        while layers.len() < bins_max.min(count) {
            let before = layers.last().expect("there is a first");
            let best = |last: usize| {
                let with = |first: usize| (before[first - 1].0 + spans.value(first, last), first);
                (1..=last).map(with).fold((NONE, 0), |best, found| if found.0 > best.0 { found } else { best })
            };
            let layer: Vec<(f64, usize)> = (0..count).map(best).collect();
            layers.push(layer);
        }
        let ends = layers.iter().map(|layer| layer.last().map_or(NONE, |(value, _)| *value));
        let (bins, value) = fewest_of_best(ends)?;
        let (mut found, mut end) = (Vec::new(), count);
        for layer in layers[..=bins].iter().rev() {
            let first = layer[end - 1].1;
            found.push(first..end);
            end = first;
        }
        found.reverse();
        Some((found, value))
    }
}

/// Where the greatest value is, the first of equals, and the value; `None` if all are [`NONE`].
fn fewest_of_best(values: impl Iterator<Item = f64>) -> Option<(usize, f64)> {
    values.enumerate().filter(|(_, value)| *value > NONE).fold(None, |best, (at, value)| match best {
        Some((_, known)) if value <= known => best,
        _ => Some((at, value)),
    })
}

/// Bins whose event rates go in these directions, one after the other: a state is how many bins there are, the last one's pre-bins,
/// and which direction is gone in.
struct Turning<'a> {
    spans: Spans,
    directions: &'a [bool],
}

/// What is known of a state: its value, and the bin before the last as its first pre-bin and direction.
type Reached = (f64, usize, usize);

impl Turning<'_> {
    /// Where a state stands among those of as many bins.
    fn at(&self, first: usize, last: usize, direction: usize) -> usize {
        (direction * self.spans.count + first) * self.spans.count + last
    }

    /// Whether a bin of `next` may follow upon one of `before` in this direction.
    fn may_follow(&self, before: Counts, next: Counts, direction: usize) -> bool {
        if self.directions[direction] { before.is_no_riskier(next) } else { next.is_no_riskier(before) }
    }

    fn best(&self, bins_max: usize) -> Option<(Vec<Range<usize>>, f64)> {
        let count = self.spans.count;
        let nowhere: Vec<Reached> = vec![(NONE, 0, 0); count * count * self.directions.len()];
        let mut first_layer = nowhere.clone();
        (0..count).for_each(|last| first_layer[self.at(0, last, 0)] = (self.spans.value(0, last), 0, 0));
        let mut layers = vec![first_layer];
        while layers.len() < bins_max.min(count) {
            let mut layer = nowhere.clone();
            let before = layers.last().expect("there is a first");
            for last in 0..count {
                (1..=last).for_each(|first| self.reach(before, (first, last), &mut layer));
            }
            layers.push(layer);
        }
        let end_of = |layer: &Vec<Reached>| {
            let states = (0..self.directions.len()).flat_map(|direction| (0..count).map(move |first| (first, direction)));
            let value = |(first, direction): (usize, usize)| (layer[self.at(first, count - 1, direction)].0, first, direction);
            states.map(value).fold((NONE, 0, 0), |best, found| if found.0 > best.0 { found } else { best })
        };
        let ends: Vec<Reached> = if count == 0 { Vec::new() } else { layers.iter().map(end_of).collect() };
        let (bins, value) = fewest_of_best(ends.iter().map(|(value, ..)| *value))?;
        let (_, mut first, mut direction) = ends[bins];
        let (mut found, mut end) = (Vec::new(), count);
        for layer in layers[1..=bins].iter().rev() {
            found.push(first..end);
            let here = self.at(first, end - 1, direction);
            end = first;
            (_, first, direction) = layer[here];
        }
        found.push(first..end);
        found.reverse();
        Some((found, value))
    }

    /// The states of one bin more, this one, from those before.
    fn reach(&self, before: &[Reached], (first, last): (usize, usize), layer: &mut [Reached]) {
        let value = self.spans.value(first, last);
        if value == NONE {
            return;
        }
        let next = self.spans.counts(first, last);
        for start in 0..first {
            let counts = self.spans.counts(start, first - 1);
            for gone in 0..self.directions.len() {
                let (known, ..) = before[self.at(start, first - 1, gone)];
                if known == NONE {
                    continue;
                }
                for direction in gone..self.directions.len() {
                    let at = self.at(first, last, direction);
                    if known + value > layer[at].0 && self.may_follow(counts, next, direction) {
                        layer[at] = (known + value, start, gone);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::rng::{Purpose, Seeds, Streams};
    use crate::numeric::sample::unit;

    const ANY: Least = Least { rows: 0, of_class: 1 };

    fn counts(pairs: &[(u64, u64)]) -> Vec<Counts> {
        pairs.iter().map(|&(goods, bads)| Counts { goods, bads }).collect()
    }

    fn goes(rates: &[Counts], course: Course) -> bool {
        let up = |part: &[Counts]| part.windows(2).all(|pair| pair[0].is_no_riskier(pair[1]));
        let down = |part: &[Counts]| part.windows(2).all(|pair| pair[1].is_no_riskier(pair[0]));
        let turns = |first: &dyn Fn(&[Counts]) -> bool, second: &dyn Fn(&[Counts]) -> bool| {
            (0..rates.len()).any(|turn| first(&rates[..=turn]) && second(&rates[turn..]))
        };
        match course {
            Course::Ascending => up(rates),
            Course::Descending => down(rates),
            Course::Peak => turns(&up, &down),
            Course::Valley => turns(&down, &up),
            Course::Free => true,
        }
    }

    /// All ways to cut the pre-bins into neighbours, one by one.
    fn by_trying_all(parts: &[Counts], course: Course, least: &Least, bins_max: usize) -> Option<f64> {
        let all = parts.iter().fold(Counts::default(), |sum, part| sum.and(*part));
        let mut best: Option<f64> = None;
        for cuts in 0_u32..1 << (parts.len() - 1) {
            let mut bins = vec![parts[0]];
            for (at, part) in parts.iter().enumerate().skip(1) {
                match bins.last_mut() {
                    Some(last) if cuts >> (at - 1) & 1 == 0 => *last = last.and(*part),
                    _ => bins.push(*part),
                }
            }
            if bins.len() <= bins_max && bins.iter().all(|bin| least.allows(*bin)) && goes(&bins, course) {
                let value: f64 = bins.iter().map(|bin| bin.iv(all)).sum();
                best = Some(best.map_or(value, |best| best.max(value)));
            }
        }
        best
    }

    /// By hand: rates .1, .5, .3; ascending bins must merge the last two into 8 of 20: IV of (90, 10) and (12, 8) of (102, 18).
    #[test]
    fn neighbours_that_go_the_wrong_way_are_merged() {
        let parts = counts(&[(90, 10), (5, 5), (7, 3)]);
        let ends = |course: Course| {
            let merged = merge(&parts, course, &ANY, 9).expect("there are bins");
            merged.bins.iter().map(|bin| bin.end).collect::<Vec<_>>()
        };
        assert_eq!(ends(Course::Ascending), [1, 3]);
        let merged = merge(&parts, Course::Ascending, &ANY, 9).expect("there are bins");
        let term = |good: f64, bad: f64| (good / 102.0 - bad / 18.0) * ln((good / 102.0) / (bad / 18.0));
        assert!((merged.value - term(90.0, 10.0) - term(12.0, 8.0)).abs() < 1e-12);
        assert_eq!((ends(Course::Peak), ends(Course::Descending)), (vec![1, 2, 3], vec![3]));
        assert_eq!(merge(&parts, Course::Free, &ANY, 2).expect("there are bins").bins.len(), 2);
    }

    #[test]
    fn a_bin_must_have_what_it_must_have() {
        // The middle has no event, the last too few rows.
        let parts = counts(&[(90, 10), (50, 0), (50, 30), (1, 1)]);
        let ends = |least: Least| {
            let merged = merge(&parts, Course::Ascending, &least, 9)?;
            Some(merged.bins.iter().map(|bin| bin.end).collect::<Vec<_>>())
        };
        assert_eq!(ends(ANY), Some(vec![2, 3, 4]));
        assert_eq!(ends(Least { rows: 3, of_class: 1 }), Some(vec![2, 4]));
        assert_eq!(ends(Least { rows: 0, of_class: 30 }), Some(vec![4]));
        assert_eq!(ends(Least { rows: 0, of_class: 50 }), None);
        assert_eq!(ends(Least { rows: 233, of_class: 1 }), None);
        assert_eq!(merge(&[], Course::Peak, &ANY, 9), None);
        assert_eq!(merge(&[], Course::Free, &ANY, 9), None);
        assert_eq!(merge(&counts(&[(7, 0)]), Course::Peak, &ANY, 9), None);
    }

    #[test]
    fn the_bins_are_the_best_of_all_ways_to_cut() {
        let mut stream = Streams::new(Seeds::all(5)).stream(Purpose::Generate, 0, 0);
        let courses = [Course::Ascending, Course::Descending, Course::Peak, Course::Valley, Course::Free];
        for case in 0..60 {
            let parts: Vec<Counts> = (0..2 + case % 9)
                .map(|_| Counts { goods: (unit(&mut stream) * 60.0) as u64, bads: (unit(&mut stream) * 20.0) as u64 })
                .collect();
            for course in courses {
                for (least, bins_max) in [(ANY, 99), (Least { rows: 40, of_class: 1 }, 99), (Least { rows: 0, of_class: 9 }, 3)] {
                    let (found, best) = (merge(&parts, course, &least, bins_max), by_trying_all(&parts, course, &least, bins_max));
                    assert_eq!(found.is_some(), best.is_some(), "{parts:?} {course:?}");
                    let (Some(found), Some(best)) = (found, best) else { continue };
                    assert!((found.value - best).abs() < 1e-12, "{parts:?} {course:?}: {} for {best}", found.value);
                    // The bins are what their value says, and as they must be.
                    let sums: Vec<Counts> = found
                        .bins
                        .iter()
                        .map(|bin| parts[bin.clone()].iter().fold(Counts::default(), |sum, part| sum.and(*part)))
                        .collect();
                    let all = sums.iter().fold(Counts::default(), |sum, part| sum.and(*part));
                    assert!((sums.iter().map(|bin| bin.iv(all)).sum::<f64>() - best).abs() < 1e-12);
                    assert!(goes(&sums, course) && sums.iter().all(|bin| least.allows(*bin)) && sums.len() <= bins_max);
                    assert!(found.bins[0].start == 0 && found.bins.windows(2).all(|pair| pair[0].end == pair[1].start));
                    assert_eq!(found.bins.last().map(|bin| bin.end), Some(parts.len()));
                }
            }
        }
    }
}
