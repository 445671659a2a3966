//! Law 5: a client stops at whatever an honest server could not have sent, and two that were told different things can't be summed.

use super::{CAST, LENGTH, Stageplay, inbox, unmask};
use crate::numeric::digest::Hash;
use crate::secagg::agreement::Adversary;
use crate::secagg::client::Refusal;
use crate::secagg::keys::KeyPair;
use crate::secagg::messages::{Advertisement, Inbox, Invitation, KeyBook, Message, Signatures, SignedSurvivors};
use crate::secagg::ring::{Ring, Words};
use crate::secagg::shamir::Secret;
use crate::secagg::tally::Counts;

#[test]
fn an_invitation_to_another_sum_or_cohort_is_refused() {
    let play = Stageplay::new(Adversary::SemiHonest, b"model");
    let answer = |invitation: Invitation| play.join(4, &invitation).err();
    let right = Stageplay::invitation();
    assert_eq!(answer(right.clone()), None);
    for wrong in [
        Invitation { round: 2, ..right.clone() },
        Invitation { exchange: 1, ..right.clone() },
        Invitation { clients: 4, ..right.clone() },
        Invitation { clients: 6, ..right },
    ] {
        assert_eq!(answer(wrong), Some(Refusal::Occasion));
    }
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
fn of_a_frozen_cohort_no_client_helps_to_uncover_a_part() {
    for is_frozen in [false, true] {
        let mut play = Stageplay::new(Adversary::SemiHonest, b"model");
        play.rules.is_frozen = is_frozen;
        let answer = |survivors: &[u32]| unmask(play.mask().0.swap_remove(0), survivors).err();
        assert_eq!(answer(&[0, 1, 2, 3, 4]), None);
        let refusal = is_frozen.then_some(Refusal::TooFew { present: 4, needed: 5 });
        assert_eq!(answer(&[0, 1, 2, 3]), refusal);
    }
}

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

/// A server that sends client 0 one broadcast and the others another finds that the boxes which client 0 sealed don't open:
/// everyone stops, and there is no share to take a mask off with.
#[test]
fn clients_that_were_sent_different_broadcasts_end_without_a_sum() {
    let mut play = Stageplay::new(Adversary::SemiHonest, b"what no client's number begins like");
    play.broadcasts[0] = Hash::of(b"what client 0's number begins like");
    let everyone: Vec<u32> = (0..CAST).collect();
    let refusals: Vec<Option<Refusal>> = play.mask().0.into_iter().map(|client| unmask(client, &everyone).err()).collect();
    assert_eq!(refusals, [Some(Refusal::Box); CAST as usize]);
    let told_alike = Stageplay::new(Adversary::SemiHonest, b"the same");
    assert!(told_alike.mask().0.into_iter().all(|client| unmask(client, &everyone).is_ok()));
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
