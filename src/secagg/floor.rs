//! The least time that a round can take on this machine: what must be computed, times what each of it costs here and now.

use std::hint::black_box;

use super::agreement::{Agreement, Shape};
use super::graph::Graph;
use super::keys::KeyPair;
use super::messages::PublicKey;
use super::pairs::Pairs;
use super::prg::PrgKey;
use super::protocol::Call;
use super::ring::{Mask, Ring, Sign, Words};
use super::seal::{Shares, Way, open, seal};
use super::session::Session;
use super::shamir::{Lagrange, Point, Secret, Share, deal};
use super::signature::{Identity, is_signed};
use super::tally::Tally;
use crate::numeric::reduce::{map, thread_count};
use crate::stage::Stage;
use crate::timing::{Seconds, Stopwatch};

/// One number for each operation that a round can't do without: so many of them, or the seconds that one takes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PerOperation {
    /// X25519 agreements: a pair's secret once, though the protocol charges both ends.
    pub agreement: f64,
    /// Bytes of key stream expanded and added to words.
    pub prg_byte: f64,
    /// Boxes sealed or opened.
    pub sealed_box: f64,
    /// Clients that deal shares of both their secrets to all their holders.
    pub deal: f64,
    /// Sets of holders, each with its own Lagrange coefficients.
    pub coefficients: f64,
    /// Secrets combined of their shares.
    pub combination: f64,
    /// Signatures made or checked.
    pub signature: f64,
}

impl PerOperation {
    /// The operations' names, with a number for each.
    pub fn named(&self) -> [(&'static str, f64); 7] {
        [
            ("agreement", self.agreement),
            ("prg_byte", self.prg_byte),
            ("box", self.sealed_box),
            ("deal", self.deal),
            ("coefficients", self.coefficients),
            ("combination", self.combination),
            ("signature", self.signature),
        ]
    }

    /// The sum over the operations of what is here times what is there: of counts and seconds, the seconds of one thread.
    pub fn times(&self, other: &Self) -> f64 {
        self.named().iter().zip(other.named()).map(|((_, one), (_, other))| one * other).sum()
    }

    /// What a round that left this tally must have computed.
    pub fn needed(agreement: &Agreement, call: &Call<'_>, tally: &Tally) -> Self {
        let graph = agreement.graph(call.streams, &call.occasion);
        let is_entered = |stage: Stage| tally.stages.iter().any(|row| row.stage == stage);
        let answering = |stage: Stage| call.drops.iter().map(|drop| drop.is_none_or(|drop| drop > stage)).collect::<Vec<bool>>();
        let [heard, shared, masked] = [Stage::Advertise, Stage::Share, Stage::MaskedInput].map(answering);
        let sealing = if is_entered(Stage::Share) { pairs(&graph, &heard, &shared) } else { 0 };
        let masking = if is_entered(Stage::MaskedInput) { pairs(&graph, &shared, &masked) } else { 0 };
        let deals = if is_entered(Stage::Share) { shared.iter().filter(|&&is_there| is_there).count() } else { 0 };
        let unmasking = tally.stages.iter().find(|row| row.stage == Stage::Unmask).map(|row| row.counts).unwrap_or_default();
        let combinations = unmasking.shares / agreement.threshold() as u64;
        let counts = tally.counts();
        Self {
            // The server agrees again for those who dropped out: it has nothing of what their neighbours worked out.
            agreement: (sealing + masking) as f64 + unmasking.agreements as f64,
            prg_byte: counts.prg_bytes as f64,
            sealed_box: counts.boxes as f64,
            deal: deals as f64,
            coefficients: match agreement.shape() {
                Shape::Complete { .. } => combinations.min(1) as f64,
                Shape::Regular(_) => combinations as f64,
            },
            combination: combinations as f64,
            signature: counts.signatures as f64,
        }
    }

    /// What one of each operation takes, measured now.
    pub fn measure(agreement: &Agreement) -> Costs {
        let session = Session::named("unit costs");
        let keys: Vec<KeyPair> = (0..64).map(|byte| KeyPair::new(&Secret::new([byte; 32]))).collect();
        let public: Vec<PublicKey> = keys.iter().map(|pair| *pair.public()).collect();
        let pairs = Pairs::among(&public);
        let (clients, threshold) = (agreement.clients(), agreement.threshold());
        let holders = match agreement.shape() {
            Shape::Complete { .. } => clients,
            Shape::Regular(degree) => degree.degree,
        };
        let points: Vec<Point> = (0..holders as u32).map(Point::of).collect();
        let secrets = [Secret::new([1; 32]), Secret::new([2; 32])];
        let deal_once = || deal([&secrets[0], &secrets[1]], threshold, &points, &PrgKey::new([3; 16]));
        let dealt = deal_once();
        let shares: Vec<&Share> = dealt[..threshold].iter().map(|[first, _]| first).collect();
        let coefficients = Lagrange::at_zero(&points[..threshold]);
        let (way, boxed) = (Way { from: 0, to: 1 }, Shares { mask_key: dealt[0][0].clone(), self_mask: dealt[0][1].clone() });
        let sealed = seal(&[4; 32], &session, way, &boxed);
        let (identity, statement) = (Identity::new(&secrets[0]), [5; 160]);
        let (signer, signature) = (identity.public(), identity.sign(&statement));
        let both_ways = |_| (seal(&[4; 32], &session, way, &boxed), open(&[4; 32], &session, way, &sealed));
        let measured = [
            seconds_each(1, |i| pairs.compute(&keys[i % 64], &public[(i / 64 + i) % 64])),
            seconds_each(expanded_bytes(agreement.ring()), |_| expand_and_add(&mut Words::zeros(agreement.ring(), EXPANDED.0))),
            seconds_each(2, both_ways),
            seconds_each(1, |_| deal_once()),
            seconds_each(1, |_| Lagrange::at_zero(&points[..threshold])),
            seconds_each(1, |_| coefficients.combine(&shares)),
            seconds_each(1, |_| is_signed(&signer, &statement, &signature)),
        ];
        Costs { wall: Self::of(measured.map(|seconds| seconds.wall)), cpu: Self::of(measured.map(|seconds| seconds.cpu)) }
    }

    /// The numbers in the order of [`PerOperation::named`].
    fn of([agreement, prg_byte, sealed_box, deal, coefficients, combination, signature]: [f64; 7]) -> Self {
        Self { agreement, prg_byte, sealed_box, deal, coefficients, combination, signature }
    }
}

/// The seconds that one of each operation takes a thread while all threads do the same: the least of three measurements,
/// since whatever else the machine does can only add.
#[derive(Clone, Copy, Debug)]
pub struct Costs {
    /// Elapsed time: what is comparable with a round's, if the machine is as busy with other things now as it was then.
    pub wall: PerOperation,
    /// CPU time, in which other programs hardly show.
    pub cpu: PerOperation,
}

impl Costs {
    /// The least seconds that a round can take on this many threads: elapsed, and of CPU time over all threads.
    pub fn floor(&self, needed: &PerOperation, threads: usize) -> Seconds {
        Seconds { wall: needed.times(&self.wall) / threads as f64, cpu: needed.times(&self.cpu) }
    }
}

/// Neighbours that are both in `known`, one of them at least in `asking`.
fn pairs(graph: &Graph, known: &[bool], asking: &[bool]) -> usize {
    let of = |client: u32| {
        let later = graph.neighbours(client).into_iter().filter(|&other| other > client && known[other as usize]);
        later.filter(|&other| asking[client as usize] || asking[other as usize]).count()
    };
    (0..).zip(known).filter(|(_, is_known)| **is_known).map(|(client, _)| of(client)).sum()
}

/// Words and masks of [`expand_and_add`]: long enough that setting a key stream up does not show.
const EXPANDED: (usize, u8) = (1 << 17, 16);

fn expanded_bytes(ring: Ring) -> usize {
    ring.mask_bytes(EXPANDED.0) as usize * usize::from(EXPANDED.1)
}

fn expand_and_add(words: &mut Words) {
    let mask = |byte: u8| Mask { key: PrgKey::new([byte; 16]), sign: if byte.is_multiple_of(2) { Sign::Plus } else { Sign::Minus } };
    words.apply(&(0..EXPANDED.1).map(mask).collect::<Vec<_>>());
}

/// Seconds that a measurement should take: long against the clock's steps and a thread's start.
const SECONDS: f64 = 0.03;

/// What one of the `parts` of an operation takes.
fn seconds_each<T>(parts: usize, operation: impl Fn(usize) -> T + Sync) -> Seconds {
    let threads = thread_count();
    let repeat = |count: usize| {
        let watch = Stopwatch::start();
        map(&(0..threads).collect::<Vec<_>>(), |thread| {
            (0..count).for_each(|i| {
                black_box(operation(thread + i));
            });
        });
        let Seconds { wall, cpu } = watch.elapsed();
        let done = (count * parts) as f64;
        Seconds { wall: wall / done, cpu: cpu / (done * threads as f64) }
    };
    let once = repeat(1).wall * parts as f64;
    let count = (SECONDS / once.max(1e-9)).clamp(1.0, 1e6) as usize;
    let least = |a: Seconds, b: Seconds| Seconds { wall: a.wall.min(b.wall), cpu: a.cpu.min(b.cpu) };
    (0..2).map(|_| repeat(count)).fold(repeat(count), least)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::digest::Hash;
    use crate::numeric::rng::{Seeds, Streams};
    use crate::secagg::agreement::Adversary;
    use crate::secagg::degree::{Degree, Rates};
    use crate::secagg::occasion::Occasion;
    use crate::secagg::protocol::run;

    fn needed(shape: Shape, drops: &[Option<Stage>]) -> PerOperation {
        let (cohort, streams) = ((0..drops.len()).collect::<Vec<_>>(), Streams::new(Seeds::all(1)));
        let rates = Rates { corrupt: 0.0, dropout: 0.0 };
        let agreement = Agreement::new(drops.len(), shape, Ring::new(32), Adversary::SemiHonest, rates);
        let occasion = Occasion { run: "test", purpose: "test", round: 1, exchange: 0 };
        let call = Call { occasion, broadcast: Hash::of(b""), cohort: &cohort, drops, length: 3, is_frozen: false, streams: &streams };
        let (_, tally) = run(&agreement, &call, |client| Words::new(agreement.ring(), vec![client as u64; 3]));
        PerOperation::needed(&agreement, &call, &tally)
    }

    /// Ten pairs of five clients, each with a secret for boxes and one for masks; every client opens and seals four boxes;
    /// each has five masks of three words of four bytes, of which the server takes five off.
    #[test]
    fn a_pairs_secret_is_needed_once() {
        let needed = needed(Shape::Complete { threshold: 3 }, &[None; 5]);
        let expected = PerOperation {
            agreement: 20.0,
            prg_byte: 360.0,
            sealed_box: 40.0,
            deal: 5.0,
            coefficients: 1.0,
            combination: 5.0,
            signature: 0.0,
        };
        assert_eq!(needed, expected);
    }

    /// On a circle of six there are six pairs; who drops before masking still costs its neighbours theirs, but two neighbours
    /// that both drop cost nobody anything.
    #[test]
    fn pairs_that_nobody_asks_for_are_not_needed() {
        let shape = Shape::Regular(Degree { degree: 2, threshold: 2 });
        assert_eq!(needed(shape, &[None; 6]).agreement, 12.0);
        let complete = Shape::Complete { threshold: 2 };
        let drops = [Some(Stage::MaskedInput), Some(Stage::MaskedInput), None, None];
        // The server agrees with both of the others for each of the two.
        assert_eq!(needed(complete, &drops).agreement, 6.0 + 5.0 + 4.0);
        let drops = [Some(Stage::Share), Some(Stage::Share), None, None];
        assert_eq!(needed(complete, &drops).agreement, 5.0 + 1.0);
    }

    #[test]
    fn a_round_that_ends_early_needs_what_it_came_to() {
        let drops = [Some(Stage::Share), Some(Stage::Share), None, None];
        let needed = needed(Shape::Complete { threshold: 3 }, &drops);
        assert_eq!((needed.agreement, needed.combination, needed.prg_byte), (5.0, 0.0, 0.0));
    }

    /// Two agreements of 20 ms and ten boxes of 1 ms are 50 ms.
    #[test]
    fn counts_times_costs_are_seconds() {
        let counts = PerOperation { agreement: 2.0, sealed_box: 10.0, ..PerOperation::default() };
        let costs = PerOperation { agreement: 0.02, sealed_box: 0.001, deal: 7.0, ..PerOperation::default() };
        assert!((counts.times(&costs) - 0.05).abs() < 1e-12);
    }
}
