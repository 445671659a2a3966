//! The protocol's laws, held against whole rounds, against a server that lies, and against copies broken on purpose.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::agreement::{Adversary, Agreement, Shape};
use super::client::{Advertised, Consistent, Masked, Refusal, Rules, Shared};
use super::degree::{Degree, Rates};
use super::keys::{KeyPair, Session};
use super::messages::{
    Advertisement, Inbox, KeyBook, MaskedInput, Message, Reveal, RevealedShare, SealedShares, Signatures, SignedSurvivors, Survivors,
};
use super::pairs::Pairs;
use super::protocol::{Call, Outcome, run};
use super::ring::{Mask, Ring, Sign, Words};
use super::server::{Abort, Sum};
use super::settings::{Load, SecAggPlan, SecAggSpec};
use super::shamir::{Lagrange, Point, Secret, Share};
use super::signature::Identity;
use super::tally::{Counts, Tally};
use crate::numeric::reduce::{map, with_threads};
use crate::numeric::rng::{Purpose, Seeds, Streams};
use crate::settings::{Document, Source};
use crate::stage::Stage;

const RATES: Rates = Rates { corrupt: 0.0, dropout: 0.0 };

fn complete(clients: usize, threshold: usize, bits: u32, adversary: Adversary) -> Agreement {
    Agreement::new(clients, Shape::Complete { threshold }, Ring::new(bits), adversary, RATES)
}

fn regular(clients: usize, degree: usize, threshold: usize) -> Agreement {
    Agreement::new(clients, Shape::Regular(Degree { degree, threshold }), Ring::new(40), Adversary::SemiHonest, RATES)
}

/// Any vector will do: multiples of a large odd number, so that every bit of the ring is used.
fn input(client: usize, length: usize) -> Vec<u64> {
    (0..length as u64).map(|i| (client as u64 + 1).wrapping_mul(i + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)).collect()
}

const LENGTH: usize = 3;

fn hold(agreement: &Agreement, drops: &[Option<Stage>]) -> (Outcome, Tally) {
    let (streams, cohort) = (Streams::new(Seeds::all(5)), (10..10 + drops.len()).collect::<Vec<_>>());
    let session = Session::new(b"run", 1, b"model");
    let call = Call { session, round: 1, cohort: &cohort, drops, length: LENGTH, streams: &streams };
    run(agreement, &call, |client| input(client, LENGTH))
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
    let graph = agreement.graph(&Streams::new(Seeds::all(5)), 1);
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
    let words = clear_sum(agreement.ring(), &survivors);
    assert_eq!(outcome, expected.map_or(Outcome::Sum(Sum { words, survivors }), Outcome::Aborted), "{drops:?}");
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
    };
    assert_eq!(tally.counts(), expected);
    let bytes = tally.stages.iter().map(|row| (row.up.max, row.down.max)).collect::<Vec<_>>();
    let (keys, boxed) = (4 + 64 + 1, 4 + 104);
    assert_eq!(bytes, [(keys, 32), (8 + 9 * boxed, 4 + 10 * keys), (9 + 15, 4 + 9 * boxed), (8 + 10 * 45, 4 + 9 * 4)]);
    // Client 4: its keys and the invitation, book and boxes, and the boxes that came.
    assert_eq!(tally.wasted_bytes, keys + 32 + 8 + 9 * boxed + 4 + 10 * keys + 4 + 9 * boxed);
}

/// A cohort in one place, so that a test can play the server.
struct Stageplay {
    rules: Rules,
    pairs: Pairs,
}

const CAST: u32 = 5;
const NEEDED: usize = 4;

impl Stageplay {
    fn new(adversary: Adversary, broadcast: &[u8]) -> Self {
        let identities = (adversary == Adversary::Active).then(|| (0..CAST).map(|client| identity(client).public()).collect());
        let session = Session::new(b"run", 1, broadcast);
        Self { rules: Rules { session, threshold: NEEDED, owner_holds_a_share: true, identities }, pairs: Pairs::alone() }
    }

    fn start(&self) -> (Vec<Advertised<'_>>, Vec<Advertisement>) {
        let secret = |client: u32| Secret::new([client as u8 + 1; 32]);
        let own = |client| self.rules.identities.is_some().then(|| identity(client));
        (0..CAST).map(|client| Advertised::start(client, &self.rules, &secret(client), own(client), &mut Counts::default())).unzip()
    }

    fn share(&self) -> (Vec<Shared<'_>>, Vec<SealedShares>) {
        let (clients, keys) = self.start();
        let book = KeyBook(keys);
        clients.into_iter().map(|client| client.share(&book, &self.pairs, &mut Counts::default()).expect("nothing is wrong")).unzip()
    }

    fn mask(&self) -> (Vec<Masked<'_>>, Vec<MaskedInput>) {
        let (clients, sent) = self.share();
        let masked =
            (0..).zip(clients).map(|(client, state)| self.mask_one(client, state, inbox(&sent, client)).expect("nothing is wrong"));
        masked.unzip()
    }

    fn mask_one<'a>(&self, client: u32, state: Shared<'a>, inbox: Inbox) -> Result<(Masked<'a>, MaskedInput), Refusal> {
        state.mask(inbox, Words::new(Ring::new(64), input(client as usize, LENGTH)), &self.pairs, &mut Counts::default())
    }

    fn sign(&self, told: impl Fn(u32) -> Vec<u32>) -> (Vec<Consistent<'_>>, Vec<SignedSurvivors>) {
        let (clients, _) = self.mask();
        let signed = (0..).zip(clients).map(|(client, state)| state.sign(Survivors(told(client)), &mut Counts::default()));
        signed.map(|signed| signed.expect("nothing is wrong")).unzip()
    }
}

fn identity(client: u32) -> Identity {
    Identity::new(&Secret::new([0x80 | client as u8; 32]))
}

/// The boxes for a client, as an honest server sorts them.
fn inbox(sent: &[SealedShares], client: u32) -> Inbox {
    let to_client = |shares: &SealedShares| shares.boxes.iter().find(|(to, _)| *to == client).map(|(_, sealed)| (shares.client, *sealed));
    Inbox(sent.iter().filter_map(to_client).collect())
}

fn unmask(client: Masked<'_>, survivors: &[u32]) -> Result<Reveal, Refusal> {
    client.unmask(&Survivors(survivors.to_vec()), &mut Counts::default())
}

/// What client 0 says to a key book that was tampered with.
fn answer_to_book(adversary: Adversary, tamper: impl Fn(&mut Vec<Advertisement>)) -> Option<Refusal> {
    let play = Stageplay::new(adversary, b"model");
    let (clients, mut keys) = play.start();
    tamper(&mut keys);
    clients.into_iter().next().expect("client 0").share(&KeyBook(keys), &play.pairs, &mut Counts::default()).err()
}

#[test]
fn a_key_that_is_there_twice_is_caught() {
    assert_eq!(answer_to_book(Adversary::SemiHonest, |keys| keys[2].seal = keys[1].seal), Some(Refusal::SameKey));
    assert_eq!(answer_to_book(Adversary::SemiHonest, |keys| keys[2].mask = keys[1].seal), Some(Refusal::SameKey));
    assert_eq!(answer_to_book(Adversary::SemiHonest, |keys| keys[2] = keys[1].clone()), Some(Refusal::Twice));
}

#[test]
fn a_client_whose_own_keys_are_dropped_or_altered_notices() {
    assert_eq!(answer_to_book(Adversary::SemiHonest, |_| ()), None);
    assert_eq!(answer_to_book(Adversary::SemiHonest, |keys| keys.retain(|entry| entry.client != 0)), Some(Refusal::OwnEntry));
    assert_eq!(answer_to_book(Adversary::SemiHonest, |keys| keys[0].mask = [9; 32]), Some(Refusal::OwnEntry));
}

#[test]
fn fewer_keys_than_the_threshold_are_refused() {
    let refusal = Refusal::TooFew { present: 3, needed: 4 };
    assert_eq!(answer_to_book(Adversary::SemiHonest, |keys| keys.truncate(3)), Some(refusal));
}

#[test]
fn a_key_of_small_order_is_caught() {
    assert_eq!(answer_to_book(Adversary::SemiHonest, |keys| keys[3].seal = [0; 32]), Some(Refusal::ForgedKey));
}

/// The server puts a key of its own in another's place, signed with nothing, or with another's name.
#[test]
fn a_key_that_its_owner_did_not_sign_is_caught() {
    let swapped = *KeyPair::new(&Secret::new([77; 32])).public();
    assert_eq!(answer_to_book(Adversary::Active, |_| ()), None);
    assert_eq!(answer_to_book(Adversary::Active, |keys| keys[1].seal = swapped), Some(Refusal::Signature));
    assert_eq!(answer_to_book(Adversary::Active, |keys| keys[1].signature = None), Some(Refusal::Signature));
    assert_eq!(answer_to_book(Adversary::Active, |keys| keys[1].signature = keys[2].signature), Some(Refusal::Signature));
}

/// What client 0 says to an inbox that was tampered with, at once or when it opens the boxes.
fn answer_to_inbox(tamper: impl Fn(&mut Vec<(u32, [u8; 104])>)) -> Option<Refusal> {
    let play = Stageplay::new(Adversary::SemiHonest, b"model");
    let (clients, sent) = play.share();
    let Inbox(mut boxes) = inbox(&sent, 0);
    tamper(&mut boxes);
    let survivors: Vec<u32> = [0].into_iter().chain(boxes.iter().map(|(sender, _)| *sender)).collect();
    let state = clients.into_iter().next().expect("client 0");
    play.mask_one(0, state, Inbox(boxes)).and_then(|(masked, _)| unmask(masked, &survivors)).err()
}

#[test]
fn boxes_with_swapped_senders_do_not_open() {
    assert_eq!(answer_to_inbox(|_| ()), None);
    let swap = |boxes: &mut Vec<(u32, [u8; 104])>| {
        let (first, second) = boxes.split_at_mut(1);
        std::mem::swap(&mut first[0].1, &mut second[0].1);
    };
    assert_eq!(answer_to_inbox(swap), Some(Refusal::Box));
}

#[test]
fn senders_that_are_too_few_or_listed_twice_or_unknown_are_refused() {
    assert_eq!(answer_to_inbox(|boxes| boxes.truncate(2)), Some(Refusal::TooFew { present: 3, needed: 4 }));
    assert_eq!(answer_to_inbox(|boxes| boxes[1] = boxes[0]), Some(Refusal::Twice));
    assert_eq!(answer_to_inbox(|boxes| boxes[3].0 = 99), Some(Refusal::Stranger));
}

/// The same clients with the same seeds in another session: only the session tells the boxes apart.
#[test]
fn the_boxes_of_another_session_do_not_open() {
    let (play, last) = (Stageplay::new(Adversary::SemiHonest, b"model"), Stageplay::new(Adversary::SemiHonest, b"the model before"));
    let (clients, _) = play.share();
    let (_, old) = last.share();
    let state = clients.into_iter().next().expect("client 0");
    let (masked, _) = play.mask_one(0, state, inbox(&old, 0)).expect("boxes are not looked into yet");
    assert_eq!(unmask(masked, &[0, 1, 2, 3, 4]).err(), Some(Refusal::Box));
}

/// What client 0 says to a list of survivors.
fn answer_to_survivors(survivors: &[u32]) -> Option<Refusal> {
    let play = Stageplay::new(Adversary::SemiHonest, b"model");
    let (clients, _) = play.mask();
    unmask(clients.into_iter().next().expect("client 0"), survivors).err()
}

#[test]
fn survivors_without_the_client_or_with_strangers_or_too_few_are_refused() {
    assert_eq!(answer_to_survivors(&[0, 1, 2, 4]), None);
    assert_eq!(answer_to_survivors(&[1, 2, 3, 4]), Some(Refusal::OwnEntry));
    assert_eq!(answer_to_survivors(&[0, 1, 2, 5]), Some(Refusal::Stranger));
    assert_eq!(answer_to_survivors(&[0, 1, 1, 2]), Some(Refusal::Twice));
    assert_eq!(answer_to_survivors(&[0, 1, 2]), Some(Refusal::TooFew { present: 3, needed: 4 }));
}

/// What client 0 says, told that all survived, to the signatures that `told` and `tamper` make.
fn answer_to_signatures(told: impl Fn(u32) -> Vec<u32>, tamper: impl Fn(&mut Vec<SignedSurvivors>)) -> Option<Refusal> {
    let play = Stageplay::new(Adversary::Active, b"model");
    let (clients, mut signed) = play.sign(told);
    tamper(&mut signed);
    clients.into_iter().next().expect("client 0").unmask(&Signatures(signed), &mut Counts::default()).err()
}

/// A server that tells some that client 4 survived and others that it did not would get both its shares.
#[test]
fn unequal_lists_of_survivors_are_caught() {
    assert_eq!(answer_to_signatures(|_| vec![0, 1, 2, 3, 4], |_| ()), None);
    let unequal = |client| if client == 1 { vec![0, 1, 2, 3] } else { vec![0, 1, 2, 3, 4] };
    assert_eq!(answer_to_signatures(unequal, |_| ()), Some(Refusal::Signature));
}

#[test]
fn signatures_that_are_too_few_or_copied_or_of_strangers_are_refused() {
    let all = |_| vec![0, 1, 2, 3, 4];
    assert_eq!(answer_to_signatures(all, |signed| signed.truncate(3)), Some(Refusal::TooFew { present: 3, needed: 4 }));
    assert_eq!(answer_to_signatures(all, |signed| signed[1].signature = signed[0].signature), Some(Refusal::Signature));
    assert_eq!(answer_to_signatures(all, |signed| signed[1] = signed[0].clone()), Some(Refusal::Twice));
    assert_eq!(answer_to_signatures(all, |signed| signed[4].client = 7), Some(Refusal::Stranger));
}

#[test]
fn the_stage_of_signatures_cannot_be_left_out() {
    let play = Stageplay::new(Adversary::Active, b"model");
    let (clients, _) = play.mask();
    assert_eq!(unmask(clients.into_iter().next().expect("client 0"), &[0, 1, 2, 3, 4]).err(), Some(Refusal::Order));
}

/// The server that told client 0 of another model finds that nothing cancels.
#[test]
fn clients_with_different_models_lay_masks_that_do_not_cancel() {
    let (one, other) = (Stageplay::new(Adversary::SemiHonest, b"model"), Stageplay::new(Adversary::SemiHonest, b"another"));
    let masks = |play: &Stageplay, client: usize, peer: u32| {
        let (clients, _) = play.share();
        let mut words = Words::zeros(Ring::new(64), LENGTH);
        let others: Vec<u32> = (0..CAST).filter(|&other| other as usize != client).collect();
        let place = others.iter().position(|&other| other == peer).expect("it is another");
        let masks = clients[client].masks(&others, &play.pairs).expect("nothing is wrong");
        words.apply(&masks[place..=place]);
        words
    };
    let sum = |play: &Stageplay| {
        let mut sum = masks(&one, 0, 1);
        sum.add(&masks(play, 1, 0));
        sum.values()
    };
    assert_eq!(sum(&one), [0; LENGTH]);
    assert!(sum(&other).iter().all(|&word| word != 0));
}

/// The shares that the server has seen: by owner, how many of each kind, and whether one revealer gave both.
#[derive(Default)]
struct View {
    kinds: BTreeMap<u32, [usize; 2]>,
    both_by_one: bool,
    seen: BTreeMap<(u32, u32), usize>,
}

impl View {
    fn see(&mut self, reveal: &Reveal) {
        for (&owner, share) in &reveal.shares {
            let kind = usize::from(matches!(share, RevealedShare::MaskKey(_)));
            self.kinds.entry(owner).or_default()[kind] += 1;
            let before = self.seen.insert((reveal.client, owner), kind);
            self.both_by_one |= before.is_some_and(|before| before != kind);
        }
    }

    /// Law 3.
    fn uncovers_nobody(&self) -> bool {
        !self.both_by_one && self.kinds.values().all(|kinds| !kinds.iter().all(|&count| count >= NEEDED))
    }
}

#[test]
fn the_server_never_sees_enough_shares_of_both_kinds() {
    for dropped in [None, Some(1), Some(4)] {
        let survivors: Vec<u32> = (0..CAST).filter(|&client| Some(client) != dropped).collect();
        let play = Stageplay::new(Adversary::SemiHonest, b"model");
        let mut view = View::default();
        for (client, state) in (0..).zip(play.mask().0).filter(|(client, _)| Some(*client) != dropped) {
            let reveal = unmask(state, &survivors).expect("nothing is wrong");
            assert_eq!(reveal.shares.len() as u32, CAST, "client {client}");
            view.see(&reveal);
        }
        assert!(view.uncovers_nobody());
        assert!(dropped.is_none_or(|dropped| view.kinds[&dropped] == [0, NEEDED]));
    }
}

/// A broken client that answers for one owner as survivor and as dropped, as it would if the server listed it twice, breaks
/// the law above. Ours can't: it is consumed by its first answer, and an answer has one share an owner.
#[test]
fn a_client_that_gives_both_shares_fails_the_law() {
    let mut view = View::default();
    for survivors in [&[0, 1, 2, 3, 4][..], &[0, 1, 2, 3]] {
        let play = Stageplay::new(Adversary::SemiHonest, b"model");
        for state in play.mask().0.into_iter().take(NEEDED) {
            view.see(&unmask(state, survivors).expect("nothing is wrong"));
        }
    }
    assert!(!view.uncovers_nobody());
}

/// Client 4 was declared dropped, its pairwise masks are known, and then its vector arrives.
fn what_a_late_vector_shows(lay_masks: impl Fn(&Shared<'_>, &mut Words, &Pairs)) -> Vec<u64> {
    let play = Stageplay::new(Adversary::SemiHonest, b"model");
    let mut late = Words::new(Ring::new(64), input(4, LENGTH));
    lay_masks(&play.share().0[4], &mut late, &play.pairs);
    let reveals = play.mask().0.into_iter().take(NEEDED).map(|state| unmask(state, &[0, 1, 2, 3]).expect("nothing is wrong"));
    let shares = reveals.map(|reveal| match &reveal.shares[&4] {
        RevealedShare::MaskKey(share) => share.clone(),
        RevealedShare::SelfMask(_) => panic!("client 4 is declared dropped"),
    });
    let shares: Vec<Share> = shares.collect();
    let points: Vec<Point> = (0..4).map(Point::of).collect();
    let secret = Lagrange::at_zero(&points).combine(&shares.iter().collect::<Vec<_>>()).expect("the shares fit");
    let (pair, keys) = (KeyPair::new(&secret), play.start().1);
    let mask = |peer: &Advertisement| {
        let agreed = play.pairs.agree(&pair, &peer.mask).expect("no key is forged");
        Mask { key: agreed.mask_key(&play.rules.session, &peer.mask, pair.public()), sign: Sign::Minus }
    };
    late.apply(&keys[..4].iter().map(mask).collect::<Vec<_>>());
    late.values()
}

const OTHERS: [u32; 4] = [0, 1, 2, 3];

#[test]
fn a_late_vector_of_a_client_declared_dropped_stays_hidden() {
    let shown = what_a_late_vector_shows(|client, words, pairs| words.apply(&client.masks(&OTHERS, pairs).expect("nothing is wrong")));
    assert!(shown.iter().zip(input(4, LENGTH)).all(|(&shown, own)| shown != own));
}

/// The same with the client's own mask, the last, taken out of the code.
#[test]
fn without_the_own_mask_a_late_vector_is_uncovered() {
    let broken = |client: &Shared<'_>, words: &mut Words, pairs: &Pairs| {
        words.apply(&client.masks(&OTHERS, pairs).expect("nothing is wrong")[..OTHERS.len()]);
    };
    assert_eq!(what_a_late_vector_shows(broken), input(4, LENGTH));
}

/// Law 8 on what a client really sends, whatever it hides: 16 cells of 2^16 draws, 15 degrees of freedom.
#[test]
fn what_a_client_sends_is_uniform_whatever_it_hides() {
    let play = Stageplay::new(Adversary::SemiHonest, b"model");
    for (bits, hidden) in [(8, 0), (32, u64::from(u32::MAX)), (48, 1)] {
        let (clients, sent) = play.share();
        let words = Words::new(Ring::new(bits), vec![hidden; 1 << 16]);
        let state = clients.into_iter().next().expect("client 0");
        let (_, masked) = state.mask(inbox(&sent, 0), words, &play.pairs, &mut Counts::default()).expect("nothing is wrong");
        let mut cells = [0_u32; 16];
        masked.words.values().iter().for_each(|word| cells[(word >> (bits - 4)) as usize] += 1);
        let chi_squared: f64 = cells.iter().map(|&count| (f64::from(count) - 4096.0) * (f64::from(count) - 4096.0) / 4096.0).sum();
        assert!(chi_squared < 44.0, "{chi_squared}");
    }
}

/// Law 12, by the server's own text: it imports nothing that could hold a client's numbers, and no float.
#[test]
fn the_server_knows_no_type_that_holds_a_clients_numbers() {
    let text = include_str!("server.rs");
    for forbidden in ["f64", "f32", "encoding", "Params", "ClientSecrets", "open(", "Advertised", "Masked<"] {
        assert!(!text.lines().any(|line| !line.trim_start().starts_with("//") && line.contains(forbidden)), "{forbidden}");
    }
}

/// A malformed message is refused, not a panic: cut anywhere, every kind.
#[test]
fn messages_cut_anywhere_are_refused() {
    fn cut<M: Message>(message: &M) {
        let bytes = message.to_bytes();
        assert!(M::from_bytes(&bytes).is_some());
        assert!((0..bytes.len()).all(|end| M::from_bytes(&bytes[..end]).is_none()));
    }
    let play = Stageplay::new(Adversary::Active, b"model");
    cut(&KeyBook(play.start().1));
    let (_, sent) = play.share();
    cut(&sent[0]);
    cut(&inbox(&sent, 0));
    cut(&play.mask().1[0]);
    let (clients, signed) = play.sign(|_| vec![0, 1, 2, 3, 4]);
    cut(&signed[0]);
    let signatures = Signatures(signed);
    cut(&signatures);
    let revealed = clients.into_iter().next().expect("client 0").unmask(&signatures, &mut Counts::default());
    cut(&revealed.expect("nothing is wrong"));
}

fn plan(text: &str, load: &Load) -> SecAggPlan {
    let document = Document::parse(&Source::new("test", text), &[]).expect("it is TOML");
    SecAggSpec::read(&mut document.root()).plan(load).expect("it is safe and has headroom")
}

/// Law 14 as far as it lies here: encoded, masked, summed and decoded, the mean has the bits of the clear one.
#[test]
fn the_secure_mean_is_the_clear_fixed_point_mean_bit_for_bit() {
    let load = Load { clients: 7, weight_max: 50, params: 20, magnitude_max: None };
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
        let session = Session::new(b"run", 1, b"model");
        let call = Call { session, round: 1, cohort: &cohort, drops: &drops, length: plan.length(20), streams: &streams };
        let encode = |client: usize| plan.encoding().encode(&update(client), weight(client), &mut rounding(client));
        let (Outcome::Sum(sum), _) = run(&plan.agreement(7), &call, encode) else { panic!("enough clients are left: {text}") };
        assert_eq!(sum.survivors, [0, 2, 3, 4, 5, 6]);
        let decoded = plan.encoding().decode(&sum.words);
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

/// A cohort that was drawn too small aborts its round; a sum over one client would be the client's vector.
#[test]
fn a_cohort_of_none_or_one_is_aborted_at_once() {
    let load = Load { clients: 100, weight_max: 1, params: LENGTH, magnitude_max: None };
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
