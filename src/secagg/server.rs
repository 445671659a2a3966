//! The server of the protocol: one function a stage (Bonawitz et al., CCS 2017, figure 4).
//!
//! No type here can hold an update, a count or a metric of a client: masked vectors, sealed boxes, public keys, revealed
//! shares and the sum are all there is.

use super::graph::Graph;
use super::keys::{KeyPair, PublicKey, self_mask_key};
use super::messages::{
    Advertisement, Inbox, KeyBook, MaskedInput, Reveal, RevealedShare, SealedShares, Signatures, SignedSurvivors, Survivors,
};
use super::pairs::Pairs;
use super::ring::{Mask, Ring, Sign, Words};
use super::seal::SealedBox;
use super::shamir::{Lagrange, Point, Secret, Share};
use super::tally::Counts;
use crate::numeric::reduce::map;
use crate::stage::Stage;

use super::client::Rules;

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
    pub rules: &'a Rules,
    /// Who is whose neighbour.
    pub graph: &'a Graph,
    /// What vectors are made of.
    pub ring: Ring,
    /// Coordinates of a vector.
    pub length: usize,
}

impl Setting<'_> {
    /// Goes on only if every one of `owners` has enough live holders among `live`.
    fn check(&self, stage: Stage, owners: &[bool], live: &[bool]) -> Result<(), Abort> {
        let everyone = live.iter().filter(|&&is_live| is_live).count();
        let present = match self.graph {
            Graph::Complete { .. } => everyone,
            Graph::Regular { .. } => members(owners).map(|owner| self.graph.live_holders(owner, live)).min().unwrap_or(0),
        };
        let needed = self.rules.threshold;
        if present < needed { Err(Abort { stage, present, needed }) } else { Ok(()) }
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
    pub fn collect(setting: Setting<'a>, sent: Vec<Advertisement>) -> Result<Self, Abort> {
        let mut heard = vec![None; setting.graph.clients()];
        for keys in sent {
            let place = keys.client as usize;
            heard[place] = Some(keys);
        }
        let live: Vec<bool> = heard.iter().map(Option::is_some).collect();
        setting.check(Stage::Advertise, &live, &live)?;
        Ok(Self { setting, heard })
    }

    /// The public keys of U1, all of them.
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

    /// Ends stage 1.
    ///
    /// # Errors
    /// When too few were heard.
    pub fn collect_boxes(self, sent: Vec<SealedShares>) -> Result<Boxes<'a>, Abort> {
        let clients = self.heard.len();
        let mut live = vec![false; clients];
        sent.iter().for_each(|shares| live[shares.client as usize] = true);
        self.setting.check(Stage::Share, &live, &live)?;
        let mut inboxes = vec![Vec::new(); clients];
        for SealedShares { client, boxes } in sent {
            for (receiver, sealed) in boxes.into_iter().filter(|(receiver, _)| live[*receiver as usize]) {
                inboxes[receiver as usize].push((client, sealed));
            }
        }
        inboxes.iter_mut().for_each(|inbox| inbox.sort_unstable_by_key(|(sender, _)| *sender));
        let mask_keys = self.heard.into_iter().map(|keys| keys.map(|keys| keys.mask)).collect();
        Ok(Boxes { setting: self.setting, mask_keys, shared: live, inboxes })
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
        let Setting { ring, length, .. } = self.setting;
        Summing { sum: Words::zeros(ring, length), survivors: vec![false; self.shared.len()] }
    }

    /// Ends stage 2: from here on U3 is what it is, and a vector that comes late is thrown away.
    ///
    /// # Errors
    /// When too few were heard.
    pub fn freeze(self, summing: Summing) -> Result<Frozen<'a>, Abort> {
        let Summing { sum, survivors } = summing;
        self.setting.check(Stage::MaskedInput, &self.shared, &survivors)?;
        Ok(Frozen { setting: self.setting, mask_keys: self.mask_keys, shared: self.shared, survivors, sum })
    }
}

/// In stage 2: the sum of the masked vectors that have come.
#[derive(Debug)]
pub struct Summing {
    sum: Words,
    survivors: Vec<bool>,
}

impl Summing {
    /// Adds a client's masked vector.
    ///
    /// # Panics
    /// If the client's vector is there already.
    pub fn add(&mut self, masked: &MaskedInput) {
        let survived = &mut self.survivors[masked.client as usize];
        assert!(!*survived, "a client sends one masked vector");
        *survived = true;
        self.sum.add(&masked.words);
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
    /// The coordinates, each in [0, q).
    pub words: Vec<u64>,
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
    pub fn collect_signatures(&self, signed: Vec<SignedSurvivors>) -> Result<Signatures, Abort> {
        let mut live = vec![false; self.survivors.len()];
        signed.iter().for_each(|signed| live[signed.client as usize] = true);
        self.setting.check(Stage::Consistency, &self.shared, &live)?;
        Ok(Signatures(signed))
    }

    /// Ends stage 4: gives the secrets back that take the masks off, and takes them off.
    ///
    /// # Errors
    /// When too few were heard; nothing is given back then.
    pub fn unmask(self, revealed: Vec<Reveal>, pairs: &Pairs, counts: &mut Counts) -> Result<Sum, Abort> {
        let mut live = vec![false; self.survivors.len()];
        revealed.iter().for_each(|reveal| live[reveal.client as usize] = true);
        self.setting.check(Stage::Unmask, &self.shared, &live)?;
        let gathered = self.gather(revealed)?;
        let needed = self.setting.rules.threshold;
        counts.shares += (gathered.len() * needed) as u64;
        // All holders are the same in the complete graph, and then so are the coefficients.
        let common = gathered.first().map(|first| (first.points.clone(), Lagrange::at_zero(&first.points)));
        let masks_of = |owned: &Gathered| {
            let shares: Vec<&Share> = owned.shares.iter().collect();
            let secret = match &common {
                Some((points, coefficients)) if *points == owned.points => coefficients.combine(&shares),
                _ => Lagrange::at_zero(&owned.points).combine(&shares),
            };
            self.masks_of(owned.owner, &secret?, pairs)
        };
        let masks: Option<Vec<Vec<Mask>>> = map(&gathered, masks_of).into_iter().collect();
        let masks: Vec<Mask> = masks.ok_or(Abort { stage: Stage::Unmask, present: 0, needed })?.into_iter().flatten().collect();
        let mut sum = self.sum;
        counts.agreements += masks.len() as u64 - members(&self.survivors).count() as u64;
        counts.prg_bytes += masks.len() as u64 * sum.ring().mask_bytes(sum.len());
        sum.apply(&masks);
        Ok(Sum { words: sum.values(), survivors: members(&self.survivors).map(|client| client as usize).collect() })
    }

    /// For each owner in U2, the first shares that suffice, of the one kind that the owner's fate asks for.
    fn gather(&self, revealed: Vec<Reveal>) -> Result<Vec<Gathered>, Abort> {
        let needed = self.setting.rules.threshold;
        let mut by_owner: Vec<Gathered> = (0..self.shared.len() as u32).map(Gathered::none).collect();
        for Reveal { client, shares } in revealed {
            for (owner, share) in shares {
                let (Some(gathered), Some(&survived)) = (by_owner.get_mut(owner as usize), self.survivors.get(owner as usize)) else {
                    continue;
                };
                match share {
                    RevealedShare::SelfMask(share) if survived => gathered.push(client, share, needed),
                    RevealedShare::MaskKey(share) if !survived => gathered.push(client, share, needed),
                    _ => {}
                }
            }
        }
        let owners: Vec<Gathered> = by_owner.into_iter().zip(&self.shared).filter(|(_, shared)| **shared).map(|(owned, _)| owned).collect();
        let present = owners.iter().map(|owned| owned.points.len()).min().unwrap_or(0);
        if present < needed { Err(Abort { stage: Stage::Unmask, present, needed }) } else { Ok(owners) }
    }

    /// What takes an owner's masks off: its own mask if it survived, else the masks that its neighbours laid for its sake.
    fn masks_of(&self, owner: u32, secret: &Secret, pairs: &Pairs) -> Option<Vec<Mask>> {
        let session = &self.setting.rules.session;
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
