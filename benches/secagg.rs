//! Rounds of secure aggregation, their stages, and what their parts cost: `cargo bench --bench secagg`. See benches/README.md.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use fedsim::numeric::digest::Hash;
use fedsim::numeric::reduce::thread_count;
use fedsim::numeric::rng::{Seeds, Streams};
use fedsim::secagg::agreement::{Adversary, Agreement, Shape};
use fedsim::secagg::degree::{Degree, Rates};
use fedsim::secagg::floor::PerOperation;
use fedsim::secagg::keys::KeyPair;
use fedsim::secagg::messages::PublicKey;
use fedsim::secagg::occasion::Occasion;
use fedsim::secagg::pairs::Pairs;
use fedsim::secagg::prg::PrgKey;
use fedsim::secagg::protocol::{Call, run};
use fedsim::secagg::ring::{Mask, Ring, Sign, Words};
use fedsim::secagg::seal::{Shares, Way, open, seal};
use fedsim::secagg::session::Session;
use fedsim::secagg::shamir::{Lagrange, Point, Secret, Share, deal};
use fedsim::stage::Stage;
use fedsim::timing::{Seconds, Stopwatch};

const OCCASION: Occasion<'static> = Occasion { run: "bench", purpose: "bench", round: 1, exchange: 0 };

const RATES: Rates = Rates { corrupt: 0.05, dropout: 0.33 };

/// The three rounds that speed is judged by; beside each time stands the least that is possible, measured just before.
#[expect(clippy::print_stderr, reason = "criterion has no place for a ratio")]
fn rounds(criterion: &mut Criterion) {
    let complete = Shape::Complete { threshold: 67 };
    let regular = Shape::Regular(Degree { degree: 72, threshold: 24 });
    let mut group = criterion.benchmark_group("round");
    group.sample_size(10).measurement_time(Duration::from_secs(5)).warm_up_time(Duration::from_secs(1));
    for (name, clients, params, shape) in
        [("n100_d1k", 100, 1000, complete), ("n100_d100k", 100, 100_000, complete), ("n1000_k72_d1k", 1000, 1000, regular)]
    {
        let agreement = Agreement::new(clients, shape, Ring::new(41), Adversary::SemiHonest, RATES);
        let (cohort, streams) = ((0..clients).collect::<Vec<usize>>(), Streams::new(Seeds::all(42)));
        let drops: Vec<Option<Stage>> = vec![None; clients];
        let call = Call {
            occasion: OCCASION,
            broadcast: Hash::of(b""),
            cohort: &cohort,
            drops: &drops,
            length: params + 2,
            is_frozen: false,
            streams: &streams,
        };
        let round = || run(&agreement, &call, |client| Words::new(agreement.ring(), vec![client as u64; params + 2]));
        let needed = PerOperation::needed(&agreement, &call, &round().1);
        let floor = PerOperation::measure(&agreement).floor(&needed, thread_count());
        let seconds = || {
            let watch = Stopwatch::start();
            black_box(round());
            watch.elapsed()
        };
        let least = (0..2).map(|_| seconds()).fold(seconds(), |a, b| Seconds { wall: a.wall.min(b.wall), cpu: a.cpu.min(b.cpu) });
        let [wall, cpu] = [least.wall / floor.wall, least.cpu / floor.cpu];
        eprintln!("{name}: {:.4} s wall, {:.4} s cpu; over the floor {wall:.2} of wall, {cpu:.2} of cpu", least.wall, least.cpu);
        group.bench_function(name, |bencher| bencher.iter(round));
    }
    group.finish();
}

/// The five stages of a round against an active server, as the round's own clocks have them: 100 clients, of whom every tenth
/// fails before it gives its update.
fn stages(criterion: &mut Criterion) {
    let (clients, params) = (100, 10_000);
    let agreement = Agreement::new(clients, Shape::Complete { threshold: 67 }, Ring::new(41), Adversary::Active, RATES);
    let (cohort, streams) = ((0..clients).collect::<Vec<usize>>(), Streams::new(Seeds::all(42)));
    let drops: Vec<Option<Stage>> = cohort.iter().map(|client| client.is_multiple_of(10).then_some(Stage::MaskedInput)).collect();
    let call = Call {
        occasion: OCCASION,
        broadcast: Hash::of(b""),
        cohort: &cohort,
        drops: &drops,
        length: params + 2,
        is_frozen: false,
        streams: &streams,
    };
    let mut group = criterion.benchmark_group("stage");
    group.sample_size(10).measurement_time(Duration::from_secs(3)).warm_up_time(Duration::from_millis(500));
    for stage in Stage::ALL {
        let seconds = || {
            let tally = run(&agreement, &call, |client| Words::new(agreement.ring(), vec![client as u64; params + 2])).1;
            let place = tally.stages.iter().position(|row| row.stage == stage).expect("the round has this stage");
            Duration::from_secs_f64(tally.seconds[place].wall)
        };
        group.bench_function(stage.name(), |bencher| bencher.iter_custom(|times| (0..times).map(|_| seconds()).sum()));
    }
    group.finish();
}

/// One of each operation, on one thread, for 100 clients of whom 67 suffice.
fn primitives(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("primitive");
    group.sample_size(10).measurement_time(Duration::from_secs(1)).warm_up_time(Duration::from_millis(300));
    let keys = [1, 2].map(|byte| KeyPair::new(&Secret::new([byte; 32])));
    let public: Vec<PublicKey> = keys.iter().map(|pair| *pair.public()).collect();
    group.bench_function("x25519_ladder", |bencher| {
        let pairs = Pairs::alone();
        bencher.iter(|| pairs.agree(&keys[0], &public[1]));
    });
    group.bench_function("x25519_prepared", |bencher| {
        // Each time by new pairs, which don't know the secret yet.
        bencher.iter_batched(|| Pairs::among(&public), |pairs| pairs.agree(&keys[0], &public[1]), BatchSize::SmallInput);
    });
    let (session, way) = (Session::named("bench"), Way { from: 0, to: 1 });
    let points: Vec<Point> = (0..100).map(Point::of).collect();
    let secrets = [Secret::new([1; 32]), Secret::new([2; 32])];
    let deal_once = || deal([&secrets[0], &secrets[1]], 67, &points, &PrgKey::new([3; 16]));
    let dealt = deal_once();
    group.bench_function("shamir_deal_two_secrets", |bencher| bencher.iter(deal_once));
    group.bench_function("shamir_coefficients", |bencher| bencher.iter(|| Lagrange::at_zero(&points[..67])));
    let (coefficients, shares) = (Lagrange::at_zero(&points[..67]), dealt[..67].iter().map(|[share, _]| share).collect::<Vec<&Share>>());
    group.bench_function("shamir_combine", |bencher| bencher.iter(|| coefficients.combine(&shares)));
    let both = Shares { mask_key: dealt[0][0].clone(), self_mask: dealt[0][1].clone() };
    let sealed = seal(&[4; 32], &session, way, &both);
    group.bench_function("box_seal", |bencher| bencher.iter(|| seal(&[4; 32], &session, way, &both)));
    group.bench_function("box_open", |bencher| bencher.iter(|| open(&[4; 32], &session, way, &sealed)));
    for bits in [32, 41] {
        let (ring, length) = (Ring::new(bits), 2048);
        let masks: Vec<Mask> = (0..64).map(|byte| Mask { key: PrgKey::new([byte; 16]), sign: Sign::Plus }).collect();
        group.throughput(Throughput::Bytes(64 * ring.mask_bytes(length)));
        let mut words = Words::zeros(ring, length);
        group.bench_function(format!("expand_and_add_{bits}_bits"), |bencher| bencher.iter(|| words.apply(&masks)));
    }
    group.finish();
}

criterion_group!(benches, rounds, stages, primitives);
criterion_main!(benches);
