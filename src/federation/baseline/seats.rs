//! "Should my bank join?": each client's model trained alone beside the federation's and the centralised one, on rows of its
//! own where it holds some out.

use std::borrow::Cow;

use super::visitor::Visitor;
use super::{Watch, sound_scores, values};
use crate::data::Federation;
use crate::diag::Error;
use crate::federation::{Prepared, score, start};
use crate::metrics::Ranking;
use crate::numeric::{Params, reduce};
use crate::scenario::Plan;
use crate::task::Task;
use crate::training::{Descent, LocalRows};

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

/// What a client has of its seat at the table.
#[derive(Clone, Debug)]
pub struct Seat {
    /// Which client, from 0.
    pub client: usize,
    /// Its training rows.
    pub examples: usize,
    /// Those of label 1.
    pub positives: usize,
    /// The rows that it holds out.
    pub held_out: usize,
    /// AUC; `None` where a class is missing.
    pub auc: ByModel,
    /// What a row costs at the threshold that costs least on the client's training rows; `None` without prices.
    pub cost: ByModel,
    /// The federation's AUC less that of the client alone.
    pub gain: Option<f64>,
    /// 1 for the largest gain; equal gains share the smaller rank.
    pub rank: Option<usize>,
    /// What the others lose of their AUC on average if it leaves; `None` if nobody asked.
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

/// The clients' models on the test rows, metric by metric.
pub(super) struct Local {
    pub mean: Vec<Option<f64>>,
    pub worst: Vec<Option<f64>>,
}

impl MeasuredOn {
    /// Its own rows where any client holds some out.
    pub fn of(federation: &Federation) -> Self {
        if federation.held_out().is_some() { Self::Own } else { Self::Test }
    }
}

/// One model's AUC on the rows that each client looks at.
pub(super) enum Aucs {
    Common(Option<f64>),
    Own(Vec<Option<f64>>),
}

impl Aucs {
    /// Of a model whose scores of the test rows are `test_scores`.
    pub(super) fn of(plan: &Plan, federation: &Federation, params: &Params, test_scores: &[f64]) -> Self {
        match federation.held_out() {
            None => Self::Common(auc(&federation.test.y, test_scores)),
            Some(held_out) => {
                let clients: Vec<usize> = (0..federation.client_count()).collect();
                Self::Own(reduce::map(&clients, |&client| {
                    let (x, y) = held_out.client(client);
                    auc(y, &score(plan.model.as_ref(), params, x))
                }))
            }
        }
    }

    pub(super) fn for_client(&self, client: usize) -> Option<f64> {
        match self {
            Self::Common(auc) => *auc,
            Self::Own(aucs) => aucs[client],
        }
    }
}

fn auc(labels: &[bool], scores: &[f64]) -> Option<f64> {
    Ranking::of(labels, scores).map(|ranking| ranking.auc)
}

/// Trains every client alone, each for as many passes over its rows as all `visits` make over all rows, and measures it.
pub(super) fn train(
    plan: &Plan,
    prepared: &Prepared,
    models: &Models<'_>,
    visits: u64,
    watch: &Watch<'_>,
) -> Result<(Local, Vec<Seat>), Error> {
    let federation = &prepared.federation;
    let shared = [
        Shared::new(plan, prepared, models.federated, "the federation's model")?,
        Shared::new(plan, prepared, models.centralized, "the centralised model")?,
    ];
    // Who has no rows has nothing to train on.
    let clients: Vec<usize> = (0..federation.active_count()).map(|place| federation.active(place)).collect();
    let mut seats = Vec::with_capacity(clients.len());
    let task = Task::begin("training each client alone", clients.len() as u64);
    let mut summary: Option<Local> = None;
    for alone in reduce::map_ahead(&clients, 1 << 10, |&client| train_alone(plan, prepared, visits, client, &shared)) {
        watch.check()?;
        task.advance(1);
        let (values, seat) = alone?;
        match &mut summary {
            None => summary = Some(Local { mean: values.clone(), worst: values }),
            Some(summary) => summary.add(plan, &values),
        }
        seats.push(seat);
    }
    let mut local = summary.expect("a federation has a client");
    local.mean.iter_mut().flatten().for_each(|sum| *sum /= clients.len() as f64);
    rank(&mut seats);
    Ok((local, seats))
}

impl Local {
    fn add(&mut self, plan: &Plan, values: &[Option<f64>]) {
        let names = super::metric_names(plan);
        for (((sum, worst), value), name) in self.mean.iter_mut().zip(&mut self.worst).zip(values).zip(names) {
            *sum = sum.zip(*value).map(|(sum, value)| sum + value);
            *worst = worst.zip(*value).map(|(worst, value)| if is_bad(name) { worst.max(value) } else { worst.min(value) });
        }
    }
}

/// Whether more of this metric is worse.
fn is_bad(metric: &str) -> bool {
    ["loss", "brier", "ece", "cost"].contains(&metric)
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
    fn scores_for(&self, plan: &Plan, federation: &Federation, client: usize) -> Cow<'_, [f64]> {
        match federation.held_out() {
            None => Cow::Borrowed(&self.test_scores),
            Some(held_out) => Cow::Owned(score(plan.model.as_ref(), self.params, held_out.client(client).0)),
        }
    }
}

/// A model that all clients are given, and its AUC for each.
struct Shared<'a> {
    scored: Scored<'a>,
    aucs: Aucs,
}

impl<'a> Shared<'a> {
    fn new(plan: &Plan, prepared: &Prepared, params: &'a Params, who: &str) -> Result<Self, Error> {
        let scored = Scored::new(plan, prepared, params, who)?;
        let aucs = Aucs::of(plan, &prepared.federation, params, &scored.test_scores);
        Ok(Self { scored, aucs })
    }
}

type Alone = (Vec<Option<f64>>, Seat);

fn train_alone(plan: &Plan, prepared: &Prepared, visits: u64, client: usize, shared: &[Shared<'_>; 2]) -> Result<Alone, Error> {
    let federation = &prepared.federation;
    let pooled = &federation.all_rows("training each client alone")?.train;
    let (x, y) = pooled.client(client);
    let rows = LocalRows { x, y, weights: prepared.weights };
    let descent = Descent::new(plan.model.as_ref(), start(plan, federation), rows, &plan.hyper);
    // The federation's passes over all rows, over this client's.
    let target = (u128::from(visits) * y.len() as u128).div_ceil(pooled.rows.y.len() as u128);
    let mut visitor = Visitor::new(descent, &plan.streams, client + 1);
    visitor.advance(u64::try_from(target).expect("no more than all visits"), &|| Ok(()))?;
    let params = visitor.into_params();
    let alone = Scored::new(plan, prepared, &params, &format!("{} alone", federation.called(client)))?;
    let held_out = federation.held_out().map(|held_out| held_out.client(client).1);
    let labels = held_out.unwrap_or(&federation.test.y);
    let cost = |model: &Scored<'_>| {
        let costs = plan.evaluation.cost.filter(|_| !labels.is_empty())?;
        let threshold = costs.best_threshold(y, &score(plan.model.as_ref(), model.params, x));
        Some(costs.per_row(labels, &model.scores_for(plan, federation, client), threshold))
    };
    let own = auc(labels, &alone.scores_for(plan, federation, client));
    let [federated, centralized] = shared.each_ref().map(|model| model.aucs.for_client(client));
    let seat = Seat {
        client,
        examples: y.len(),
        positives: y.iter().filter(|&&label| label).count(),
        held_out: held_out.map_or(0, <[bool]>::len),
        auc: ByModel { alone: own, federated, centralized },
        cost: ByModel { alone: cost(&alone), federated: cost(&shared[0].scored), centralized: cost(&shared[1].scored) },
        gain: federated.zip(own).map(|(federated, alone)| federated - alone),
        rank: None,
        others_lose: None,
    };
    Ok((values(plan, &federation.test.y, &alone.test_scores), seat))
}

fn rank(seats: &mut [Seat]) {
    let mut gains: Vec<f64> = seats.iter().filter_map(|seat| seat.gain).collect();
    gains.sort_unstable_by(|a, b| b.total_cmp(a));
    for seat in seats {
        seat.rank = seat.gain.map(|gain| 1 + gains.partition_point(|&other| other > gain));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_gains_share_the_smaller_rank_and_an_unknown_one_has_none() {
        let seat = |gain| Seat {
            client: 0,
            examples: 1,
            positives: 0,
            held_out: 0,
            auc: ByModel::default(),
            cost: ByModel::default(),
            gain,
            rank: None,
            others_lose: None,
        };
        let mut seats = [Some(0.25), None, Some(0.5), Some(0.25), Some(-1.0)].map(seat);
        rank(&mut seats);
        assert_eq!(seats.map(|seat| seat.rank), [Some(2), None, Some(1), Some(2), Some(4)]);
    }
}
