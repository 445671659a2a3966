//! Each client's own model beside the federation's and the centralised one, on rows of its own where it holds some out.

use std::borrow::Cow;

use super::budgeted::BudgetedTraining;
use super::course::Course;
use super::gain::{DecidedBy, Gain, Pair, Priced};
use super::local::Local;
use super::measures::{metric_names, scores_of, sound_scores, values};
use super::watch::Watch;
use crate::data::{ByClient, Federation};
use crate::diag::Error;
use crate::federation::Prepared;
use crate::numeric::rng::Purpose;
use crate::numeric::rows::Rows;
use crate::numeric::{Params, reduce};
use crate::scenario::Plan;
use crate::tasks::{Labels, View, headline};
use crate::training::LocalRows;
use crate::work::Work;

/// What the clients' models are measured on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MeasuredOn {
    /// The rows that each client holds out.
    Own,
    /// The common test rows.
    Test,
}

/// Something of each of the three models.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ByModel {
    /// Of the client's own.
    pub alone: Option<f64>,
    /// Of the federation's.
    pub federated: Option<f64>,
    /// Of the centralised one.
    pub centralized: Option<f64>,
}

/// What a client has of taking part.
#[derive(Clone, Debug)]
pub struct Participant {
    /// Which client, from 0.
    pub client: usize,
    /// Its training rows.
    pub examples: usize,
    /// Those of label 1, where labels are 0 and 1.
    pub positives: usize,
    /// The rows that it holds out.
    pub held_out: usize,
    /// Those of label 1, where labels are 0 and 1.
    pub held_out_positives: usize,
    /// What it was measured on.
    pub measured_on: MeasuredOn,
    /// The task's headline metric; `None` where it does not exist.
    pub metric: ByModel,
    /// What a row costs at the threshold that costs least on the client's training rows; `None` without prices.
    pub cost: ByModel,
    /// What the federation is worth to it.
    pub gain: Gain,
    /// 1 for the largest gain; equal gains share the smaller rank.
    pub rank: Option<usize>,
    /// What the others lose of that metric on average if it leaves; `None` if nobody asked.
    pub others_lose: Option<f64>,
}

/// The models that all clients are given.
#[derive(Clone, Copy, Debug)]
pub struct Models<'a> {
    /// The federation's last.
    pub federated: &'a Params,
    /// The centralised last.
    pub centralized: &'a Params,
}

impl MeasuredOn {
    /// Its own rows where any client holds some out.
    pub fn of(federation: &Federation) -> Self {
        if federation.held_out().is_some() { Self::Own } else { Self::Test }
    }

    /// In `join.csv`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Test => "test",
        }
    }
}

/// The rows that a client looks at: those that it holds out, or the common test rows where nobody holds any out.
fn looked_at(federation: &Federation, client: usize) -> (Rows<'_>, Labels<'_>) {
    match federation.held_out() {
        Some(held_out) => ByClient::client(held_out, client),
        None => (federation.test.x.rows(), federation.test.y.all()),
    }
}

/// One model's headline metric on the rows that each client looks at.
pub(super) enum Headlines {
    /// The same for all: on the common test rows.
    Common(Option<f64>),
    /// Each client's: on its held-out rows.
    Own(Vec<Option<f64>>),
}

impl Headlines {
    /// Of a model with these scores of the test rows.
    pub(super) fn of(plan: &Plan, prepared: &Prepared, params: &Params, test_scores: &[f64]) -> Self {
        let (task, federation) = (plan.model.task(), &prepared.federation);
        if federation.held_out().is_none() {
            let (x, labels) = (federation.test.x.rows(), federation.test.y.all());
            return Self::Common(headline(task, &View { x, labels, scores: test_scores }));
        }
        let clients: Vec<usize> = (0..federation.client_count()).collect();
        Self::Own(reduce::map(&clients, |&client| {
            let (x, labels) = looked_at(federation, client);
            let scores = scores_of(plan, prepared, params, x);
            (!labels.is_empty()).then(|| headline(task, &View { x, labels, scores: &scores })).flatten()
        }))
    }

    /// On the rows that this client looks at.
    pub(super) fn for_client(&self, client: usize) -> Option<f64> {
        match self {
            Self::Common(value) => *value,
            Self::Own(values) => values[client],
        }
    }
}

/// Trains every client alone, each for as many passes over its rows as the federation's visits make over all rows, and measures it.
pub(super) fn train(
    plan: &Plan,
    prepared: &Prepared,
    models: &Models<'_>,
    course: &Course,
    watch: &Watch<'_>,
) -> Result<(Local, Vec<Participant>), Error> {
    let federation = &prepared.federation;
    let shared = [
        Shared::new(plan, prepared, models.federated, "the federation's model")?,
        Shared::new(plan, prepared, models.centralized, "the centralised model")?,
    ];
    // Who has no rows has nothing to train on.
    let clients: Vec<usize> = (0..federation.active_count()).map(|place| federation.active(place)).collect();
    let (mut on_test, mut participants) = (Vec::with_capacity(clients.len()), Vec::with_capacity(clients.len()));
    let work = Work::begin("training each client alone", clients.len() as u64);
    for alone in reduce::map_ahead(&clients, 1 << 10, |&client| train_alone(plan, prepared, course, client, &shared)) {
        watch.check()?;
        work.advance(1);
        let (values, participant) = alone?;
        on_test.push(values);
        participants.push(participant);
    }
    rank(&mut participants);
    Ok((Local::of(plan.model.task(), &metric_names(plan), &on_test), participants))
}

/// A model and its scores of the test rows.
struct Scored<'a> {
    params: &'a Params,
    test_scores: Vec<f64>,
}

impl<'a> Scored<'a> {
    fn new(plan: &Plan, prepared: &Prepared, params: &'a Params, who: &str) -> Result<Self, Error> {
        Ok(Self { params, test_scores: sound_scores(plan, prepared, params, who)? })
    }

    /// The scores of the rows that a client looks at.
    fn scores_for(&self, plan: &Plan, prepared: &Prepared, client: usize) -> Cow<'_, [f64]> {
        match prepared.federation.held_out() {
            None => Cow::Borrowed(&self.test_scores),
            Some(held_out) => Cow::Owned(scores_of(plan, prepared, self.params, held_out.client(client).0)),
        }
    }
}

/// A model that all clients are given, and its headline metric for each.
struct Shared<'a> {
    scored: Scored<'a>,
    headlines: Headlines,
}

impl<'a> Shared<'a> {
    fn new(plan: &Plan, prepared: &Prepared, params: &'a Params, who: &str) -> Result<Self, Error> {
        let scored = Scored::new(plan, prepared, params, who)?;
        let headlines = Headlines::of(plan, prepared, params, &scored.test_scores);
        Ok(Self { scored, headlines })
    }
}

/// The model that a client trains for as many passes over its rows as the federation's visits make over all rows.
fn own_model(plan: &Plan, prepared: &Prepared, course: &Course, client: usize) -> Result<Params, Error> {
    let pooled = &prepared.federation.all_rows("training each client alone")?.train;
    let (x, y) = pooled.client(client);
    let rows = LocalRows { x, y, weights: prepared.weights() };
    // The federation's passes over all rows, over this client's.
    let target = (u128::from(course.visits()) * y.len() as u128).div_ceil(pooled.rows.y.len() as u128);
    let target = u64::try_from(target).expect("no more than all visits");
    let mut training = BudgetedTraining::new(plan, prepared, rows, client + 1, course.budget(target));
    training.advance(target, &|| Ok(()))?;
    Ok(training.params().clone())
}

type Alone = (Vec<Option<f64>>, Participant);

fn train_alone(plan: &Plan, prepared: &Prepared, course: &Course, client: usize, shared: &[Shared<'_>; 2]) -> Result<Alone, Error> {
    let federation = &prepared.federation;
    let params = own_model(plan, prepared, course, client)?;
    let alone = Scored::new(plan, prepared, &params, &format!("{} alone", federation.called(client)))?;
    let (x, y) = federation.all_rows("training each client alone")?.train.client(client);
    let held_out = federation.held_out().map(|held_out| held_out.client(client).1);
    let (task, (seen, labels)) = (plan.model.task(), looked_at(federation, client));
    let [federated, centralized] = shared;
    let scores = [&alone, &federated.scored, &centralized.scored].map(|model| model.scores_for(plan, prepared, client));
    let thresholds = plan.evaluation.cost.map(|costs| {
        let best = |model: &Scored<'_>| costs.best_threshold(y.binary(), &scores_of(plan, prepared, model.params, x));
        (costs, [&alone, &federated.scored, &centralized.scored].map(best))
    });
    let cost = |at: usize| {
        let (costs, thresholds) = thresholds.filter(|_| !labels.is_empty())?;
        Some(costs.per_row(labels.binary(), &scores[at], thresholds[at]))
    };
    let view = |at: usize| View { x: seen, labels, scores: &scores[at] };
    let metric = ByModel {
        alone: (!labels.is_empty()).then(|| headline(task, &view(0))).flatten(),
        federated: federated.headlines.for_client(client),
        centralized: centralized.headlines.for_client(client),
    };
    let priced =
        thresholds.map(|(costs, [threshold_alone, threshold_federated, _])| Priced { costs, threshold_alone, threshold_federated });
    let gain = if federation.active_count() == 1 {
        Gain::of_the_only_client(DecidedBy::of(task, priced.is_some()))
    } else {
        let gained = metric.federated.zip(metric.alone).map(|(federated, alone)| task.headline().worse.gained(federated, alone));
        let stream = plan.streams.stream(Purpose::Bootstrap, 0, client);
        Gain::of(task, &Pair { alone: view(0), federated: view(1) }, gained, priced.as_ref(), stream)
    };
    let positives = |labels: Labels<'_>| match labels {
        Labels::Binary(labels) => labels.iter().filter(|&&label| label).count(),
        _ => 0,
    };
    let participant = Participant {
        client,
        examples: y.len(),
        positives: positives(y),
        held_out: held_out.map_or(0, |held_out| held_out.len()),
        held_out_positives: held_out.map_or(0, positives),
        measured_on: MeasuredOn::of(federation),
        metric,
        cost: ByModel { alone: cost(0), federated: cost(1), centralized: cost(2) },
        gain,
        rank: None,
        others_lose: None,
    };
    Ok((values(plan, prepared, &alone.test_scores), participant))
}

/// Ranks the clients by what they gain.
pub(super) fn rank(participants: &mut [Participant]) {
    let mut gains: Vec<f64> = participants.iter().filter_map(|participant| participant.gain.value).collect();
    gains.sort_unstable_by(|a, b| b.total_cmp(a));
    for participant in participants {
        participant.rank = participant.gain.value.map(|gain| 1 + gains.partition_point(|&other| other > gain));
    }
}

/// The mean of each figure over seeds, and the gain over them; of the same clients under each. Counts are the first seed's.
pub(super) fn over_seeds(participants: &[&[Participant]]) -> Vec<Participant> {
    let same = |client: usize| -> Option<Vec<&Participant>> {
        participants.iter().map(|participants| participants.iter().find(|participant| participant.client == client)).collect()
    };
    let mut means: Vec<Participant> =
        participants[0].iter().map(|first| same(first.client).map_or_else(|| first.clone(), |same| mean(&same))).collect();
    rank(&mut means);
    means
}

fn mean(participants: &[&Participant]) -> Participant {
    let over = |value: &dyn Fn(&Participant) -> Option<f64>| -> Option<f64> {
        let values: Option<Vec<f64>> = participants.iter().map(|participant| value(participant)).collect();
        values.map(|values| values.iter().sum::<f64>() / values.len() as f64)
    };
    let by_model = |of: fn(&Participant) -> &ByModel| ByModel {
        alone: over(&|participant| of(participant).alone),
        federated: over(&|participant| of(participant).federated),
        centralized: over(&|participant| of(participant).centralized),
    };
    let gains: Vec<Gain> = participants.iter().map(|participant| participant.gain).collect();
    Participant {
        metric: by_model(|participant| &participant.metric),
        cost: by_model(|participant| &participant.cost),
        gain: Gain::over_seeds(&gains),
        ..participants[0].clone()
    }
}

#[cfg(test)]
mod tests {
    use super::super::gain::{Reason, Verdict};
    use super::*;

    fn participant(client: usize, value: Option<f64>) -> Participant {
        let verdict = value.map_or(Verdict::CantTell(Reason::OneClass), |_| Verdict::Gains);
        Participant {
            client,
            examples: 1,
            positives: 0,
            held_out: 0,
            held_out_positives: 0,
            measured_on: MeasuredOn::Test,
            metric: ByModel { alone: value, ..ByModel::default() },
            cost: ByModel::default(),
            gain: Gain { decided_by: DecidedBy::Auc, value, interval: None, source: None, verdict },
            rank: None,
            others_lose: None,
        }
    }

    #[test]
    fn equal_gains_share_the_smaller_rank_and_an_unknown_one_has_none() {
        let mut participants = [Some(0.25), None, Some(0.5), Some(0.25), Some(-1.0)].map(|gain| participant(0, gain));
        rank(&mut participants);
        assert_eq!(participants.map(|participant| participant.rank), [Some(2), None, Some(1), Some(2), Some(4)]);
    }

    #[test]
    fn over_seeds_a_client_is_the_mean_of_what_it_was_under_each() {
        let (first, second) =
            ([participant(0, Some(0.25)), participant(2, Some(0.5))], [participant(0, Some(0.75)), participant(1, Some(1.0))]);
        let means = over_seeds(&[&first, &second]);
        assert_eq!((means[0].gain.value, means[0].metric.alone, means[0].rank), (Some(0.5), Some(0.5), Some(1)));
        // The second seed knows no client 2: it stays as the first has it.
        assert_eq!((means[1].gain.value, means[1].client), (Some(0.5), 2));
    }
}
