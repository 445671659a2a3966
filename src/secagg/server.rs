//! The server of the protocol: one function a stage (Bonawitz et al., CCS 2017, figure 4).
//!
//! No type here can hold an update, a count or a metric of a client: masked vectors, sealed boxes, public keys, revealed
//! shares and the sum are all there is. Whatever a client sends twice, in another's place, out of turn or to whom it has no
//! business with is ignored, and counted.

use super::graph::Graph;
use super::keys::{KeyPair, self_mask_key};
use super::messages::{
    Advertisement, Inbox, KeyBook, MaskedInput, PublicKey, Reveal, RevealedShare, SealedBox, SealedShares, Signatures, SignedSurvivors,
    Survivors,
};
use super::pairs::Pairs;
use super::ring::{Mask, Sign, Words};
use super::session::Session;
use super::shamir::{Lagrange, Point, Secret, Share};
use super::tally::Counts;
use crate::numeric::reduce::map;
use crate::stage::Stage;

use super::rules::Rules;

/// Why a round ends without a sum: too few clients are left to give some secret back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Abort {
    /// The stage that too few came through.
    pub stage: Stage,
    /// Live holders of shares, of the client that has the fewest; in the complete graph, the clients that are left. Shares
    /// that fit together to no secret count as none.
    pub present: usize,
    /// The threshold.
    pub needed: usize,
}

/// What the server knows from the start.
#[derive(Debug)]
pub struct Setting<'a> {
    /// What the clients know too.
    pub rules: &'a Rules<'a>,
    /// The session of all who were sent what it sent.
    pub session: Session,
    /// Who is whose neighbour.
    pub graph: &'a Graph,
}

impl Setting<'_> {
    /// Goes on only if every one of `owners` has enough live holders among `live`, and in a frozen cohort only if all are live.
    fn check(&self, stage: Stage, owners: &[bool], live: &[bool]) -> Result<(), Abort> {
        let everyone = live.iter().filter(|&&is_live| is_live).count();
        if self.rules.is_frozen && everyone < live.len() {
            return Err(Abort { stage, present: everyone, needed: live.len() });
        }
        let present = match self.graph {
            Graph::Complete { .. } => everyone,
            Graph::Regular { .. } => members(owners).map(|owner| self.graph.live_holders(owner, live)).min().unwrap_or(0),
        };
        let needed = self.rules.threshold();
        if present < needed { Err(Abort { stage, present, needed }) } else { Ok(()) }
    }

    /// Of whom the client holds shares, ascending.
    fn owners_for(&self, client: u32) -> Vec<u32> {
        let mut owners = self.graph.neighbours(client);
        if self.rules.agreement.owner_holds_a_share() {
            owners.insert(owners.partition_point(|&owner| owner < client), client);
        }
        owners
    }

    /// The client's neighbours among `live`, and itself, ascending.
    fn circle_of(&self, client: u32, live: &[bool]) -> Vec<u32> {
        let mut circle: Vec<u32> = self.graph.neighbours(client).into_iter().filter(|&other| live[other as usize]).collect();
        let place = circle.partition_point(|&other| other < client);
        circle.insert(place, client);
        circle
    }
}

/// The clients that a set holds.
fn members(set: &[bool]) -> impl Iterator<Item = u32> + '_ {
    (0..).zip(set).filter(|(_, is_in)| **is_in).map(|(client, _)| client)
}

/// Who was heard in a stage, of those that are waited for.
struct Heard<'a> {
    expected: &'a [bool],
    live: Vec<bool>,
}

impl<'a> Heard<'a> {
    fn of(expected: &'a [bool]) -> Self {
        Self { expected, live: vec![false; expected.len()] }
    }

    /// Whether this is the first message of a client that is waited for; any other is counted.
    fn is_first(&mut self, client: u32, counts: &mut Counts) -> bool {
        let place = client as usize;
        let is_first = self.expected.get(place) == Some(&true) && !self.live[place];
        if is_first {
            self.live[place] = true;
        } else {
            counts.ignored += 1;
        }
        is_first
    }
}

/// After stage 0: the keys of U1.
#[derive(Debug)]
pub struct Keys<'a> {
    setting: Setting<'a>,
    heard: Vec<Option<Advertisement>>,
}

impl<'a> Keys<'a> {
    /// Ends stage 0.
    ///
    /// # Errors
    /// When too few were heard.
    pub fn collect(setting: Setting<'a>, sent: Vec<Advertisement>, counts: &mut Counts) -> Result<Self, Abort> {
        let mut heard = vec![None; setting.graph.clients()];
        for keys in sent {
            match heard.get_mut(keys.client as usize) {
                Some(place @ None) => *place = Some(keys),
                _ => counts.ignored += 1,
            }
        }
        let live: Vec<bool> = heard.iter().map(Option::is_some).collect();
        setting.check(Stage::Advertise, &live, &live)?;
        Ok(Self { setting, heard })
    }

    /// The public keys of U1, all of them: what everyone may know.
    pub fn public_keys(&self) -> Vec<PublicKey> {
        self.heard.iter().flatten().flat_map(|keys| [keys.seal, keys.mask]).collect()
    }

    /// What the client is told of its neighbours' keys.
    pub fn book_for(&self, client: u32) -> KeyBook {
        let live: Vec<u32> = self.setting.graph.neighbours(client);
        let mut listed: Vec<&Advertisement> = live.iter().filter_map(|&other| self.heard[other as usize].as_ref()).collect();
        listed.extend(&self.heard[client as usize]);
        listed.sort_unstable_by_key(|keys| keys.client);
        KeyBook(listed.into_iter().cloned().collect())
    }

    /// Ends stage 1. Who has not a box for each of its neighbours has shared nothing.
    ///
    /// # Errors
    /// When too few were heard.
    pub fn collect_boxes(self, sent: Vec<SealedShares>, counts: &mut Counts) -> Result<Boxes<'a>, Abort> {
        let clients = self.heard.len();
        let mut boxes_of = vec![None; clients];
        for SealedShares { client, boxes } in sent {
            match boxes_of.get_mut(client as usize) {
                Some(place @ None) if self.are_for_all_neighbours(client, &boxes) => *place = Some(boxes),
                _ => counts.ignored += 1,
            }
        }
        let live: Vec<bool> = boxes_of.iter().map(Option::is_some).collect();
        self.setting.check(Stage::Share, &live, &live)?;
        let mut inboxes = vec![Vec::new(); clients];
        // Senders ascend, so each inbox does.
        for (sender, boxes) in (0..).zip(boxes_of) {
            for (receiver, sealed) in boxes.into_iter().flatten().filter(|(receiver, _)| live[*receiver as usize]) {
                inboxes[receiver as usize].push((sender, sealed));
            }
        }
        let mask_keys = self.heard.into_iter().map(|keys| keys.map(|keys| keys.mask)).collect();
        Ok(Boxes { setting: self.setting, mask_keys, shared: live, inboxes })
    }

    /// Whether the client, of U1, has sent one box to each of its neighbours in U1, ascending, and none to anyone else.
    fn are_for_all_neighbours(&self, client: u32, boxes: &[(u32, SealedBox)]) -> bool {
        let is_heard = |client: u32| self.heard.get(client as usize).is_some_and(Option::is_some);
        let neighbours = || self.setting.graph.neighbours(client).into_iter().filter(|&other| is_heard(other));
        is_heard(client) && neighbours().eq(boxes.iter().map(|(receiver, _)| *receiver))
    }
}

/// After stage 1: the boxes of U2, which the server can't open.
#[derive(Debug)]
pub struct Boxes<'a> {
    setting: Setting<'a>,
    mask_keys: Vec<Option<PublicKey>>,
    shared: Vec<bool>,
    inboxes: Vec<Vec<(u32, SealedBox)>>,
}

impl<'a> Boxes<'a> {
    /// The boxes for a client.
    pub fn inbox_for(&self, client: u32) -> Inbox {
        Inbox(self.inboxes[client as usize].clone())
    }

    /// An empty sum, into which masked vectors are added as they come.
    pub fn empty_sum(&self) -> Summing {
        let Rules { agreement, length, .. } = self.setting.rules;
        let survivors = vec![false; self.shared.len()];
        Summing { sum: Words::zeros(agreement.ring(), *length), waiting: self.shared.clone(), survivors, ignored: 0 }
    }

    /// Ends stage 2: from here on U3 is what it is, and a vector that comes late is thrown away.
    ///
    /// # Errors
    /// When too few were heard.
    pub fn freeze(self, summing: Summing, counts: &mut Counts) -> Result<Frozen<'a>, Abort> {
        let Summing { sum, survivors, ignored, .. } = summing;
        counts.ignored += ignored;
        self.setting.check(Stage::MaskedInput, &self.shared, &survivors)?;
        Ok(Frozen { setting: self.setting, mask_keys: self.mask_keys, shared: self.shared, survivors, sum })
    }
}

/// In stage 2: the sum of the masked vectors that have come.
#[derive(Debug)]
pub struct Summing {
    sum: Words,
    /// Whose vector may still come.
    waiting: Vec<bool>,
    survivors: Vec<bool>,
    ignored: u64,
}

impl Summing {
    /// Adds a client's masked vector, if it is the first of a client in U2 and has the shape that was agreed on.
    pub fn add(&mut self, MaskedInput { client, words }: &MaskedInput) {
        let is_right = words.ring() == self.sum.ring() && words.len() == self.sum.len();
        match self.waiting.get_mut(*client as usize) {
            Some(waiting @ true) if is_right => {
                *waiting = false;
                self.survivors[*client as usize] = true;
                self.sum.add(words);
            }
            _ => self.ignored += 1,
        }
    }
}

/// After stage 2: the masked sum over U3.
#[derive(Debug)]
pub struct Frozen<'a> {
    setting: Setting<'a>,
    mask_keys: Vec<Option<PublicKey>>,
    shared: Vec<bool>,
    survivors: Vec<bool>,
    sum: Words,
}

/// The sum over U3, and U3.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sum {
    /// The coordinates.
    pub words: Words,
    /// The clients whose vectors it holds, as places in the cohort.
    pub survivors: Vec<usize>,
}

impl Frozen<'_> {
    /// U3, as far as it concerns the client.
    pub fn survivors_for(&self, client: u32) -> Survivors {
        Survivors(self.setting.circle_of(client, &self.survivors))
    }

    /// Ends stage 3: what is sent to all.
    ///
    /// # Errors
    /// When too few were heard.
    pub fn collect_signatures(&self, signed: Vec<SignedSurvivors>, counts: &mut Counts) -> Result<Signatures, Abort> {
        let mut heard = Heard::of(&self.survivors);
        let signed: Vec<SignedSurvivors> = signed.into_iter().filter(|signed| heard.is_first(signed.client, counts)).collect();
        self.setting.check(Stage::Consistency, &self.shared, &heard.live)?;
        Ok(Signatures(signed))
    }

    /// Ends stage 4: gives the secrets back that take the masks off, and takes them off.
    ///
    /// # Errors
    /// When too few were heard; nothing is given back then. Also when the shares of a client give no secret back that belongs
    /// to its public key.
    pub fn unmask(self, revealed: Vec<Reveal>, counts: &mut Counts) -> Result<Sum, Abort> {
        let mut heard = Heard::of(&self.survivors);
        let revealed: Vec<Reveal> = revealed.into_iter().filter(|reveal| heard.is_first(reveal.client, counts)).collect();
        self.setting.check(Stage::Unmask, &self.shared, &heard.live)?;
        let gathered = self.gather(revealed, counts)?;
        let needed = self.setting.rules.threshold();
        counts.shares += (gathered.len() * needed) as u64;
        // All holders are the same in the complete graph, and then so are the coefficients.
        let common = gathered.first().map(|first| (first.points.clone(), Lagrange::at_zero(&first.points)));
        // The server agrees for those who dropped out with what everyone knows of the others.
        let public: Vec<PublicKey> = if gathered.iter().all(|owned| self.survivors[owned.owner as usize]) {
            Vec::new()
        } else {
            self.mask_keys.iter().copied().flatten().collect()
        };
        let pairs = Pairs::among(&public);
        let masks_of = |owned: &Gathered| {
            let shares: Vec<&Share> = owned.shares.iter().collect();
            let secret = match &common {
                Some((points, coefficients)) if *points == owned.points => coefficients.combine(&shares),
                _ => Lagrange::at_zero(&owned.points).combine(&shares),
            };
            self.masks_of(owned.owner, &secret?, &pairs)
        };
        let masks: Option<Vec<Vec<Mask>>> = map(&gathered, masks_of).into_iter().collect();
        let masks: Vec<Mask> = masks.ok_or(Abort { stage: Stage::Unmask, present: 0, needed })?.into_iter().flatten().collect();
        let mut sum = self.sum;
        counts.agreements += masks.len() as u64 - members(&self.survivors).count() as u64;
        counts.prg_bytes += masks.len() as u64 * sum.ring().mask_bytes(sum.len());
        sum.apply(&masks);
        Ok(Sum { words: sum, survivors: members(&self.survivors).map(|client| client as usize).collect() })
    }

    /// For each owner in U2, the first shares that suffice, of the one kind that the owner's fate asks for, from its neighbours
    /// alone.
    fn gather(&self, revealed: Vec<Reveal>, counts: &mut Counts) -> Result<Vec<Gathered>, Abort> {
        let needed = self.setting.rules.threshold();
        let mut by_owner: Vec<Gathered> = (0..self.shared.len() as u32).map(Gathered::none).collect();
        for Reveal { client, shares } in revealed {
            let holds_of = self.setting.owners_for(client);
            for (owner, share) in shares {
                let is_held = holds_of.binary_search(&owner).is_ok() && self.shared[owner as usize];
                let share = match share {
                    RevealedShare::SelfMask(share) if is_held && self.survivors[owner as usize] => share,
                    RevealedShare::MaskKey(share) if is_held && !self.survivors[owner as usize] => share,
                    _ => {
                        counts.ignored += 1;
                        continue;
                    }
                };
                by_owner[owner as usize].push(client, share, needed);
            }
        }
        let owners: Vec<Gathered> = by_owner.into_iter().zip(&self.shared).filter(|(_, shared)| **shared).map(|(owned, _)| owned).collect();
        let present = owners.iter().map(|owned| owned.points.len()).min().unwrap_or(0);
        if present < needed { Err(Abort { stage: Stage::Unmask, present, needed }) } else { Ok(owners) }
    }

    /// What takes an owner's masks off: its own mask if it survived, else the masks that its neighbours laid for its sake.
    fn masks_of(&self, owner: u32, secret: &Secret, pairs: &Pairs) -> Option<Vec<Mask>> {
        let session = &self.setting.session;
        if self.survivors[owner as usize] {
            return Some(vec![Mask { key: self_mask_key(session, secret, owner), sign: Sign::Minus }]);
        }
        let pair = KeyPair::new(secret);
        if self.mask_keys[owner as usize].as_ref() != Some(pair.public()) {
            return None;
        }
        let neighbours = self.setting.graph.neighbours(owner);
        let living = neighbours.into_iter().filter(|&other| self.survivors[other as usize]);
        let mask = |other: u32| {
            let public = self.mask_keys[other as usize].as_ref()?;
            let secret = pairs.agree(&pair, public)?;
            // The neighbour with the higher number added the mask, the one with the lower took it away.
            Some(match other > owner {
                true => Mask { key: secret.mask_key(session, pair.public(), public), sign: Sign::Minus },
                false => Mask { key: secret.mask_key(session, public, pair.public()), sign: Sign::Plus },
            })
        };
        living.map(mask).collect()
    }
}

/// The shares of one owner's secret that suffice to give it back.
#[derive(Debug)]
struct Gathered {
    owner: u32,
    points: Vec<Point>,
    shares: Vec<Share>,
}

impl Gathered {
    fn none(owner: u32) -> Self {
        Self { owner, points: Vec::new(), shares: Vec::new() }
    }

    fn push(&mut self, holder: u32, share: Share, needed: usize) {
        if self.shares.len() < needed {
            self.points.push(Point::of(holder));
            self.shares.push(share);
        }
    }
}
