//! Laws 1, 2, 9, 11, 13 and 14: whole sums end as the definitions have it, whoever drops out wherever.

use proptest::prelude::*;

use super::{LENGTH, OCCASION, RATES, complete, input};
use crate::numeric::digest::Hash;
use crate::numeric::reduce::{map, with_threads};
use crate::numeric::rng::{Purpose, Seeds, Streams};
use crate::secagg::agreement::{Adversary, Agreement, Shape};
use crate::secagg::degree::Degree;
use crate::secagg::protocol::{Call, Outcome, run};
use crate::secagg::ring::{Ring, Words};
use crate::secagg::server::Abort;
use crate::secagg::settings::{Load, SecAggPlan, SecAggSpec};
use crate::secagg::tally::{Counts, Tally};
use crate::settings::{Document, Source};
use crate::stage::Stage;

fn regular(clients: usize, degree: usize, threshold: usize) -> Agreement {
    Agreement::new(clients, Shape::Regular(Degree { degree, threshold }), Ring::new(40), Adversary::SemiHonest, RATES)
}

fn hold(agreement: &Agreement, drops: &[Option<Stage>]) -> (Outcome, Tally) {
    let (streams, cohort) = (Streams::new(Seeds::all(5)), (10..10 + drops.len()).collect::<Vec<_>>());
    let call = Call {
        occasion: OCCASION,
        broadcast: Hash::of(b"model"),
        cohort: &cohort,
        drops,
        length: LENGTH,
        is_frozen: false,
        streams: &streams,
    };
    run(agreement, &call, |client| Words::new(agreement.ring(), input(client, LENGTH)))
}

/// The sum in the clear.
fn clear_sum(ring: Ring, survivors: &[usize]) -> Vec<u64> {
    let sum = |i: usize| survivors.iter().fold(0_u64, |sum, &client| sum.wrapping_add(input(client, LENGTH)[i]));
    (0..LENGTH).map(|i| sum(i) & (u64::MAX >> (64 - ring.bits()))).collect()
}

/// Laws 1, 2 and 13, for one pattern: the outcome as the definitions have it, computed over sets.
fn check_outcome(agreement: &Agreement, drops: &[Option<Stage>]) {
    let (outcome, tally) = hold(agreement, drops);
    let n = drops.len();
    let graph = agreement.graph(&Streams::new(Seeds::all(5)), &OCCASION);
    let left = |stage: Stage| (0..n).filter(|&client| drops[client].is_none_or(|drop| drop > stage)).collect::<Vec<_>>();
    let mut stages = vec![Stage::Advertise, Stage::Share, Stage::MaskedInput, Stage::Unmask];
    if agreement.adversary() == Adversary::Active {
        stages.insert(3, Stage::Consistency);
    }
    let mut expected = None;
    for (index, &stage) in stages.iter().enumerate() {
        let live = left(stage);
        assert_eq!(tally.stages[index].participants, live.len());
        // Whose secrets have to be given back: U1 and U2 while they form, U2 ever after.
        let owners = if stage <= Stage::Share { live.clone() } else { left(Stage::Share) };
        let holders = |owner: usize| {
            let neighbours = graph.neighbours(owner as u32);
            live.iter().filter(|&&client| client == owner || neighbours.contains(&(client as u32))).count()
                - usize::from(matches!(agreement.shape(), Shape::Regular(_)) && live.contains(&owner))
        };
        let present = owners.iter().map(|&owner| holders(owner)).min().unwrap_or(0);
        if present < agreement.threshold() {
            expected = Some(Abort { stage, present, needed: agreement.threshold() });
            assert_eq!(tally.stages.len(), index + 1, "an aborted round goes no further");
            break;
        }
    }
    let survivors = left(Stage::MaskedInput);
    let words = Words::new(agreement.ring(), clear_sum(agreement.ring(), &survivors));
    match (outcome, expected) {
        (Outcome::Aborted(abort), expected) => assert_eq!(Some(abort), expected, "{drops:?}"),
        (Outcome::Sum(sum), None) => assert_eq!((sum.words.values(), sum.survivors), (words.values(), survivors), "{drops:?}"),
        (Outcome::Sum(_), Some(abort)) => panic!("{drops:?}: a sum where {abort:?} was due"),
    }
}

/// The pattern with this number, of all in which each of `n` clients drops out in one of `stages` or never.
fn pattern(mut number: usize, n: usize, stages: &[Stage]) -> Vec<Option<Stage>> {
    let mut next = || {
        let digit = number % (stages.len() + 1);
        number /= stages.len() + 1;
        digit.checked_sub(1).map(|index| stages[index])
    };
    (0..n).map(|_| next()).collect()
}

const HONEST_STAGES: [Stage; 4] = [Stage::Advertise, Stage::Share, Stage::MaskedInput, Stage::Unmask];

#[test]
fn up_to_five_clients_end_as_defined_whatever_the_dropouts() {
    for n in 1..=5_usize {
        let patterns: Vec<usize> = (0..5_usize.pow(n as u32)).collect();
        let agreement = complete(n, (n / 2 + 1).max(2), 40, Adversary::SemiHonest);
        map(&patterns, |&number| check_outcome(&agreement, &pattern(number, n, &HONEST_STAGES)));
    }
}

#[test]
fn up_to_five_clients_with_two_neighbours_or_four_end_as_defined_whatever_the_dropouts() {
    for (n, degree) in [(3, 2), (4, 2), (5, 2), (5, 4)] {
        let patterns: Vec<usize> = (0..5_usize.pow(n as u32)).collect();
        map(&patterns, |&number| check_outcome(&regular(n, degree, 2), &pattern(number, n, &HONEST_STAGES)));
    }
}

#[test]
fn up_to_five_clients_against_an_active_server_end_as_defined_whatever_the_dropouts() {
    for n in 1..=5_usize {
        let patterns: Vec<usize> = (0..6_usize.pow(n as u32)).collect();
        let agreement = complete(n, (2 * n / 3 + 1).max(2), 40, Adversary::Active);
        map(&patterns, |&number| check_outcome(&agreement, &pattern(number, n, &Stage::ALL)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, rng_seed: proptest::test_runner::RngSeed::Fixed(3), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn larger_cohorts_end_as_defined_whatever_the_dropouts(
        drops in prop::collection::vec(prop::option::weighted(0.2, prop::sample::select(&Stage::ALL[..])), 6..24),
        share in 0.2..0.9_f64,
        half_degree in 1_usize..10,
        bits in 8_u32..=64,
        is_regular: bool,
        is_active: bool,
    ) {
        let n = drops.len();
        let agreement = if is_regular {
            let degree = (2 * half_degree).min((n - 1) / 2 * 2);
            let threshold = ((degree as f64 * share) as usize).max(2);
            let shape = Shape::Regular(Degree { degree, threshold });
            Agreement::new(n, shape, Ring::new(bits), Adversary::SemiHonest, RATES)
        } else {
            let adversary = if is_active { Adversary::Active } else { Adversary::SemiHonest };
            complete(n, ((n as f64 * share) as usize).max(2), bits, adversary)
        };
        // Without a stage of consistency, who drops out there drops out of the next.
        check_outcome(&agreement, &drops);
    }
}

#[test]
fn outcome_and_counts_are_the_same_on_any_number_of_threads() {
    let drops = pattern(271_828_182, 12, &HONEST_STAGES).into_iter().map(|drop| drop.filter(|&drop| drop == Stage::MaskedInput));
    let drops: Vec<_> = drops.chain([None; 20]).collect();
    for agreement in [complete(32, 17, 32, Adversary::SemiHonest), complete(32, 22, 48, Adversary::Active), regular(32, 20, 9)] {
        let held = [1, 2, 7].map(|threads| with_threads(Some(threads), || hold(&agreement, &drops)).expect("threads start"));
        assert!(held.iter().all(|(outcome, _)| matches!(outcome, Outcome::Sum(_)) && *outcome == held[0].0));
        assert!(held.iter().all(|(_, tally)| tally.stages == held[0].1.stages && tally.wasted_bytes == held[0].1.wasted_bytes));
    }
}

/// Ten clients, one of which drops out before its masked vector, by hand: agreements are 9 a client for boxes, 9 a survivor
/// for masks and 9 of the server; masks are 10 of each of the nine survivors, nine own and nine pairwise that are taken off.
#[test]
fn operations_are_counted_as_the_protocol_has_them() {
    let drops: Vec<Option<Stage>> = (0..10).map(|client| (client == 4).then_some(Stage::MaskedInput)).collect();
    let (_, tally) = hold(&complete(10, 6, 40, Adversary::SemiHonest), &drops);
    let vector = 8 * LENGTH as u64;
    let expected = Counts {
        agreements: 10 * 9 + 9 * 9 + 9,
        prg_bytes: (9 * 10 + 9 + 9) * vector,
        boxes: 10 * 9 + 9 * 9,
        shares: 10 * 20 + 10 * 6,
        signatures: 0,
        ignored: 0,
    };
    assert_eq!(tally.counts(), expected);
    let bytes = tally.stages.iter().map(|row| (row.up.max, row.down.max)).collect::<Vec<_>>();
    let (invitation, keys, boxed) = (8 + 8 + 4 + 32, 4 + 64 + 1, 4 + 104);
    assert_eq!(bytes, [(keys, invitation), (8 + 9 * boxed, 4 + 10 * keys), (9 + 15, 4 + 9 * boxed), (8 + 10 * 45, 4 + 9 * 4)]);
    // Client 4: its keys and the invitation, book and boxes, and the boxes that came.
    assert_eq!(tally.wasted_bytes, keys + invitation + 8 + 9 * boxed + 4 + 10 * keys + 4 + 9 * boxed);
}

fn plan(text: &str, load: &Load) -> SecAggPlan {
    let document = Document::parse(&Source::new("test", text), &[]).expect("it is TOML");
    SecAggSpec::read(&mut document.root()).plan(load).expect("it is safe and has headroom")
}

/// Law 14 as far as it lies here: encoded, masked, summed and decoded, the mean has the bits of the clear one.
#[test]
fn the_secure_mean_is_the_clear_fixed_point_mean_bit_for_bit() {
    let load = Load { clients: 7, weight: 50, params: 20, magnitude_max: None };
    let streams = Streams::new(Seeds::all(8));
    let rounding = |client: usize| streams.stream(Purpose::Rounding, 1, client);
    let value = |client: usize, i: usize| ((client * 31 + i * 17) % 23) as f64 - 11.3;
    let update = |client: usize| (0..20).map(|i| 0.5 * value(client, i)).collect::<Vec<f64>>();
    let weight = |client: usize| 50 - 7 * client as u64;
    let drops: Vec<Option<Stage>> = [None, Some(Stage::MaskedInput), None, None, Some(Stage::Unmask), None, None].to_vec();
    for text in ["", "adversary = \"active\"", "protocol = \"secagg_plus\"\nmax_dropout = 0.3", "modulus_bits = 64\nrounding = \"nearest\""]
    {
        let plan = plan(text, &load);
        let cohort: Vec<usize> = (0..7).collect();
        let (length, agreement) = (plan.length(20), plan.agreement(7));
        let call = Call {
            occasion: OCCASION,
            broadcast: Hash::of(b"model"),
            cohort: &cohort,
            drops: &drops,
            length,
            is_frozen: false,
            streams: &streams,
        };
        let encoded = |client: usize| plan.encoding().encode(&update(client), weight(client), &mut rounding(client));
        let encode = |client: usize| Words::new(agreement.ring(), encoded(client));
        let (Outcome::Sum(sum), _) = run(&agreement, &call, encode) else { panic!("enough clients are left: {text}") };
        assert_eq!(sum.survivors, [0, 2, 3, 4, 5, 6]);
        let decoded = plan.encoding().decode(&sum.words.values());
        let (mut sums, mut clipped) = (vec![0_i64; 20], 0);
        for &client in &sum.survivors {
            let mut random = rounding(client);
            for (sum, value) in sums.iter_mut().zip(update(client)) {
                *sum += weight(client).cast_signed() * plan.encoding().fixed_point().encode(value, &mut random);
                clipped += u64::from(value.abs() > 4.0);
            }
        }
        let total: u64 = sum.survivors.iter().map(|&client| weight(client)).sum();
        let mean = sums.iter().map(|&sum| plan.encoding().fixed_point().decode_mean(sum, total).to_bits());
        assert!(decoded.mean.iter().map(|mean| mean.to_bits()).eq(mean), "{text}");
        assert!(decoded.weight == total && decoded.clipped == clipped && clipped > 0);
    }
}

/// A frozen cohort is in the sum as a whole, or stays masked: whoever is lost before its vector is in ends it there, in the complete
/// graph and among neighbours; who is lost after it is missed by nobody. And no client helps a server that says otherwise.
#[test]
fn a_frozen_cohort_is_summed_whole_or_not_at_all() {
    let cohort: Vec<usize> = (10..40).collect();
    let streams = Streams::new(Seeds::all(5));
    for agreement in [complete(30, 20, 40, Adversary::SemiHonest), complete(30, 20, 40, Adversary::Active), regular(30, 12, 7)] {
        for stage in [Stage::Advertise, Stage::Share, Stage::MaskedInput, Stage::Unmask] {
            let drops: Vec<Option<Stage>> = (0..30).map(|client| (client == 4).then_some(stage)).collect();
            let call = Call {
                occasion: OCCASION,
                broadcast: Hash::of(b"model"),
                cohort: &cohort,
                drops: &drops,
                length: LENGTH,
                is_frozen: true,
                streams: &streams,
            };
            let (outcome, _) = run(&agreement, &call, |client| Words::new(agreement.ring(), input(client, LENGTH)));
            match outcome {
                Outcome::Sum(sum) => assert!(stage == Stage::Unmask && sum.survivors == (0..30).collect::<Vec<_>>()),
                Outcome::Aborted(abort) => assert_eq!(abort, Abort { stage, present: 29, needed: 30 }),
            }
        }
    }
}

/// A cohort that was drawn too small aborts its round; a sum over one client would be the client's vector.
#[test]
fn a_cohort_of_none_or_one_is_aborted_at_once() {
    let load = Load { clients: 100, weight: 1, params: LENGTH, magnitude_max: None };
    for text in ["", "protocol = \"secagg_plus\"", "protocol = \"secagg_plus\"\ndegree = 40", "threshold = 60", "adversary = \"active\""] {
        let plan = plan(text, &load);
        for clients in [0, 1] {
            let (outcome, tally) = hold(&plan.agreement(clients), &vec![None; clients]);
            let Outcome::Aborted(abort) = outcome else { panic!("a sum over {clients} clients") };
            assert_eq!((abort.stage, abort.present), (Stage::Advertise, clients));
            assert_eq!(tally.stages.len(), 1);
        }
        for clients in [2, 3, 4, 20, 50] {
            hold(&plan.agreement(clients), &vec![None; clients]);
        }
    }
}
