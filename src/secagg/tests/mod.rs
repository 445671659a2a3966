//! The protocol's laws, held against whole sums, against a server that lies, against clients that do, and against copies broken
//! on purpose.

mod hostile_clients;
mod known_answers;
mod lying_server;
mod views;
mod whole_sums;

use std::sync::LazyLock;

use super::agreement::{Adversary, Agreement, Shape};
use super::client::{Advertised, Consistent, Masked, Member, Refusal, Shared};
use super::degree::Rates;
use super::messages::{Advertisement, Inbox, Invitation, KeyBook, MaskedInput, Reveal, SealedShares, SignedSurvivors, Survivors};
use super::occasion::Occasion;
use super::pairs::Pairs;
use super::ring::{Ring, Words};
use super::rules::Rules;
use super::session::cohort_hash;
use super::shamir::Secret;
use super::signature::Identity;
use super::tally::Counts;
use crate::numeric::digest::Hash;

const RATES: Rates = Rates { corrupt: 0.0, dropout: 0.0 };

fn complete(clients: usize, threshold: usize, bits: u32, adversary: Adversary) -> Agreement {
    Agreement::new(clients, Shape::Complete { threshold }, Ring::new(bits), adversary, RATES)
}

/// Any vector will do: multiples of a large odd number, so that every bit of the ring is used.
fn input(client: usize, length: usize) -> Vec<u64> {
    (0..length as u64).map(|i| (client as u64 + 1).wrapping_mul(i + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)).collect()
}

const LENGTH: usize = 3;

const OCCASION: Occasion<'static> = Occasion { run: "test", purpose: "updates", round: 1, exchange: 0 };

/// A cohort in one place, so that a test can play the server, or clients of its own.
struct Stageplay {
    rules: Rules<'static>,
    pairs: Pairs,
    /// What each client was sent.
    broadcasts: Vec<Hash>,
}

const CAST: u32 = 5;
const NEEDED: usize = 4;

static SEMI_HONEST: LazyLock<Agreement> = LazyLock::new(|| complete(CAST as usize, NEEDED, 64, Adversary::SemiHonest));
static ACTIVE: LazyLock<Agreement> = LazyLock::new(|| complete(CAST as usize, NEEDED, 64, Adversary::Active));

impl Stageplay {
    fn new(adversary: Adversary, broadcast: &[u8]) -> Self {
        let identities = (adversary == Adversary::Active).then(|| (0..CAST).map(|client| identity(client).public()).collect());
        let agreement = if adversary == Adversary::Active { &*ACTIVE } else { &*SEMI_HONEST };
        let rules = Rules { occasion: OCCASION, agreement, length: LENGTH, identities, is_frozen: false };
        Self { rules, pairs: Pairs::alone(), broadcasts: vec![Hash::of(broadcast); CAST as usize] }
    }

    fn invitation() -> Invitation {
        Invitation { round: 1, exchange: 0, clients: CAST, cohort: cohort_hash(&[0, 1, 2, 3, 4]) }
    }

    fn join(&self, client: u32, invitation: &Invitation) -> Result<Member<'_>, Refusal> {
        let own = self.rules.identities.is_some().then(|| identity(client));
        Member::join(client, &self.rules, invitation, &self.broadcasts[client as usize], own)
    }

    fn start(&self) -> (Vec<Advertised<'_>>, Vec<Advertisement>) {
        let secret = |client: u32| Secret::new([client as u8 + 1; 32]);
        let join = |client| self.join(client, &Self::invitation()).expect("nothing is wrong");
        (0..CAST).map(|client| Advertised::start(join(client), &secret(client), &mut Counts::default())).unzip()
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
