//! The clients of a round sum up how good its model is on rows of theirs: the second sum of a round, among those that came through the
//! first.

use super::asked::{metrics_form, summary};
use std::borrow::Cow;

use super::record::{FederatedMetrics, Outcome, RoundRecord, came_through};
use super::round::Setting;
use super::scoring::{Scorer, score_here};
use crate::exchange::{At, Cohort, Exchanged, Summed};
use crate::form::{State, Values};
use crate::numeric::reduce;
use crate::tasks::View;

/// Measures the model that a round has led to.
pub(super) fn measure(setting: &mut Setting<'_>, state: &State, record: &mut RoundRecord, scorer: &mut Scorer) {
    let (plan, federation) = (setting.plan(), setting.federation());
    let (Some(summary), Some(updates)) = (summary(plan, federation), record.exchanges.first()) else { return };
    if matches!(record.outcome, Outcome::CutShort(_)) {
        return;
    }
    let clients = came_through(&record.clients, updates);
    let number = record.exchanges.len();
    let fates = plan.faults.decide_later(&clients, record.round, number, &plan.streams);
    let answering: Vec<usize> = clients.iter().zip(&fates).filter(|(_, fate)| fate.contributes()).map(|(&client, _)| client).collect();
    // A sum over a single client would be that client's.
    let least = plan.faults.min_clients.max(if updates.secure.is_some() { 2 } else { 1 });
    if answering.len() < least {
        return;
    }
    let form = metrics_form(&summary);
    let stored = federation.stored().expect("a scenario that measures clients' rows has them stored");
    let rows = stored.measured();
    let known = scorer.by_client(plan, federation, rows, state.params());
    let answer = |&client: &usize| {
        let (x, labels) = rows.client(client);
        let score = || Cow::Owned(score_here(plan.model.as_ref(), state.params(), x, federation.classes.len()));
        let scores = known.as_ref().map_or_else(score, |known| Cow::Borrowed(&known[client]));
        (client, Values::Total(summary.sums(&View { x, labels, scores: &scores })))
    };
    let mut answers = reduce::map_ahead(&answering, 16 * form.numbers, answer);
    let cohort = Cohort { clients: &clients, fates: &fates, sent: &[state.params().as_slice()], is_frozen: false };
    let exchanged = setting.exchange().sum(At { round: record.round, number }, &form, &cohort, &mut answers);
    let Exchanged { summed, record: taken } = exchanged.expect("every client has an answer");
    if let Some(Summed::Total(sums)) = summed {
        let found = summary.metrics(&sums);
        record.federated = found.map(|(metrics, rows)| FederatedMetrics { clients: taken.answered, rows, metrics });
    }
    record.charge(&clients, taken);
}
