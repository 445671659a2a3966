//! The course of a run's metrics in a line of small bars, kept in a fixed room however many rounds there are.

use serde::{Deserialize, Serialize};

/// How many bars a line has at most.
pub(super) const WIDTH: usize = 24;

const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The figures of a round, always in the same order; `None` where one does not exist.
pub(super) type Point = Vec<Option<f64>>;

/// Every so many of the points that came, from the first on.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Sparkline {
    points: Vec<Point>,
    last: Option<Point>,
    seen: usize,
    stride: usize,
}

impl Default for Sparkline {
    fn default() -> Self {
        Self { points: Vec::new(), last: None, seen: 0, stride: 1 }
    }
}

impl Sparkline {
    /// Adds a point.
    pub(super) fn push(&mut self, point: Point) {
        if self.seen.is_multiple_of(self.stride) {
            self.points.push(point.clone());
        }
        self.seen += 1;
        self.last = Some(point);
        if self.points.len() > 4 * WIDTH {
            let mut at = 0;
            self.points.retain(|_| {
                at += 1;
                at % 2 == 1
            });
            self.stride *= 2;
        }
    }

    /// Whether points of so many figures, of the rounds up to this one, can have left this.
    pub(super) fn is_possible(&self, figures: usize, round: usize) -> bool {
        let Self { points, last, seen, stride } = self;
        // The stride only ever doubles, and no further than the points go.
        let is_stride = stride.is_power_of_two() && (*stride == 1 || *stride <= *seen);
        is_stride
            && *seen <= round + 1
            && points.len() <= 4 * WIDTH
            && points.len() == seen.div_ceil(*stride)
            && last.is_some() == (*seen > 0)
            && points.iter().chain(last).all(|point| point.len() == figures)
    }

    /// A figure of the first point; `None` if there is none.
    pub(super) fn first(&self, figure: usize) -> Option<f64> {
        self.points.first()?[figure]
    }

    /// A figure of the last point; `None` if there is none.
    pub(super) fn last(&self, figure: usize) -> Option<f64> {
        self.last.as_ref().or(self.points.first())?[figure]
    }

    /// The course of one metric, from its least to its greatest value; a blank where it does not exist.
    pub(super) fn line(&self, metric: usize) -> String {
        let all = || self.points.iter().chain(&self.last).filter_map(|point| point[metric]);
        let (low, high) = all().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
        let bar = |value: f64| {
            let height = if high > low { (value - low) / (high - low) } else { 0.0 };
            BARS[((height * BARS.len() as f64) as usize).min(BARS.len() - 1)]
        };
        let count = self.points.len().min(WIDTH);
        let at = |place: usize| {
            // The last bar is the last point, whether the stride hit it or not.
            if place + 1 == count { self.last(metric) } else { self.points[place * self.points.len() / count][metric] }
        };
        (0..count).map(|place| at(place).map_or(' ', bar)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sparkline(values: impl Iterator<Item = Option<f64>>) -> Sparkline {
        let mut sparkline = Sparkline::default();
        for value in values {
            sparkline.push(vec![None, value]);
        }
        sparkline
    }

    #[test]
    fn bars_go_from_the_least_to_the_greatest_value() {
        let rising = sparkline((0..8).map(|value| Some(f64::from(value))));
        assert_eq!(rising.line(1), "▁▂▃▄▅▆▇█");
        assert_eq!(sparkline([Some(0.5), None, Some(0.5)].into_iter()).line(1), "▁ ▁");
        assert_eq!((rising.line(0), sparkline(std::iter::empty()).line(1)), ("        ".to_owned(), String::new()));
    }

    #[test]
    fn a_long_run_takes_no_more_room_and_keeps_both_ends() {
        let long = sparkline((0..100_001).map(|value| Some(f64::from(value))));
        assert!(long.points.len() <= 4 * WIDTH + 1);
        let line: Vec<char> = long.line(1).chars().collect();
        assert_eq!((line.len(), line[0], line[WIDTH - 1]), (WIDTH, '▁', '█'));
        assert!(line.windows(2).all(|pair| pair[0] <= pair[1]), "{line:?}");
        assert_eq!((long.first(1), long.last(1)), (Some(0.0), Some(100_000.0)));
    }
}
