//! The clients' rows, read, dealt and preprocessed, through secure aggregation where the plan has it.

use super::learner::learner;
use super::prepared::Prepared;
use super::secure::{SecureStatistics, SecureSums, SecureTerms};
use super::start::parameters;
use super::variation::Variation;
use crate::data::preprocess::{self, COUNT_BITS, Exchange, InTheClear, Question};
use crate::data::{self, Federation, Loaded};
use crate::diag::{Error, Problem};
use crate::learners::newton::PARAMETERS_MAX;
use crate::numeric::reduce;
use crate::scenario::{Aggregation, Plan};
use crate::training::{ClassWeight, RowWeights, Solver, balanced};

/// Reads, deals and preprocesses the data that the plan names.
///
/// # Errors
/// The user's mistakes in the data.
pub fn prepare(plan: &Plan) -> Result<Prepared, Error> {
    let loaded = data::load(&plan.data, &plan.streams).map_err(|error| plan.locate(error))?;
    match &plan.aggregation {
        Aggregation::Clear(_) => prepare_through(plan, loaded, &InTheClear),
        Aggregation::Secure(spec) => {
            let exchange = SecureStatistics::new(plan, spec, loaded.sha256());
            let prepared = prepare_through(plan, loaded, &exchange)?;
            // Sums that don't fit are refused before anything is written.
            SecureSums::new(plan, spec, &prepared.federation, &learner(plan, &prepared).form(), Variation::AsPlanned)?;
            Ok(Prepared { statistics: exchange.into_records(), ..prepared })
        }
    }
}

fn prepare_through(plan: &Plan, loaded: Loaded, exchange: &dyn Exchange) -> Result<Prepared, Error> {
    let federation = data::prepare(&plan.data, loaded, exchange).map_err(|error| plan.locate(error))?;
    plan.check_clients(&federation)?;
    let weights = match plan.hyper.class_weight {
        // Only this rule needs to know how many rows of each class there are; a server learns that of all rows.
        ClassWeight::Balanced => {
            let train = &federation.all_rows("class_weight = \"balanced\"")?.train;
            let counts = (0..train.ranges.len()).map(|client| class_counts(train.client(client).1).to_vec());
            let totals = exchange.sum(&Question::plain("classes"), COUNT_BITS, &counts.collect::<Vec<_>>())?;
            balanced(&[totals[0] as f64, totals[1] as f64])
        }
        ClassWeight::None => RowWeights { negative: 1.0, positive: 1.0 },
        ClassWeight::Positive(positive) => RowWeights { negative: 1.0, positive },
    };
    let reach = match plan.hyper.solver {
        Solver::Sgd => Vec::new(),
        Solver::Newton { .. } => feature_reach(plan, &federation, exchange)?,
    };
    Ok(Prepared { federation, weights, reach, statistics: Vec::new() })
}

/// For each feature a power of two that no training cell's magnitude reaches.
fn feature_reach(plan: &Plan, federation: &Federation, exchange: &dyn Exchange) -> Result<Vec<i32>, Error> {
    let params = parameters(plan, &federation.transform.names()).len();
    if params > PARAMETERS_MAX {
        let message = format!("Newton's method adds the products of all features with each other, and {params} parameters are too many");
        let problem =
            Problem::about("training.kind", message).help(format!("drop columns until there are {PARAMETERS_MAX}, or use kind = \"sgd\""));
        return Err(plan.locate(problem.into()));
    }
    let train = &federation.all_rows("training.kind = \"newton\"")?.train;
    let clients: Vec<usize> = (0..train.ranges.len()).collect();
    let greatest = reduce::map(&clients, |&client| {
        let (x, _) = train.client(client);
        let (mut cells, mut greatest) = (vec![0.0; x.features()], vec![0.0_f64; x.features()]);
        for row in 0..x.len() {
            x.copy_row(row, &mut cells);
            greatest.iter_mut().zip(&cells).for_each(|(greatest, cell)| *greatest = greatest.max(cell.abs()));
        }
        greatest
    });
    preprocess::reach(&greatest, exchange)
}

/// Rows of label 0 and of label 1.
fn class_counts(labels: &[bool]) -> [i128; 2] {
    let positives = labels.iter().filter(|&&label| label).count() as i128;
    [labels.len() as i128 - positives, positives]
}

/// What a secure sum of the updates of so many clients is under this plan; `None` if there is none, or not of so many.
pub(crate) fn secure_terms(plan: &Plan, prepared: &Prepared, clients: usize) -> Option<SecureTerms> {
    let Aggregation::Secure(spec) = &plan.aggregation else { return None };
    let least = plan.faults.min_clients.max(2);
    if !(least..=plan.cohort.largest(prepared.federation.active_count())).contains(&clients) {
        return None;
    }
    let form = learner(plan, prepared).form();
    Some(SecureSums::new(plan, spec, &prepared.federation, &form, Variation::AsPlanned).ok()?.terms(clients))
}
