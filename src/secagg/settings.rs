//! `[aggregation]` with `kind = "secure"`: read, and checked against the federation that it is for.

use super::agreement::{Adversary, Agreement, Shape};
use super::degree::{Degree, Rates};
use super::encoding::{EXTRA, Encoding};
use super::ring::{BITS, Ring};
use crate::diag::Problem;
use crate::numeric::fixed_point::{FixedPoint, Rounding};
use crate::settings::{Bound, Limit, POSITIVE, Scalar, Table};

/// The keys as they were written.
#[derive(Clone, Copy, Debug)]
pub struct SecAggSpec {
    protocol: Protocol,
    adversary: Adversary,
    threshold: Threshold,
    value_bits: u32,
    clip: Option<f64>,
    modulus_bits: Option<u32>,
    weight_max: Option<u64>,
    rounding: Rounding,
    min_honest: usize,
}

/// The most boxes of a round: 10 GB of them.
const BOXES_MAX: usize = 100_000_000;

/// Which graph.
#[derive(Clone, Copy, Debug)]
enum Protocol {
    /// The complete one, with the share of clients that may collude.
    Bonawitz { corrupt: f64 },
    /// The k-regular one, with the rates that degree and threshold are found from.
    SecAggPlus { rates: Rates, degree: Option<usize> },
}

/// How many shares suffice.
#[derive(Clone, Copy, Debug)]
enum Threshold {
    /// What the protocol's theorems ask for.
    Least,
    /// This share of the holders.
    Share(f64),
    /// This many.
    Count(usize),
}

/// What the vectors of a federation add up to at worst.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// Clients of a cohort, at most.
    pub clients: usize,
    /// The greatest weight that a client has.
    pub weight: u64,
    /// Parameters of the model.
    pub params: usize,
    /// The greatest magnitude of an update's coordinate, if something bounds it: what `clip = "auto"` takes.
    pub magnitude_max: Option<f64>,
}

/// A specification that fits its federation.
#[derive(Clone, Copy, Debug)]
pub struct SecAggPlan {
    spec: SecAggSpec,
    encoding: Encoding,
    ring: Ring,
    needed_bits: u32,
    weight_max: u64,
}

impl SecAggSpec {
    /// Reads the keys of secure aggregation.
    pub fn read(table: &mut Table) -> Self {
        let is_plus = table.word("protocol", "bonawitz", &[("bonawitz", false), ("secagg_plus", true)]);
        let adversary = [("semi_honest", Adversary::SemiHonest), ("active", Adversary::Active)];
        let adversary = table.word("adversary", "semi_honest", &adversary);
        let corrupt = table.number("max_corrupt", 0.1, RATE);
        let protocol = if is_plus {
            let rates = Rates { corrupt, dropout: table.number("max_dropout", 0.1, RATE) };
            Protocol::SecAggPlus { rates, degree: table.optional_count("degree", 2..=1_000_000) }
        } else {
            for key in ["max_dropout", "degree"] {
                table.refuse_if_given(key, "only protocol = \"secagg_plus\" looks at it");
            }
            Protocol::Bonawitz { corrupt }
        };
        let threshold = match table.word_or_number("threshold", "auto", &[("auto", ())], THRESHOLD) {
            Scalar::Word(()) => Threshold::Least,
            Scalar::Number(share) if share <= 1.0 => Threshold::Share(share),
            Scalar::Number(count) => Threshold::Count(count as usize),
        };
        let value_bits = u32::try_from(table.count("value_bits", 24, 2..=32)).expect("at most 32");
        let clip =
            if table.is_given("clip") { table.word_or_number("clip", "auto", &[("auto", ())], POSITIVE) } else { default_clip(table) };
        let modulus_bits = match table.word_or_number("modulus_bits", "auto", &[("auto", ())], MODULUS_BITS) {
            Scalar::Word(()) => None,
            Scalar::Number(bits) => Some(bits as u32),
        };
        let weight_max = match table.word_or_number("weight_max", "auto", &[("auto", ())], WEIGHT) {
            Scalar::Word(()) => None,
            Scalar::Number(weight) => Some(weight as u64),
        };
        let rounding = table.word("rounding", "stochastic", &[("stochastic", Rounding::Stochastic), ("nearest", Rounding::Nearest)]);
        let clip = match clip {
            Scalar::Word(()) => None,
            Scalar::Number(clip) => Some(clip),
        };
        let min_honest = table.count("min_honest", 2, 1..=1_000_000_000);
        Self { protocol, adversary, threshold, value_bits, clip, modulus_bits, weight_max, rounding, min_honest }
    }

    /// The plan for a federation.
    ///
    /// # Errors
    /// Every number that must change, and to what.
    pub fn plan(&self, load: &Load) -> Result<SecAggPlan, Vec<Problem>> {
        let mut problems = self.check_threshold(load.clients);
        problems.extend(self.too_many_boxes(load.clients));
        let clip = self.clip.or(load.magnitude_max);
        if clip.is_none() {
            let problem = Problem::about("aggregation.clip", "nothing bounds the updates, so clip = \"auto\" could overflow");
            problems.push(problem.help("give the bound yourself, for instance clip = 4.0"));
        }
        let weight_max = self.weight_max(load);
        if load.weight > weight_max {
            let words = format!("a client has {} training rows, more than any may have by weight_max = {weight_max}", load.weight);
            problems.push(Problem::about("aggregation.weight_max", words).help(format!("set weight_max = {}, or more", load.weight)));
        }
        let needed_bits = self.needed_bits(load, self.value_bits);
        let bits = self.modulus_bits.unwrap_or(needed_bits.max(*BITS.start()));
        if needed_bits > bits || !BITS.contains(&bits) {
            problems.push(self.too_little_headroom(load, needed_bits));
        }
        match clip {
            Some(clip) if problems.is_empty() => {
                let ring = Ring::new(bits);
                let encoding = Encoding::new(FixedPoint::new(self.value_bits, clip, self.rounding), clip, weight_max, ring);
                Ok(SecAggPlan { spec: *self, encoding, ring, needed_bits, weight_max })
            }
            _ => Err(problems),
        }
    }

    /// The share of clients that neighbours are found for to drop out; `None` where all are neighbours.
    pub fn dropout_max(&self) -> Option<f64> {
        match self.protocol {
            Protocol::Bonawitz { .. } => None,
            Protocol::SecAggPlus { rates, .. } => Some(rates.dropout),
        }
    }

    /// How many of a cohort of so many clients must stay to the end, where that is all that counts; `None` where neighbours count.
    pub fn threshold_of_all(&self, clients: usize) -> Option<usize> {
        match self.shape(clients) {
            Shape::Complete { threshold } => Some(threshold),
            Shape::Regular(_) => None,
        }
    }

    /// Fewer inputs of clients that don't collude, in one sum, are to be warned of: one alone would be fully disclosed.
    pub fn min_honest(&self) -> usize {
        self.min_honest
    }

    /// The agreement of all clients, whose sums fill so many bits, sign included: for statistics before the first round.
    ///
    /// # Errors
    /// When the threshold is not safe among so many clients.
    pub fn agreement_for_statistics(&self, clients: usize, bits: u32) -> Result<Agreement, Vec<Problem>> {
        let mut problems = self.check_threshold(clients);
        problems.extend(self.too_many_boxes(clients));
        let ring = Ring::for_sums_of(bits);
        if problems.is_empty() { Ok(self.agreement(clients, ring)) } else { Err(problems) }
    }

    /// The agreement of a cohort of so many clients, which may be smaller than the one that was found to be safe.
    pub fn agreement(&self, clients: usize, ring: Ring) -> Agreement {
        Agreement::new(clients, self.shape(clients), ring, self.adversary, self.rates())
    }

    /// The greatest weight that a client may have, which the ring has room for: a power of two where nothing was agreed on, so
    /// that the ring does not tell how many rows the largest client has.
    fn weight_max(&self, load: &Load) -> u64 {
        self.weight_max.unwrap_or_else(|| load.weight.next_power_of_two())
    }

    /// The least b with 2^b above twice the greatest magnitude of a sum, in any coordinate.
    fn needed_bits(&self, load: &Load, value_bits: u32) -> u32 {
        let magnitude = (1_u128 << (value_bits - 1)) - 1;
        let clients = load.clients as u128;
        let of_values = clients.saturating_mul(u128::from(self.weight_max(load))).saturating_mul(magnitude);
        let of_counts = clients.saturating_mul(load.params as u128);
        128 - of_values.max(of_counts).saturating_mul(2).leading_zeros()
    }

    fn too_little_headroom(&self, load: &Load, needed: u32) -> Problem {
        let (clients, weight) = (load.clients, self.weight_max(load));
        let words =
            format!("the sum of {clients} clients of weight up to {weight} at {} bits a value needs {needed} bits", self.value_bits);
        let given = self.modulus_bits.unwrap_or(*BITS.end());
        let fits = (2..self.value_bits).rev().find(|&bits| self.needed_bits(load, bits) <= given);
        let ways =
            [(needed <= *BITS.end()).then(|| format!("set modulus_bits = {needed}")), fits.map(|bits| format!("set value_bits = {bits}"))];
        let ways: Vec<String> = ways.into_iter().flatten().collect();
        let help = if ways.is_empty() { "weigh clients alike, or take fewer of them".to_owned() } else { ways.join(", or ") };
        let key = if self.modulus_bits.is_some() { "aggregation.modulus_bits" } else { "aggregation.value_bits" };
        Problem::about(key, format!("{words}, but there are {given}")).help(help)
    }

    /// The server holds a box for each client from each of its neighbours, all at once.
    fn too_many_boxes(&self, clients: usize) -> Option<Problem> {
        let neighbours = match self.protocol {
            Protocol::Bonawitz { .. } => clients.saturating_sub(1),
            Protocol::SecAggPlus { degree: Some(degree), .. } => degree,
            // The fewest neighbours that are safe grow with the logarithm of the clients.
            Protocol::SecAggPlus { degree: None, .. } => 0,
        };
        let boxes = clients.saturating_mul(neighbours);
        let words = format!("{clients} clients of {neighbours} neighbours each send {boxes} boxes, more than {BOXES_MAX}");
        (boxes > BOXES_MAX).then(|| {
            Problem::about("aggregation.protocol", words).help("set protocol = \"secagg_plus\" and leave degree out, or take fewer clients")
        })
    }

    fn check_threshold(&self, clients: usize) -> Vec<Problem> {
        if clients < 2 {
            let problem = Problem::about("aggregation.kind", "a sum over a single client hides nothing");
            return vec![problem.help("let two clients or more take part, or aggregate in the clear: kind = \"mean\"")];
        }
        let about = |key: &str, words: String| Problem::about(format!("aggregation.{key}"), words);
        if self.adversary == Adversary::Active && matches!(self.protocol, Protocol::SecAggPlus { .. }) {
            let words = "a server that may lie would choose the neighbours: secagg_plus is for a semi-honest one".to_owned();
            return vec![about("adversary", words).help("set protocol = \"bonawitz\", or adversary = \"semi_honest\"")];
        }
        if let Protocol::SecAggPlus { degree: Some(degree), rates } = self.protocol
            && degree % 2 == 1
        {
            let least = Degree::least(clients, &rates).map_or(degree + 1, |least| least.degree);
            return vec![
                about("degree", format!("{degree} is odd, and neighbours stand on two sides")).help(format!("set degree = {least}")),
            ];
        }
        let (shape, corrupt) = (self.shape(clients), self.rates().corrupt_max(clients));
        match shape {
            Shape::Complete { threshold } => self.check_complete(clients, threshold, corrupt),
            Shape::Regular(degree) => self.check_regular(clients, degree),
        }
        .into_iter()
        .collect()
    }

    fn check_complete(&self, clients: usize, threshold: usize, corrupt: usize) -> Option<Problem> {
        let least = match self.adversary {
            Adversary::SemiHonest => corrupt + 1,
            Adversary::Active => (clients + corrupt) / 2 + 1,
        }
        .max(2);
        let about = |words: String| Problem::about("aggregation.threshold", words);
        if threshold > clients {
            let words = format!("a threshold of {threshold} among {clients} clients: every round would be aborted");
            return Some(about(words).help(format!("set threshold = {clients} or less")));
        }
        let words = format!("a threshold of {threshold} of {clients} is not safe when {corrupt} clients collude with the server");
        (threshold < least).then(|| about(words).help(format!("set threshold = {least} or more, or max_corrupt lower")))
    }

    fn check_regular(&self, clients: usize, Degree { degree, threshold }: Degree) -> Option<Problem> {
        let rates = self.rates();
        match Degree::with_degree(clients, degree, &rates) {
            None => {
                let help = Degree::least(clients, &rates)
                    .map_or("set protocol = \"bonawitz\"".to_owned(), |least| format!("set degree = {} or more", least.degree));
                let words = format!("{degree} neighbours are too few for {clients} clients at these rates of corruption and dropout");
                Some(Problem::about("aggregation.degree", words).help(help))
            }
            Some(least) if threshold < least.threshold || threshold > degree => {
                let words = format!("a threshold of {threshold} among {degree} neighbours is not safe at these rates");
                Some(Problem::about("aggregation.threshold", words).help(format!("set threshold = {}", least.threshold)))
            }
            Some(_) => None,
        }
    }

    fn rates(&self) -> Rates {
        match self.protocol {
            Protocol::Bonawitz { corrupt } => Rates { corrupt, dropout: 0.0 },
            Protocol::SecAggPlus { rates, .. } => rates,
        }
    }

    /// Graph and threshold of a cohort. Where k neighbours would be all there are, the graph is the complete one.
    fn shape(&self, clients: usize) -> Shape {
        if let Protocol::SecAggPlus { rates, degree } = self.protocol {
            let found = match degree {
                None => Degree::least(clients, &rates),
                Some(degree) if degree + 1 >= clients => None,
                Some(degree) => {
                    let threshold = Degree::with_degree(clients, degree, &rates).map_or(degree / 2 + 1, |found| found.threshold);
                    Some(Degree { degree, threshold })
                }
            };
            if let Some(Degree { degree, threshold }) = found {
                return Shape::Regular(Degree { degree, threshold: self.threshold_among(degree, threshold) });
            }
        }
        let least = match self.adversary {
            Adversary::SemiHonest => clients / 2 + 1,
            Adversary::Active => 2 * clients / 3 + 1,
        };
        Shape::Complete { threshold: self.threshold_among(clients, least) }
    }

    fn threshold_among(&self, holders: usize, least: usize) -> usize {
        let threshold = match self.threshold {
            Threshold::Least => least,
            // 0.67 of 100 is 67, though their product as doubles lies above it.
            Threshold::Share(share) => (share * holders as f64 - 1e-9).ceil() as usize,
            Threshold::Count(count) => count,
        };
        threshold.max(2)
    }
}

/// What `clip` is where nobody wrote it.
fn default_clip(table: &mut Table) -> Scalar<()> {
    Scalar::Number(table.number("clip", 4.0, POSITIVE))
}

const THRESHOLD: Limit =
    Limit::new("a share above 0 and up to 1, or a whole number from 2", Bound::Open(0.0), Bound::None).whole_above(1.0);
const RATE: Limit = Limit::new("a number from 0, below 1", Bound::At(0.0), Bound::Open(1.0));
const WEIGHT: Limit = Limit::new("a whole number from 1 to 4294967296", Bound::At(1.0), Bound::At(4_294_967_296.0)).whole_above(0.0);
const MODULUS_BITS: Limit = Limit::new("a whole number from 8 to 64", Bound::At(8.0), Bound::At(64.0)).whole_above(0.0);

impl SecAggPlan {
    /// The agreement of a cohort, of at most as many clients as the plan is for. Keep it for cohorts of one size: finding
    /// the degree of a large one takes a while.
    pub fn agreement(&self, clients: usize) -> Agreement {
        Agreement::new(clients, self.spec.shape(clients), self.ring, self.spec.adversary, self.spec.rates())
    }

    /// From updates to vectors and back.
    pub fn encoding(&self) -> &Encoding {
        &self.encoding
    }

    /// The greatest weight that a client may have.
    pub fn weight_max(&self) -> u64 {
        self.weight_max
    }

    /// Coordinates of the vector of so many parameters.
    pub fn length(&self, params: usize) -> usize {
        params + EXTRA
    }

    /// Bits of one client's weighted coordinate, sign included: what it would take in the clear.
    pub fn input_bits(&self) -> u32 {
        self.spec.value_bits + (64 - self.weight_max.leading_zeros())
    }

    /// Bits of the ring that no sum can reach.
    pub fn headroom_bits(&self) -> u32 {
        self.ring.bits() - self.needed_bits
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{Document, Source};

    const LOAD: Load = Load { clients: 100, weight: 1000, params: 1000, magnitude_max: None };

    fn spec(text: &str) -> SecAggSpec {
        let document = Document::parse(&Source::new("test", text), &[]).expect("it is TOML");
        let mut table = document.root();
        let spec = SecAggSpec::read(&mut table);
        table.finish();
        document.finish().expect("it has no mistakes");
        spec
    }

    fn refused(text: &str, load: &Load) -> String {
        let problems = spec(text).plan(load).expect_err("it can't be planned");
        format!("{problems:?}")
    }

    /// 2 * 100 * 1024 * (2^23 - 1) lies just below 2^40.7: 41 bits.
    #[test]
    fn the_least_ring_holds_twice_the_greatest_sum() {
        let plan = spec("").plan(&LOAD).expect("it has headroom");
        assert_eq!((plan.ring.bits(), plan.headroom_bits()), (41, 0));
        assert_eq!(spec("modulus_bits = 48").plan(&LOAD).expect("it has headroom").headroom_bits(), 7);
        // 2 * 1 * 1 * 127 = 254 is below 2^8; with two clients it is not.
        let small = |clients| Load { clients, weight: 1, params: 1, magnitude_max: None };
        assert_eq!(spec("value_bits = 8\nthreshold = 2").needed_bits(&small(1), 8), 8);
        assert_eq!(spec("value_bits = 8").needed_bits(&small(2), 8), 9);
    }

    #[test]
    fn too_little_headroom_is_refused_with_the_numbers_that_would_do() {
        let shown = refused("modulus_bits = 32", &LOAD);
        assert!(shown.contains("set modulus_bits = 41, or set value_bits = 15"), "{shown}");
        let shown = refused("value_bits = 32", &Load { weight: 1 << 40, ..LOAD });
        assert!(shown.contains("set value_bits = 17"), "{shown}");
        // The count of clipped coordinates has to fit too.
        refused("value_bits = 2\nmodulus_bits = 12", &Load { weight: 1, params: 1 << 20, ..LOAD });
    }

    /// The ring's bits tell the power of two above the largest client, or nothing of it where a bound was agreed on.
    #[test]
    fn the_ring_does_not_tell_how_large_the_largest_client_is() {
        let bits = |text: &str, weight: u64| spec(text).plan(&Load { weight, ..LOAD }).expect("it has headroom").ring.bits();
        assert!((513..=1024).all(|weight| bits("", weight) == bits("", 1024)) && bits("", 1025) > bits("", 1024));
        assert!([1, 5, 70_000].iter().all(|&weight| bits("weight_max = 70000", weight) == bits("weight_max = 70000", 70_000)));
        assert!(refused("weight_max = 999", &LOAD).contains("set weight_max = 1000"));
    }

    #[test]
    fn a_clip_found_by_itself_needs_a_bound() {
        assert!(refused("clip = \"auto\"", &LOAD).contains("clip = 4.0"));
        assert!(spec("clip = \"auto\"").plan(&Load { magnitude_max: Some(2.0), ..LOAD }).is_ok());
    }

    #[test]
    fn thresholds_are_shares_counts_or_what_the_theorems_ask_for() {
        let threshold = |text: &str| spec(text).plan(&LOAD).expect("it is safe").agreement(100).threshold();
        assert_eq!(threshold(""), 51);
        assert_eq!(threshold("adversary = \"active\""), 67);
        assert_eq!(threshold("threshold = 0.67"), 67);
        assert_eq!(threshold("threshold = 80"), 80);
        assert_eq!(threshold("protocol = \"secagg_plus\""), 11);
        assert_eq!(threshold("protocol = \"secagg_plus\"\nmax_corrupt = 0.2"), 21);
    }

    /// Of 100 clients ten may collude: t > 10, and 2t > 110 against a server that lies.
    #[test]
    fn unsafe_thresholds_are_refused() {
        assert!(refused("threshold = 10", &LOAD).contains("set threshold = 11"));
        assert!(refused("threshold = 55\nadversary = \"active\"", &LOAD).contains("set threshold = 56"));
        assert!(spec("threshold = 56\nadversary = \"active\"").plan(&LOAD).is_ok());
        assert!(refused("threshold = 101", &LOAD).contains("set threshold = 100"));
        assert!(refused("protocol = \"secagg_plus\"\nthreshold = 10", &LOAD).contains("set threshold = 11"));
        assert!(refused("protocol = \"secagg_plus\"\ndegree = 20", &LOAD).contains("set degree = 22"));
        assert!(refused("protocol = \"secagg_plus\"\ndegree = 21", &LOAD).contains("set degree = 22"));
        assert!(refused("protocol = \"secagg_plus\"\nadversary = \"active\"", &LOAD).contains("bonawitz"));
    }
}
