//! A client of the protocol: each stage takes the client's state and gives the next one and a message.
//!
//! The steps and checks are those of Bonawitz et al., CCS 2017, figure 4. A client knows what the server told it and
//! nothing else; whatever does not fit makes it stop, and its state is gone with it.

use std::collections::BTreeMap;

use zeroize::Zeroizing;

use super::key_use::{Use, record};
use super::keys::{ClientSecrets, self_mask_key};
use super::messages::{
    Advertisement, Inbox, Invitation, KeyBook, MaskedInput, PublicKey, Reveal, RevealedShare, SealedBox, SealedShares, Signature,
    Signatures, SignedSurvivors, Survivors,
};
use super::pairs::Pairs;
use super::ring::{Mask, Sign, Words};
use super::rules::Rules;
use super::seal::{Shares, Way, open, seal};
use super::session::Session;
use super::shamir::{Point, Secret, deal};
use super::signature::{Identity, is_signed, keys_statement, survivors_statement};
use super::tally::Counts;
use crate::numeric::digest::Hash;

/// Why a client stops: what the server sent cannot be right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The server speaks of another sum, or of another cohort than was agreed on.
    #[error("the server speaks of another sum")]
    Occasion,
    /// Fewer clients than the threshold.
    #[error("{present} clients are too few, {needed} are needed")]
    TooFew {
        /// So many there are.
        present: usize,
        /// So many must be there.
        needed: usize,
    },
    /// A client is listed twice, or out of order.
    #[error("a client is listed twice")]
    Twice,
    /// Two keys are the same.
    #[error("a key is there twice")]
    SameKey,
    /// The client's own keys are missing or altered, or it is itself missing among the survivors.
    #[error("the client's own entry is missing or altered")]
    OwnEntry,
    /// A client that was not there in the stage before.
    #[error("a client comes out of nowhere")]
    Stranger,
    /// A signature is missing or wrong.
    #[error("a signature is missing or wrong")]
    Signature,
    /// A key that forces the agreement to zero.
    #[error("a forged key")]
    ForgedKey,
    /// A box that does not open.
    #[error("a box does not open")]
    Box,
    /// A vector of another length than agreed, or a stage left out.
    #[error("a stage was left out")]
    Order,
}

/// A client that has been told which sum begins.
#[derive(Debug)]
pub struct Member<'a> {
    /// Its number in the cohort.
    number: u32,
    rules: &'a Rules<'a>,
    session: Session,
    identity: Option<Identity>,
}

/// After stage 0.
#[derive(Debug)]
pub struct Advertised<'a> {
    member: Member<'a>,
    secrets: ClientSecrets,
    sent: Advertisement,
}

/// After stage 1.
#[derive(Debug)]
pub struct Shared<'a> {
    member: Member<'a>,
    secrets: ClientSecrets,
    peers: Vec<Peer>,
    own: Option<Shares>,
}

/// A neighbour, as the key book describes it.
struct Peer {
    client: u32,
    mask: PublicKey,
    /// Opens the box that it seals for us.
    key: Zeroizing<[u8; 32]>,
}

/// After stage 2.
#[derive(Debug)]
pub struct Masked<'a> {
    member: Member<'a>,
    held: Vec<Held>,
    own: Option<Shares>,
}

/// A box that is kept until it is known which of its shares is asked for.
struct Held {
    owner: u32,
    key: Zeroizing<[u8; 32]>,
    sealed: SealedBox,
}

/// After stage 3.
#[derive(Debug)]
pub struct Consistent<'a> {
    masked: Masked<'a>,
    survivors: Vec<u32>,
}

impl<'a> Member<'a> {
    /// The client of this number, which works the session out from what it knows and was told; `broadcast` is the SHA-256 of what
    /// it was sent to answer.
    ///
    /// # Errors
    /// When the server speaks of another sum than the one that comes next.
    pub fn join(
        number: u32,
        rules: &'a Rules<'a>,
        invitation: &Invitation,
        broadcast: &Hash,
        identity: Option<Identity>,
    ) -> Result<Self, Refusal> {
        let Rules { occasion, agreement, length, .. } = rules;
        let expected = (occasion.round, occasion.exchange, agreement.clients());
        if (invitation.round, invitation.exchange, invitation.clients as usize) != expected || number >= invitation.clients {
            return Err(Refusal::Occasion);
        }
        Ok(Self { number, rules, session: Session::new(occasion, agreement, *length, invitation, broadcast), identity })
    }

    /// Whether `signature` is a client's over `statement`, by what is known from outside; not if no client signs.
    fn is_signed(&self, client: u32, statement: &[u8], signature: Option<&Signature>) -> bool {
        let public = self.rules.identities.as_ref().and_then(|identities| identities.get(client as usize));
        public.zip(signature).is_some_and(|(public, signature)| is_signed(public, statement, signature))
    }
}

impl<'a> Advertised<'a> {
    /// Stage 0: draws the secrets and sends the public keys.
    pub fn start(member: Member<'a>, seed: &Secret, counts: &mut Counts) -> (Self, Advertisement) {
        let secrets = ClientSecrets::derive(seed, &member.session);
        let (seal, mask) = (*secrets.seal.public(), *secrets.mask.public());
        let mut sent = Advertisement { client: member.number, seal, mask, signature: None };
        if let Some(identity) = &member.identity {
            sent.signature = Some(identity.sign(&keys_statement(&member.session, &sent)));
            counts.signatures += 1;
        }
        (Self { member, secrets, sent: sent.clone() }, sent)
    }

    /// Stage 1: checks the neighbours' keys, and sends each neighbour its shares of both secrets in a box.
    ///
    /// # Errors
    /// When the book does not hold what it must.
    pub fn share(self, book: &KeyBook, pairs: &Pairs, counts: &mut Counts) -> Result<(Shared<'a>, SealedShares), Refusal> {
        self.check_book(book, counts)?;
        let Self { member, secrets, .. } = self;
        let Member { number, rules, session, .. } = &member;
        let others = book.0.iter().filter(|entry| entry.client != *number);
        let own_place = rules.agreement.owner_holds_a_share().then_some(*number);
        let holders: Vec<u32> = others.clone().map(|entry| entry.client).chain(own_place).collect();
        let points: Vec<Point> = holders.iter().map(|&holder| Point::of(holder)).collect();
        let ClientSecrets { mask_secret, self_mask, coefficients, .. } = &secrets;
        record(rules, session, Use::Polynomials, &coefficients.bytes(), || {
            format!("{:?} {:?} {} {holders:?}", mask_secret.0, self_mask.0, rules.threshold()).into_bytes()
        });
        let dealt = deal([&mask_secret.0, &self_mask.0], rules.threshold(), &points, coefficients);
        let mut dealt = dealt.into_iter().map(|[mask_key, self_mask]| Shares { mask_key, self_mask });
        counts.shares += 2 * holders.len() as u64;
        let (mut peers, mut boxes) = (Vec::new(), Vec::new());
        for (entry, shares) in others.zip(&mut dealt) {
            let secret = pairs.agree(&secrets.seal, &entry.seal).ok_or(Refusal::ForgedKey)?;
            let [to_peer, from_peer] = secret.seal_keys(session, secrets.seal.public(), &entry.seal);
            record(rules, session, Use::Box, &*to_peer, || [shares.mask_key.to_bytes(), shares.self_mask.to_bytes()].concat());
            boxes.push((entry.client, seal(&to_peer, session, Way { from: *number, to: entry.client }, &shares)));
            peers.push(Peer { client: entry.client, mask: entry.mask, key: from_peer });
        }
        counts.agreements += peers.len() as u64;
        counts.boxes += boxes.len() as u64;
        // The owner's point comes last, so what is left is its own share, if it holds one.
        let (own, client) = (dealt.next(), *number);
        Ok((Shared { member, secrets, peers, own }, SealedShares { client, boxes }))
    }

    fn check_book(&self, book: &KeyBook, counts: &mut Counts) -> Result<(), Refusal> {
        let Member { number, rules, session, .. } = &self.member;
        if !book.0.is_sorted_by(|a, b| a.client < b.client) {
            return Err(Refusal::Twice);
        }
        if book.0.iter().any(|entry| entry.client as usize >= rules.agreement.clients()) {
            return Err(Refusal::Stranger);
        }
        if !book.0.contains(&self.sent) {
            return Err(Refusal::OwnEntry);
        }
        let mut keys: Vec<&PublicKey> = book.0.iter().flat_map(|entry| [&entry.seal, &entry.mask]).collect();
        keys.sort_unstable();
        if !keys.is_sorted_by(|a, b| a < b) {
            return Err(Refusal::SameKey);
        }
        enough(book.0.len() - usize::from(!rules.agreement.owner_holds_a_share()), rules.threshold())?;
        if rules.identities.is_none() {
            return Ok(());
        }
        counts.signatures += book.0.len() as u64 - 1;
        let mut others = book.0.iter().filter(|entry| entry.client != *number);
        let all_right = others.all(|entry| self.member.is_signed(entry.client, &keys_statement(session, entry), entry.signature.as_ref()));
        if all_right { Ok(()) } else { Err(Refusal::Signature) }
    }
}

impl<'a> Shared<'a> {
    /// Stage 2: lays the masks over the input and sends it. From here on the client forgets its own secrets.
    ///
    /// # Errors
    /// When the inbox holds what it can't.
    pub fn mask(self, inbox: Inbox, mut input: Words, pairs: &Pairs, counts: &mut Counts) -> Result<(Masked<'a>, MaskedInput), Refusal> {
        let senders: Vec<u32> = inbox.0.iter().map(|(sender, _)| *sender).collect();
        let masks = self.masks(&senders, pairs)?;
        counts.agreements += senders.len() as u64;
        counts.prg_bytes += masks.len() as u64 * input.ring().mask_bytes(input.len());
        let client = self.member.number;
        for mask in &masks {
            record(self.member.rules, &self.member.session, Use::Mask { client }, &mask.key.bytes(), || input.pack());
        }
        input.apply(&masks);
        let mut peers = self.peers.into_iter();
        let hold = |(sender, sealed)| {
            let peer = peers.find(|peer| peer.client == sender).ok_or(Refusal::Stranger)?;
            Ok(Held { owner: sender, key: peer.key, sealed })
        };
        let held = inbox.0.into_iter().map(hold).collect::<Result<_, _>>()?;
        Ok((Masked { member: self.member, held, own: self.own }, MaskedInput { client, words: input }))
    }

    /// The masks of those who shared their secrets, and the client's own, which comes last. Of a pair, the client with the
    /// higher number adds the common mask and the other takes it away.
    pub(super) fn masks(&self, senders: &[u32], pairs: &Pairs) -> Result<Vec<Mask>, Refusal> {
        let Member { number, rules, session, .. } = &self.member;
        if !senders.is_sorted_by(|a, b| a < b) {
            return Err(Refusal::Twice);
        }
        enough(senders.len() + usize::from(self.own.is_some()), rules.threshold())?;
        let mut masks = Vec::with_capacity(senders.len() + 1);
        let own = self.secrets.mask.public();
        for &sender in senders {
            let found = self.peers.binary_search_by_key(&sender, |peer| peer.client).map_err(|_| Refusal::Stranger)?;
            let peer = &self.peers[found];
            let secret = pairs.agree(&self.secrets.mask, &peer.mask).ok_or(Refusal::ForgedKey)?;
            masks.push(match *number > sender {
                true => Mask { key: secret.mask_key(session, &peer.mask, own), sign: Sign::Plus },
                false => Mask { key: secret.mask_key(session, own, &peer.mask), sign: Sign::Minus },
            });
        }
        masks.push(Mask { key: self_mask_key(session, &self.secrets.self_mask.0, *number), sign: Sign::Plus });
        Ok(masks)
    }
}

impl<'a> Masked<'a> {
    /// Stage 3, against an active server: signs the survivors that it was told of.
    ///
    /// # Errors
    /// When they can't be the survivors.
    pub fn sign(self, survivors: Survivors, counts: &mut Counts) -> Result<(Consistent<'a>, SignedSurvivors), Refusal> {
        self.check_survivors(&survivors)?;
        let Member { number, session, identity, .. } = &self.member;
        let identity = identity.as_ref().ok_or(Refusal::Order)?;
        let signature = identity.sign(&survivors_statement(session, &survivors.0));
        counts.signatures += 1;
        let signed = SignedSurvivors { client: *number, signature };
        Ok((Consistent { masked: self, survivors: survivors.0 }, signed))
    }

    /// Stage 4, against a semi-honest server: one share of each neighbour that shared its secrets.
    ///
    /// # Errors
    /// When these can't be the survivors, when a box does not open, or when stage 3 was left out.
    pub fn unmask(self, survivors: &Survivors, counts: &mut Counts) -> Result<Reveal, Refusal> {
        if self.member.rules.identities.is_some() {
            return Err(Refusal::Order);
        }
        self.check_survivors(survivors)?;
        self.reveal(&survivors.0, counts)
    }

    fn check_survivors(&self, Survivors(survivors): &Survivors) -> Result<(), Refusal> {
        if !survivors.is_sorted_by(|a, b| a < b) {
            return Err(Refusal::Twice);
        }
        // A client that sent its vector and is called dropped would help to uncover its own masks.
        let own = self.member.number;
        if survivors.binary_search(&own).is_err() {
            return Err(Refusal::OwnEntry);
        }
        let is_known = |client: u32| client == own || self.held.binary_search_by_key(&client, |held| held.owner).is_ok();
        if !survivors.iter().all(|&client| is_known(client)) {
            return Err(Refusal::Stranger);
        }
        let rules = self.member.rules;
        if rules.is_frozen {
            enough(survivors.len(), 1 + rules.agreement.neighbours())?;
        }
        enough(survivors.len() - usize::from(self.own.is_none()), rules.threshold())
    }

    fn reveal(self, survivors: &[u32], counts: &mut Counts) -> Result<Reveal, Refusal> {
        let Member { number, session, .. } = self.member;
        let mut shares = BTreeMap::new();
        let choose = |owner: u32, both: Shares| match survivors.binary_search(&owner) {
            Ok(_) => RevealedShare::SelfMask(both.self_mask),
            Err(_) => RevealedShare::MaskKey(both.mask_key),
        };
        for Held { owner, key, sealed } in self.held {
            let both = open(&key, &session, Way { from: owner, to: number }, &sealed).ok_or(Refusal::Box)?;
            counts.boxes += 1;
            shares.insert(owner, choose(owner, both));
        }
        shares.extend(self.own.map(|both| (number, choose(number, both))));
        Ok(Reveal { client: number, shares })
    }
}

impl Consistent<'_> {
    /// Stage 4, against an active server: the same, once enough clients have signed the same survivors.
    ///
    /// # Errors
    /// When signatures are missing or wrong, or a box does not open.
    pub fn unmask(self, Signatures(signatures): &Signatures, counts: &mut Counts) -> Result<Reveal, Refusal> {
        let member = &self.masked.member;
        if !signatures.is_sorted_by(|a, b| a.client < b.client) {
            return Err(Refusal::Twice);
        }
        if !signatures.iter().all(|signed| self.survivors.binary_search(&signed.client).is_ok()) {
            return Err(Refusal::Stranger);
        }
        enough(signatures.len(), member.rules.threshold())?;
        let statement = survivors_statement(&member.session, &self.survivors);
        counts.signatures += signatures.len() as u64;
        if !signatures.iter().all(|signed| member.is_signed(signed.client, &statement, Some(&signed.signature))) {
            return Err(Refusal::Signature);
        }
        self.masked.reveal(&self.survivors, counts)
    }
}

fn enough(present: usize, needed: usize) -> Result<(), Refusal> {
    if present < needed { Err(Refusal::TooFew { present, needed }) } else { Ok(()) }
}

impl std::fmt::Debug for Peer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Peer({}..)", self.client)
    }
}

impl std::fmt::Debug for Held {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Held({}..)", self.owner)
    }
}
