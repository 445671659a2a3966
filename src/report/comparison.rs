//! What a comparison with the baselines leaves behind: its tables.

use super::opener::given;
use super::tables::whole;
use crate::data::Federation;
use crate::diag::Error;
use crate::federation::baseline::{Baselines, Point, Row, Trial};
use crate::logs::{When, baseline_log, baseline_seeds, baseline_vs_fl, join};
use crate::runs::{ComparisonTerms, OutputFile, Workspace};
use crate::scenario::Plan;

/// All that a comparison found.
#[derive(Debug)]
pub struct Comparison<'a> {
    /// The scenario.
    pub plan: &'a Plan,
    /// The first seed's clients.
    pub federation: &'a Federation,
    /// What the comparison was asked for.
    pub terms: &'a ComparisonTerms,
    /// Each metric over all seeds.
    pub rows: &'a [Row],
    /// Each seed's figures, the scenario's own first.
    pub trials: &'a [Trial],
    /// The names of those figures.
    pub names: &'a [&'static str],
    /// What the first seed's run found.
    pub found: &'a Baselines,
    /// The federation of the first seed, where it was measured.
    pub federated: &'a [Point],
    /// Rows trained on.
    pub train_rows: usize,
    /// Row visits of the first seed's federation.
    pub visits: u64,
}

impl Comparison<'_> {
    /// The tables.
    pub(super) fn files(&self, workspace: &Workspace) -> Result<Vec<OutputFile>, Error> {
        let mut given = given(self.plan, self.federation);
        given.extend(self.found.is_left_out.then_some(When::LeftOut));
        let participants =
            self.found.participants.iter().map(|participant| join::row(participant, self.federation.name(participant.client), &given));
        let rows = self.rows.iter().map(|row| baseline_vs_fl::row(row, self.trials.len()));
        let mut files = vec![
            whole(workspace, &baseline_log::LOG, &given, self.courses())?,
            whole(workspace, &baseline_vs_fl::LOG, &given, rows)?,
            whole(workspace, &join::LOG, &given, participants)?,
        ];
        if self.trials.len() > 1 {
            let rows = self.trials.iter().flat_map(|trial| baseline_seeds::rows(self.names, trial));
            files.push(whole(workspace, &baseline_seeds::LOG, &given, rows)?);
        }
        Ok(files)
    }

    /// Every model where it was measured.
    fn courses(&self) -> Vec<Vec<String>> {
        let passes = |visits: u64| visits as f64 / self.train_rows as f64;
        let measured = [("centralized", self.found.centralized.as_slice()), ("federated", self.federated)];
        let courses = measured.into_iter().flat_map(|(model, points)| points.iter().map(move |point| (model, point)));
        let courses = courses.map(|(model, point)| baseline_log::row(model, passes(point.visits), point.metrics.values().iter().copied()));
        let local = &self.found.trial.local;
        // What decisions cost is no metric on the way.
        let metrics = self.plan.model.task().metrics().len();
        let alone = [("local_mean", &local.mean), ("local_worst", &local.worst), ("local_best", &local.best)];
        let alone =
            alone.into_iter().map(|(model, values)| baseline_log::row(model, passes(self.visits), values[..metrics].iter().copied()));
        courses.chain(alone).collect()
    }
}
