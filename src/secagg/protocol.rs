//! A round of secure aggregation, from the first key to the sum (Bonawitz et al., CCS 2017, figure 4; Bell et al., CCS
//! 2020, for the k-regular graph).
//!
//! Clients and server meet in messages only. Every message is turned into bytes, counted, and read back.

use ndarray_rand::rand::RngCore;

use super::agreement::{Adversary, Agreement};
use super::client::{Advertised, Masked, Member, Refusal};
use super::messages::{Invitation, Message, Reveal};
use super::occasion::Occasion;
use super::pairs::Pairs;
use super::ring::Words;
use super::rules::Rules;
use super::server::{Abort, Frozen, Keys, Setting, Sum};
use super::session::{Session, cohort_hash};
use super::shamir::Secret;
use super::signature::Identity;
use super::tally::{Counts, StageRow, Tally};
use crate::numeric::digest::Hash;
use crate::numeric::reduce::consume_ahead;
use crate::numeric::rng::{Purpose, Streams};
use crate::stage::Stage;
use crate::timing::Stopwatch;
use crate::work::Work;

/// One round to be run.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// Which sum it is.
    pub occasion: Occasion<'a>,
    /// SHA-256 of what the server sent to all, and the sum answers.
    pub broadcast: Hash,
    /// The clients that take part, as the streams know them.
    pub cohort: &'a [usize],
    /// For each of the cohort, the stage in which it stops answering. Where there is no stage of consistency, who drops out
    /// there drops out of the next.
    pub drops: &'a [Option<Stage>],
    /// Coordinates of a vector.
    pub length: usize,
    /// Whether the sum is over the whole cohort or there is none.
    pub is_frozen: bool,
    /// Where all secrets come from: for simulation only.
    pub streams: &'a Streams,
}

impl Call<'_> {
    fn invitation(&self) -> Invitation {
        let Occasion { round, exchange, .. } = self.occasion;
        let clients = u32::try_from(self.cohort.len()).expect("a cohort has fewer than 2^32 clients");
        Invitation { round, exchange, clients, cohort: cohort_hash(self.cohort) }
    }

    /// The round, as the streams address it.
    fn round(&self) -> usize {
        self.occasion.round as usize
    }
}

/// How a round ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// With the sum over the survivors.
    Sum(Sum),
    /// Without: too few clients were left.
    Aborted(Abort),
}

/// Runs a round. `input` gives the vector of the client at a place of the cohort: encoded, weighted, of the agreed length;
/// it is asked once, and only for clients that come as far as masking.
///
/// # Panics
/// If the cohort, `drops` and the agreement differ in length, or an input has another length or ring than agreed.
pub fn run(agreement: &Agreement, call: &Call<'_>, input: impl Fn(usize) -> Words + Sync) -> (Outcome, Tally) {
    assert!(call.cohort.len() == call.drops.len() && call.cohort.len() == agreement.clients(), "one agreement, one cohort");
    let mut log = Log::new(call);
    let outcome = match stages(agreement, call, &input, &mut log) {
        Ok(sum) => Outcome::Sum(sum),
        Err(abort) => Outcome::Aborted(abort),
    };
    let tally = log.finish(&outcome);
    (outcome, tally)
}

fn stages(agreement: &Agreement, call: &Call<'_>, input: &(impl Fn(usize) -> Words + Sync), log: &mut Log<'_>) -> Result<Sum, Abort> {
    let graph = agreement.graph(call.streams, &call.occasion);
    let active = agreement.adversary() == Adversary::Active;
    let identities = active.then(|| call.cohort.iter().map(|&client| identity(call, client).public()).collect());
    let rules = Rules { occasion: call.occasion, agreement, length: call.length, identities, is_frozen: call.is_frozen };
    let invitation = call.invitation();
    let session = Session::new(&call.occasion, agreement, call.length, &invitation, &call.broadcast);
    let setting = Setting { rules: &rules, session, graph: &graph };

    // Stage 0: everyone's public keys.
    let mut sent = Vec::new();
    let clients: Vec<(u32, ())> = (0..call.cohort.len() as u32).map(|client| (client, ())).collect();
    let clients = log.exchange(
        Stage::Advertise,
        clients,
        |_| invitation.clone(),
        |client, (), invitation, counts| {
            let number = call.cohort[client as usize];
            let member = Member::join(client, &rules, &invitation, &call.broadcast, active.then(|| identity(call, number)))?;
            Ok(Advertised::start(member, &seed(call, number), counts))
        },
        |keys| sent.push(keys),
    );
    let keys = log.server_work(|counts| Keys::collect(setting, sent, counts))?;

    // Stage 1: both secrets of everyone, shared among the neighbours.
    let mut sent = Vec::new();
    let pairs = Pairs::among(&keys.public_keys());
    let clients = log.exchange(
        Stage::Share,
        clients,
        |client| keys.book_for(client),
        |_, client, book, counts| client.share(&book, &pairs, counts),
        |shares| sent.push(shares),
    );
    let boxes = log.server_work(|counts| keys.collect_boxes(sent, counts))?;

    // Stage 2: the masked vectors, summed as they come.
    let mut summing = boxes.empty_sum();
    let clients = log.exchange(
        Stage::MaskedInput,
        clients,
        |client| boxes.inbox_for(client),
        |place, client, inbox, counts| {
            let vector = input(place as usize);
            assert!(vector.len() == call.length && vector.ring() == agreement.ring(), "the input has another shape than agreed");
            client.mask(inbox, vector, &pairs, counts)
        },
        |masked| summing.add(&masked),
    );
    let frozen = log.server_work(|counts| boxes.freeze(summing, counts))?;

    // Stages 3 and 4: signatures over the survivors if the server may lie, then the shares that take the masks off.
    let revealed = if active { sign_and_reveal(clients, &frozen, log)? } else { reveal(clients, &frozen, log) };
    log.server_work(|counts| frozen.unmask(revealed, counts))
}

/// Stage 4 against a semi-honest server.
fn reveal(clients: Vec<(u32, Masked<'_>)>, frozen: &Frozen<'_>, log: &mut Log<'_>) -> Vec<Reveal> {
    let mut revealed = Vec::new();
    log.exchange(
        Stage::Unmask,
        clients,
        |client| frozen.survivors_for(client),
        |_, client, survivors, counts| Ok(((), client.unmask(&survivors, counts)?)),
        |reveal| revealed.push(reveal),
    );
    revealed
}

/// Stages 3 and 4 against an active one.
fn sign_and_reveal(clients: Vec<(u32, Masked<'_>)>, frozen: &Frozen<'_>, log: &mut Log<'_>) -> Result<Vec<Reveal>, Abort> {
    let mut signed = Vec::new();
    let clients = log.exchange(
        Stage::Consistency,
        clients,
        |client| frozen.survivors_for(client),
        |_, client, survivors, counts| client.sign(survivors, counts),
        |signature| signed.push(signature),
    );
    let signatures = log.server_work(|counts| frozen.collect_signatures(signed, counts))?;
    let mut revealed = Vec::new();
    log.exchange(
        Stage::Unmask,
        clients,
        |_| signatures.clone(),
        |_, client, signatures, counts| Ok(((), client.unmask(&signatures, counts)?)),
        |reveal| revealed.push(reveal),
    );
    Ok(revealed)
}

/// The seed of a client's secrets in this round.
fn seed(call: &Call<'_>, client: usize) -> Secret {
    let mut seed = Secret::default();
    call.streams.stream(Purpose::SecaggSecrets, call.round(), client).fill_bytes(&mut *seed);
    seed
}

/// A client's signing key, the same in all rounds.
fn identity(call: &Call<'_>, client: usize) -> Identity {
    let mut secret = Secret::default();
    call.streams.stream(Purpose::SecaggSigning, 0, client).fill_bytes(&mut *secret);
    Identity::new(&secret)
}

/// Carries messages and keeps the books.
struct Log<'a> {
    drops: &'a [Option<Stage>],
    tally: Tally,
}

/// What came of asking one client.
struct Answer<S, U> {
    client: u32,
    down: u64,
    up: u64,
    counts: Counts,
    /// The client's next state and its message; nothing if it dropped out.
    given: Option<(S, U)>,
}

impl<'a> Log<'a> {
    fn new(call: &Call<'a>) -> Self {
        let none = || vec![0; call.cohort.len()];
        Self { drops: call.drops, tally: Tally { client_up: none(), client_down: none(), ..Tally::default() } }
    }

    /// One stage: asks every client, has those that don't drop out answer, and hands the answers to the server in the order
    /// of the cohort. Clients work in parallel, a few ahead of the server.
    fn exchange<C: Send, D: Message, S: Send, U: Message + Send>(
        &mut self,
        stage: Stage,
        clients: Vec<(u32, C)>,
        ask: impl Fn(u32) -> D + Sync,
        answer: impl Fn(u32, C, D, &mut Counts) -> Result<(S, U), Refusal> + Sync,
        mut hear: impl FnMut(U),
    ) -> Vec<(u32, S)> {
        let watch = Stopwatch::start();
        let mut row = StageRow::new(stage, clients.len());
        let drops = self.drops;
        let work = Work::begin(&format!("secure aggregation, {}", stage.name()), clients.len() as u64);
        let answers = consume_ahead(clients, |(client, state)| {
            let question = ask(client).to_bytes();
            let mut answered = Answer { client, down: question.len() as u64, up: 0, counts: Counts::default(), given: None };
            if drops[client as usize].is_none_or(|drop| drop > stage) {
                let question = D::from_bytes(&question).expect("what was written can be read");
                let given = answer(client, state, question, &mut answered.counts);
                let (state, message) = given.expect("what an honest server sends passes every check");
                let bytes = message.to_bytes();
                drop(message);
                answered.up = bytes.len() as u64;
                answered.given = Some((state, U::from_bytes(&bytes).expect("what was written can be read")));
            }
            answered
        });
        let mut left = Vec::new();
        for Answer { client, down, up, counts, given } in answers {
            row.down.add(down);
            row.up.add(up);
            row.counts += counts;
            self.tally.client_up[client as usize] += up;
            self.tally.client_down[client as usize] += down;
            if let Some((state, message)) = given {
                hear(message);
                left.push((client, state));
            }
            work.advance(1);
        }
        row.participants = left.len();
        self.tally.stages.push(row);
        self.tally.seconds.push(watch.elapsed());
        left
    }

    /// Charges the server's work to the stage that has just been held.
    fn server_work<T>(&mut self, work: impl FnOnce(&mut Counts) -> T) -> T {
        let watch = Stopwatch::start();
        let mut counts = Counts::default();
        let done = work(&mut counts);
        let more = watch.elapsed();
        if let (Some(row), Some(seconds)) = (self.tally.stages.last_mut(), self.tally.seconds.last_mut()) {
            row.counts += counts;
            seconds.wall += more.wall;
            seconds.cpu += more.cpu;
        }
        done
    }

    fn finish(self, outcome: &Outcome) -> Tally {
        let Self { mut tally, .. } = self;
        let bytes = |client: usize| tally.client_up[client] + tally.client_down[client];
        let all: u64 = (0..tally.client_up.len()).map(bytes).sum();
        let useful: u64 = match outcome {
            Outcome::Sum(sum) => sum.survivors.iter().map(|&client| bytes(client)).sum(),
            Outcome::Aborted(_) => 0,
        };
        tally.wasted_bytes = all - useful;
        tally
    }
}
