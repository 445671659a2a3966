//! Shares, masks and whole transcripts, byte for byte as an independent program makes them: `tests/vectors/secagg_transcript.py`.

use serde::Deserialize;

use super::complete;
use crate::numeric::digest::Hash;
use crate::secagg::agreement::Adversary;
use crate::secagg::client::{Advertised, Masked, Member};
use crate::secagg::graph::Graph;
use crate::secagg::keys::{ClientSecrets, KeyPair, SharedSecret, self_mask_key};
use crate::secagg::messages::{Invitation, Message, Reveal, SignedSurvivors};
use crate::secagg::occasion::Occasion;
use crate::secagg::pairs::Pairs;
use crate::secagg::prg::PrgKey;
use crate::secagg::ring::{Mask, Ring, Sign, Words};
use crate::secagg::rules::Rules;
use crate::secagg::server::{Frozen, Keys, Setting};
use crate::secagg::session::{Session, cohort_hash};
use crate::secagg::shamir::{Point, Secret, deal};
use crate::secagg::signature::Identity;
use crate::secagg::tally::Counts;

#[derive(Deserialize)]
struct Case {
    name: String,
    clients: u32,
    threshold: usize,
    bits: u32,
    length: usize,
    active: bool,
    dropped: Vec<u32>,
    session: String,
    seeds: Vec<String>,
    signers: Vec<String>,
    shamir: Vec<[String; 2]>,
    shamir_secrets: [String; 2],
    shamir_key: String,
    own_mask: Vec<String>,
    pair_mask: Vec<String>,
    stages: Vec<Stage>,
    sum: Vec<String>,
}

#[derive(Deserialize)]
struct Stage {
    stage: String,
    down: Vec<String>,
    up: Vec<String>,
}

fn cases() -> Vec<Case> {
    serde_json::from_str(include_str!("../../../tests/vectors/secagg_transcript.json")).expect("it is as its maker wrote it")
}

fn bytes<const N: usize>(hex: &str) -> [u8; N] {
    assert_eq!(hex.len(), 2 * N);
    std::array::from_fn(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).expect("it is hexadecimal"))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn messages<M: Message>(sent: &[M]) -> Vec<String> {
    sent.iter().map(|message| hex(&message.to_bytes())).collect()
}

fn unsigned(words: &Words) -> Vec<String> {
    let bits = words.ring().bits();
    words.integers().iter().map(|&word| (word.cast_unsigned() & (u128::MAX >> (128 - bits))).to_string()).collect()
}

impl Case {
    fn occasion(&self) -> Occasion<'_> {
        Occasion { run: "transcript", purpose: &self.name, round: 7, exchange: 2 }
    }

    fn invitation(&self) -> Invitation {
        let cohort: Vec<usize> = (0..self.clients as usize).collect();
        Invitation { round: 7, exchange: 2, clients: self.clients, cohort: cohort_hash(&cohort) }
    }

    fn identity(&self, client: u32) -> Identity {
        Identity::new(&Secret::new(bytes(&self.signers[client as usize])))
    }

    fn input(&self, client: u32) -> Words {
        let word = |at: usize| (u64::from(client) + 1).wrapping_mul(at as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        Words::new(Ring::new(self.bits), (0..self.length).map(word).collect())
    }

    fn mask(&self, key: PrgKey, sign: Sign) -> Vec<String> {
        let mut words = Words::zeros(Ring::new(self.bits), self.length);
        words.apply(&[Mask { key, sign }]);
        unsigned(&words)
    }

    fn stage(&self, name: &str) -> &Stage {
        self.stages.iter().find(|stage| stage.stage == name).expect("the sum has this stage")
    }
}

#[test]
fn secrets_shares_and_masks_are_those_of_an_independent_program() {
    for case in cases() {
        let adversary = if case.active { Adversary::Active } else { Adversary::SemiHonest };
        let agreement = complete(case.clients as usize, case.threshold, case.bits, adversary);
        let session = Session::new(&case.occasion(), &agreement, case.length, &case.invitation(), &Hash::of(b"broadcast"));
        assert_eq!(hex(session.id()), case.session);
        let secrets = ClientSecrets::derive(&Secret::new(bytes(&case.seeds[0])), &session);
        assert_eq!([&secrets.mask_secret, &secrets.self_mask].map(|secret| hex(&*secret.0)), case.shamir_secrets);
        assert_eq!(hex(&secrets.coefficients.bytes()), case.shamir_key);
        // The owner's own point comes last.
        let holders = (1..case.clients).chain([0]);
        let points: Vec<Point> = holders.map(Point::of).collect();
        let dealt = deal([&secrets.mask_secret.0, &secrets.self_mask.0], case.threshold, &points, &secrets.coefficients);
        let dealt: Vec<[String; 2]> = dealt.iter().map(|pair| pair.each_ref().map(|share| hex(&share.to_bytes()))).collect();
        assert_eq!(dealt, case.shamir);
        assert_eq!(case.mask(self_mask_key(&session, &secrets.self_mask.0, 0), Sign::Plus), case.own_mask);
        let peer = ClientSecrets::derive(&Secret::new(bytes(&case.seeds[1])), &session);
        let agreed: SharedSecret = Pairs::alone().agree(&KeyPair::new(&secrets.mask_secret.0), peer.mask.public()).expect("it is not zero");
        let key = agreed.mask_key(&session, secrets.mask.public(), peer.mask.public());
        assert_eq!(case.mask(key, Sign::Minus), case.pair_mask);
    }
}

/// A sum that clients and server hold among themselves: after each stage, what was sent is what the other program sends.
#[test]
fn whole_transcripts_are_those_of_an_independent_program() {
    for case in cases() {
        let adversary = if case.active { Adversary::Active } else { Adversary::SemiHonest };
        let agreement = complete(case.clients as usize, case.threshold, case.bits, adversary);
        let identities = case.active.then(|| (0..case.clients).map(|client| case.identity(client).public()).collect());
        let rules = Rules { occasion: case.occasion(), agreement: &agreement, length: case.length, identities, is_frozen: false };
        let graph = Graph::Complete { clients: case.clients as usize };
        let (clients, frozen) = until_masked(&case, &rules, &graph);
        let told = frozen.survivors_for(0);
        let mut counts = Counts::default();
        let revealed: Vec<Reveal> = if case.active {
            assert_eq!(hex(&told.to_bytes()), case.stage("consistency").down[0]);
            let sign = |client: Masked<'_>| client.sign(told.clone(), &mut Counts::default()).expect("nothing is wrong").1;
            let signed: Vec<SignedSurvivors> = until_masked(&case, &rules, &graph).0.into_iter().map(sign).collect();
            assert_eq!(messages(&signed), case.stage("consistency").up);
            let signatures = frozen.collect_signatures(signed, &mut counts).expect("enough are there");
            assert_eq!(hex(&signatures.to_bytes()), case.stage("unmask").down[0]);
            let reveal = |client: Masked<'_>| {
                let (client, _) = client.sign(told.clone(), &mut Counts::default()).expect("nothing is wrong");
                client.unmask(&signatures, &mut Counts::default()).expect("nothing is wrong")
            };
            clients.into_iter().map(reveal).collect()
        } else {
            assert_eq!(hex(&told.to_bytes()), case.stage("unmask").down[0]);
            clients.into_iter().map(|client| client.unmask(&told, &mut Counts::default()).expect("nothing is wrong")).collect()
        };
        assert_eq!(messages(&revealed), case.stage("unmask").up);
        let sum = frozen.unmask(revealed, &mut counts).expect("enough are there");
        assert_eq!(unsigned(&sum.words), case.sum, "{}", case.name);
    }
}

/// The survivors, and the server, after the masked vectors have come.
fn until_masked<'a>(case: &Case, rules: &'a Rules<'a>, graph: &'a Graph) -> (Vec<Masked<'a>>, Frozen<'a>) {
    let (invitation, broadcast) = (case.invitation(), Hash::of(b"broadcast"));
    let session = Session::new(&rules.occasion, rules.agreement, case.length, &invitation, &broadcast);
    let (mut counts, pairs) = (Counts::default(), Pairs::alone());
    let (mut clients, mut keys) = (Vec::new(), Vec::new());
    for client in 0..case.clients {
        let own = case.active.then(|| case.identity(client));
        let member = Member::join(client, rules, &invitation, &broadcast, own).expect("nothing is wrong");
        let (state, sent) = Advertised::start(member, &Secret::new(bytes(&case.seeds[client as usize])), &mut counts);
        clients.push(state);
        keys.push(sent);
    }
    assert_eq!(hex(&invitation.to_bytes()), case.stage("advertise").down[0]);
    assert_eq!(messages(&keys), case.stage("advertise").up);

    let keys = Keys::collect(Setting { rules, session, graph }, keys, &mut counts).expect("all are there");
    let (mut sharing, mut boxes) = (Vec::new(), Vec::new());
    for (client, state) in (0..).zip(clients) {
        let book = keys.book_for(client);
        assert_eq!(hex(&book.to_bytes()), case.stage("share").down[client as usize]);
        let (state, sent) = state.share(&book, &pairs, &mut counts).expect("nothing is wrong");
        sharing.push(state);
        boxes.push(sent);
    }
    assert_eq!(messages(&boxes), case.stage("share").up);

    let boxes = keys.collect_boxes(boxes, &mut counts).expect("all are there");
    let mut summing = boxes.empty_sum();
    let (mut survivors, mut inboxes, mut sent) = (Vec::new(), Vec::new(), Vec::new());
    for (client, state) in (0..).zip(sharing).filter(|(client, _)| !case.dropped.contains(client)) {
        let inbox = boxes.inbox_for(client);
        inboxes.push(hex(&inbox.to_bytes()));
        let (state, masked) = state.mask(inbox, case.input(client), &pairs, &mut counts).expect("nothing is wrong");
        summing.add(&masked);
        survivors.push(state);
        sent.push(masked);
    }
    assert_eq!((inboxes, messages(&sent)), (case.stage("masked_input").down.clone(), case.stage("masked_input").up.clone()));
    (survivors, boxes.freeze(summing, &mut counts).expect("enough are there"))
}
