//! How likely a round is to be aborted for want of clients, by what the scenario's faults say.

use super::aggregation::Aggregation;
use super::plan::Plan;
use crate::data::Federation;
use crate::diag::Problem;
use crate::faults::Faults;
use crate::numeric::binomial::chance_below;
use crate::stage::Stage;

/// Rounds that are aborted more often than this are warned of.
const CHANCE_MAX: f64 = 0.1;

/// What a round needs, and what it will have.
#[derive(Clone, Copy, Debug)]
struct Need {
    /// Clients that must answer, of so many that are asked.
    clients: usize,
    asked: usize,
    /// The probability that one answers.
    answers: f64,
    key: &'static str,
}

impl Need {
    fn chance_of_abort(&self) -> f64 {
        chance_below(self.clients, self.asked, self.answers)
    }
}

impl Plan {
    /// What the user should know of before a run among these clients.
    pub fn warnings_for(&self, federation: &Federation) -> Vec<Problem> {
        warnings(self, federation.active_count()).into_iter().map(|warning| warning.located(|key| self.place(key))).collect()
    }
}

/// The warnings that so many clients, of whom cohorts are drawn, give reason for.
fn warnings(plan: &Plan, clients: usize) -> Vec<Problem> {
    let mut warnings: Vec<Problem> = needs(plan, clients).into_iter().filter_map(unlikely).take(1).collect();
    if let Aggregation::Secure(spec) = &plan.aggregation
        && let Some(most) = spec.dropout_max()
        && plan.faults.chance_of_dropout(&Stage::ALL) > most
    {
        let share = plan.faults.chance_of_dropout(&Stage::ALL);
        let message = format!("clients drop out with a probability of {share:.2}, more than the {most} that neighbours are found for");
        let help = format!("set aggregation.max_dropout = {share:.2} or above, or lower faults.dropout");
        warnings.push(Problem::about("faults.dropout", message).help(help));
    }
    warnings.into_iter().map(Problem::as_warning).collect()
}

fn needs(plan: &Plan, clients: usize) -> Vec<Need> {
    let (drawn, chosen) = plan.cohort.draws(clients);
    let answering = |stages: &[Stage]| chosen * (1.0 - plan.faults.chance_of_dropout(stages));
    let Faults { min_clients, .. } = plan.faults;
    let before_input = [Stage::Advertise, Stage::Share, Stage::MaskedInput];
    let mut needs = vec![Need { clients: min_clients, asked: drawn, answers: answering(&before_input), key: "faults.min_clients" }];
    if let Aggregation::Secure(spec) = &plan.aggregation {
        // Who is left at the end was there all along. A drawn cohort's size differs from round to round: the threshold is that of
        // its mean.
        let size = (drawn as f64 * chosen).round() as usize;
        if let Some(threshold) = spec.threshold_of_all(size) {
            needs.insert(0, Need { clients: threshold, asked: drawn, answers: answering(&Stage::ALL), key: "aggregation.threshold" });
        }
    }
    needs
}

fn unlikely(need: Need) -> Option<Problem> {
    let chance = need.chance_of_abort();
    let Need { clients, asked, answers, key } = need;
    let message = format!(
        "a round is aborted with a probability of {}: it needs {clients} of {asked} clients, each of whom answers with a probability of {answers:.2}",
        percent(chance)
    );
    let help = format!("lower {key}, lower faults.dropout, or take more clients; aborted rounds leave the model as it is");
    (chance > CHANCE_MAX).then(|| Problem::about(key, message).help(help))
}

fn percent(chance: f64) -> String {
    if chance > 0.999 { "nearly 1".to_owned() } else { format!("{chance:.2}") }
}
