//! The server side of every stage survives whatever clients send: twice, in another's place, out of turn, or to whom they have no
//! business with. It is ignored and counted, and the sum is that of the honest.

use super::{CAST, LENGTH, NEEDED, RATES, Stageplay, input, unmask};
use crate::numeric::rng::{Seeds, Streams};
use crate::secagg::agreement::{Adversary, Agreement, Shape};
use crate::secagg::client::Masked;
use crate::secagg::degree::Degree;
use crate::secagg::graph::Graph;
use crate::secagg::messages::PublicKey;
use crate::secagg::messages::{Advertisement, MaskedInput, Message, Reveal, RevealedShare, SealedShares, SignedSurvivors, Survivors};
use crate::secagg::ring::{Ring, Words};
use crate::secagg::rules::Rules;
use crate::secagg::server::{Abort, Boxes, Frozen, Keys, Setting, Sum};
use crate::secagg::session::Session;
use crate::secagg::tally::Counts;
use crate::stage::Stage;

const GRAPH: Graph = Graph::Complete { clients: CAST as usize };

/// An honest server, and the clients of a play.
struct Server<'a> {
    play: &'a Stageplay,
    counts: Counts,
}

impl<'a> Server<'a> {
    fn of(play: &'a Stageplay) -> Self {
        Self { play, counts: Counts::default() }
    }

    fn setting(&self) -> Setting<'a> {
        let rules = &self.play.rules;
        let session = Session::new(&rules.occasion, rules.agreement, rules.length, &Stageplay::invitation(), &self.play.broadcasts[0]);
        Setting { rules, session, graph: &GRAPH }
    }

    fn keys(&mut self, tamper: impl FnOnce(&mut Vec<Advertisement>)) -> Keys<'a> {
        let mut sent = self.play.start().1;
        tamper(&mut sent);
        Keys::collect(self.setting(), sent, &mut self.counts).expect("enough are left")
    }

    fn boxes(&mut self, tamper: impl FnOnce(&mut Vec<SealedShares>)) -> Boxes<'a> {
        let keys = self.keys(|_| ());
        let mut sent = self.play.share().1;
        tamper(&mut sent);
        keys.collect_boxes(sent, &mut self.counts).expect("enough are left")
    }

    fn frozen(&mut self, tamper: impl FnOnce(&mut Vec<MaskedInput>)) -> Frozen<'a> {
        let boxes = self.boxes(|_| ());
        let mut sent = self.play.mask().1;
        tamper(&mut sent);
        let mut summing = boxes.empty_sum();
        sent.iter().for_each(|masked| summing.add(masked));
        boxes.freeze(summing, &mut self.counts).expect("enough are left")
    }

    /// The sum where all survive, of these reveals of theirs.
    fn sum(&mut self, tamper: impl FnOnce(&mut Vec<Reveal>)) -> Result<Sum, Abort> {
        let frozen = self.frozen(|_| ());
        let everyone: Vec<u32> = (0..CAST).collect();
        let mut revealed: Vec<Reveal> =
            self.play.mask().0.into_iter().map(|client| unmask(client, &everyone).expect("nothing is wrong")).collect();
        tamper(&mut revealed);
        frozen.unmask(revealed, &mut self.counts)
    }
}

fn semi_honest() -> Stageplay {
    Stageplay::new(Adversary::SemiHonest, b"model")
}

/// The message once more, with another sender's number.
fn as_if_from<M: Message>(message: &M, client: u32) -> M {
    let mut bytes = message.to_bytes();
    bytes[..4].copy_from_slice(&client.to_le_bytes());
    M::from_bytes(&bytes).expect("only the number was changed")
}

fn clear_sum(clients: &[usize]) -> Vec<u64> {
    (0..LENGTH).map(|at| clients.iter().fold(0, |sum: u64, &client| sum.wrapping_add(input(client, LENGTH)[at]))).collect()
}

#[test]
fn keys_that_come_twice_or_from_strangers_are_ignored() {
    let play = semi_honest();
    let first: Vec<PublicKey> = Server::of(&play).keys(|_| ()).public_keys();
    let mut server = Server::of(&play);
    let keys = server.keys(|sent| {
        let other = Advertisement { seal: [9; 32], mask: [8; 32], ..sent[2].clone() };
        sent.extend([other, as_if_from(&sent[0], CAST), as_if_from(&sent[0], u32::MAX)]);
    });
    assert_eq!((keys.public_keys(), server.counts.ignored), (first, 3));
}

#[test]
fn boxes_that_come_twice_from_strangers_or_not_for_the_neighbours_are_ignored() {
    let play = semi_honest();
    let mut server = Server::of(&play);
    let boxes = server.boxes(|sent| {
        // In turn: a second time, a stranger, for a stranger, for itself, for one neighbour twice, for one too few.
        let again = as_if_from(&sent[0], 1);
        let stranger = as_if_from(&sent[0], CAST);
        sent.extend([again, stranger]);
        sent[4].boxes[3].0 = 4;
    });
    assert_eq!(server.counts.ignored, 3);
    // Client 4 counts as one that has shared nothing: nobody gets a box of its, and it gets none.
    assert!((0..4).all(|client| boxes.inbox_for(client).0.iter().all(|(sender, _)| *sender != 4)));
    assert!(boxes.inbox_for(4).0.is_empty());
    for spoil in [
        |boxes: &mut Vec<(u32, _)>| boxes[0].0 = CAST,
        |boxes: &mut Vec<(u32, _)>| boxes[1].0 = boxes[0].0,
        |boxes: &mut Vec<(u32, _)>| boxes.truncate(3),
        |boxes: &mut Vec<(u32, _)>| boxes.push(boxes[0]),
    ] {
        let mut server = Server::of(&play);
        let boxes = server.boxes(|sent| spoil(&mut sent[4].boxes));
        assert_eq!((server.counts.ignored, boxes.inbox_for(0).0.len()), (1, 3));
    }
}

/// In a regular graph a client has business with its neighbours alone.
#[test]
fn boxes_for_clients_that_are_no_neighbours_are_ignored() {
    let shape = Shape::Regular(Degree { degree: 2, threshold: 2 });
    let agreement = Agreement::new(CAST as usize, shape, Ring::new(64), Adversary::SemiHonest, RATES);
    let play = semi_honest();
    let rules = Rules { agreement: &agreement, ..play.rules.clone() };
    let graph = agreement.graph(&Streams::new(Seeds::all(1)), &rules.occasion);
    let (sent, shared) = (play.start().1, play.share().1);
    let session = Session::new(&rules.occasion, &agreement, rules.length, &Stageplay::invitation(), &play.broadcasts[0]);
    let mut counts = Counts::default();
    let keys = Keys::collect(Setting { rules: &rules, session, graph: &graph }, sent, &mut counts).expect("all are there");
    // Each of them has a box for everyone.
    assert_eq!(keys.collect_boxes(shared, &mut counts).err(), Some(Abort { stage: Stage::Share, present: 0, needed: 2 }));
    assert_eq!(counts.ignored, u64::from(CAST));
}

#[test]
fn vectors_that_come_twice_from_strangers_or_in_another_shape_are_ignored() {
    let play = semi_honest();
    let mut server = Server::of(&play);
    let frozen = server.frozen(|sent| {
        let strange = [(64, LENGTH + 1), (32, LENGTH), (64, 0), (128, LENGTH)];
        let strange = strange.map(|(bits, length)| MaskedInput { client: 4, words: Words::zeros(Ring::new(bits), length) });
        sent.splice(0..0, strange);
        let again = MaskedInput { client: 0, words: Words::zeros(Ring::new(64), LENGTH) };
        sent.extend([as_if_from(&again, 0), as_if_from(&again, CAST), as_if_from(&again, u32::MAX)]);
    });
    assert_eq!(server.counts.ignored, 7);
    assert_eq!(frozen.survivors_for(0).0, [0, 1, 2, 3, 4]);
}

#[test]
fn signatures_that_come_twice_or_from_strangers_are_ignored() {
    let play = Stageplay::new(Adversary::Active, b"model");
    let mut server = Server::of(&play);
    // Client 4 is declared dropped.
    let frozen = server.frozen(|sent| drop(sent.pop()));
    let sign = |client: Masked<'_>| client.sign(Survivors(vec![0, 1, 2, 3]), &mut Counts::default()).expect("nothing is wrong").1;
    let mut signed: Vec<SignedSurvivors> = play.mask().0.into_iter().take(4).map(sign).collect();
    signed.extend([as_if_from(&signed[0], 1), as_if_from(&signed[0], 4), as_if_from(&signed[0], CAST)]);
    let kept: Vec<u32> = frozen.collect_signatures(signed, &mut server.counts).expect("four suffice").0.iter().map(who).collect();
    assert_eq!((kept, server.counts.ignored), (vec![0, 1, 2, 3], 3));
}

fn who(signed: &SignedSurvivors) -> u32 {
    signed.client
}

#[test]
fn shares_that_come_twice_from_strangers_of_strangers_or_of_the_wrong_kind_are_ignored() {
    let play = semi_honest();
    let expected = clear_sum(&[0, 1, 2, 3, 4]);
    let mut server = Server::of(&play);
    let sum = server.sum(|revealed| {
        let again = as_if_from(&revealed[1], 0);
        let stranger = as_if_from(&revealed[1], CAST);
        // Of client 4, which survived, the share that is for the dropped; and one of nobody's.
        let RevealedShare::SelfMask(share) = revealed[3].shares[&4].clone() else { panic!("client 4 survived") };
        revealed[3].shares.insert(4, RevealedShare::MaskKey(share.clone()));
        revealed[3].shares.insert(99, RevealedShare::SelfMask(share));
        revealed.extend([again, stranger]);
    });
    assert_eq!((sum.expect("four shares of each are left").words.values(), server.counts.ignored), (expected, 4));
}

/// Client 4 drops out, and client 0 gives a share of its key that is none: what comes out is no key, or not the one that the
/// client had published.
#[test]
fn a_key_that_was_not_published_is_not_used() {
    let play = semi_honest();
    let survivors = [0, 1, 2, 3];
    let end = |tamper: &dyn Fn(&mut Vec<Reveal>)| {
        let mut server = Server::of(&play);
        let frozen = server.frozen(|sent| drop(sent.pop()));
        let reveal = |client| unmask(client, &survivors).expect("nothing is wrong");
        let mut revealed: Vec<Reveal> = play.mask().0.into_iter().take(NEEDED).map(reveal).collect();
        tamper(&mut revealed);
        frozen.unmask(revealed, &mut server.counts)
    };
    assert_eq!(end(&|_| ()).map(|sum| sum.words.values()), Ok(clear_sum(&[0, 1, 2, 3])));
    let forged = |revealed: &mut Vec<Reveal>| {
        let other = revealed[1].shares[&4].clone();
        revealed[0].shares.insert(4, other);
    };
    assert_eq!(end(&forged).err(), Some(Abort { stage: Stage::Unmask, present: 0, needed: NEEDED }));
}

#[test]
fn of_the_honest_nothing_is_ignored() {
    let play = semi_honest();
    let mut server = Server::of(&play);
    let sum = server.sum(|_| ()).expect("nothing is wrong");
    assert_eq!((sum.words.values(), server.counts.ignored), (clear_sum(&[0, 1, 2, 3, 4]), 0));
}
