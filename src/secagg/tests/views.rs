//! Laws 3, 6, 8 and 12: what a server may ever see.

use std::collections::BTreeMap;

use super::{CAST, LENGTH, NEEDED, Stageplay, inbox, input, unmask};
use crate::secagg::agreement::Adversary;
use crate::secagg::client::Shared;
use crate::secagg::keys::KeyPair;
use crate::secagg::messages::{Advertisement, Reveal, RevealedShare};
use crate::secagg::pairs::Pairs;
use crate::secagg::ring::{Mask, Ring, Sign, Words};
use crate::secagg::session::Session;
use crate::secagg::shamir::{Lagrange, Point, Share};
use crate::secagg::tally::Counts;

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
        Mask { key: agreed.mask_key(&session(&play), &peer.mask, pair.public()), sign: Sign::Minus }
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

/// The session that all clients of a play are in.
fn session(play: &Stageplay) -> Session {
    let rules = &play.rules;
    Session::new(&rules.occasion, rules.agreement, rules.length, &Stageplay::invitation(), &play.broadcasts[0])
}

/// What a server may hold: what was agreed on, what everyone may know, what it can't open, shares that were revealed, and sums.
const HELD: [&str; 18] = [
    "&'a Rules<'a>",
    "Session",
    "&'a Graph",
    "Setting<'a>",
    "Vec<Option<Advertisement>>",
    "Vec<Option<PublicKey>>",
    "Vec<Vec<(u32, SealedBox)>>",
    "Words",
    "Vec<usize>",
    "Vec<bool>",
    "&'a [bool]",
    "Vec<Point>",
    "Vec<Share>",
    "Stage",
    "usize",
    "u64",
    "u32",
    "bool",
];

/// Law 12, by the server's own text: every field of every type in it is of a type above.
#[test]
fn the_server_knows_no_type_that_holds_a_clients_numbers() {
    let text = include_str!("../server.rs");
    let mut fields = Vec::new();
    let mut is_inside = false;
    for line in text.lines() {
        is_inside = (is_inside || line.contains("struct ") && line.ends_with('{')) && line != "}";
        let field = line.trim().trim_start_matches("pub ").trim_end_matches(',');
        if let Some((_, kind)) = field.split_once(": ").filter(|_| is_inside && !field.starts_with("//")) {
            fields.push(kind);
        }
    }
    assert!(fields.len() > 20, "{fields:?}");
    let strange: Vec<&&str> = fields.iter().filter(|kind| !HELD.contains(kind)).collect();
    assert!(strange.is_empty(), "a server would not have these: {strange:?}");
    // Nor does it open a box, or play a client.
    for forbidden in ["f64", "f32", "encoding", "ClientSecrets", "open(", "Advertised", "Masked<"] {
        assert!(!text.lines().any(|line| !line.trim_start().starts_with("//") && line.contains(forbidden)), "{forbidden}");
    }
    // Nor is it given the secrets that pairs of clients have worked out: its own it makes of public keys.
    assert!(!text.lines().any(|line| line.contains("pub fn") && line.contains("Pairs")));
}
