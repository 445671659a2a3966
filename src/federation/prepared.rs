//! The clients' rows, read, dealt and preprocessed, through secure aggregation where the plan has it.

use super::record::SecureRecord;
use super::secure::{SecureStatistics, SecureTerms, SecureUpdates};
use super::start::parameters;
use super::variation::Variation;
use crate::data::preprocess::{COUNT_BITS, Exchange, InTheClear, Question};
use crate::data::{self, Federation, Loaded};
use crate::diag::Error;
use crate::scenario::{Aggregation, Plan};
use crate::training::{ClassWeight, RowWeights, balanced};

/// The clients' rows, and what it took to prepare them.
#[derive(Debug)]
pub struct Prepared {
    /// The clients' rows.
    pub federation: Federation,
    /// What a row weighs in training.
    pub weights: RowWeights,
    /// The sums of statistics, in their order, where they went through secure aggregation.
    pub statistics: Vec<SecureRecord>,
}

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
            let params = parameters(plan, &prepared.federation.transform.names()).len();
            SecureUpdates::new(plan, spec, &prepared.federation, params, Variation::AsPlanned)?;
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
    Ok(Prepared { federation, weights, statistics: Vec::new() })
}

/// Rows of label 0 and of label 1.
fn class_counts(labels: &[bool]) -> [i128; 2] {
    let positives = labels.iter().filter(|&&label| label).count() as i128;
    [labels.len() as i128 - positives, positives]
}

/// What a secure sum of the updates of so many clients is under this plan; `None` if there is none, or not of so many.
pub(crate) fn secure_terms(plan: &Plan, prepared: &Prepared, clients: usize) -> Option<SecureTerms> {
    let Aggregation::Secure(spec) = &plan.aggregation else { return None };
    let params = parameters(plan, &prepared.federation.transform.names()).len();
    let least = plan.faults.min_clients.max(2);
    if !(least..=plan.cohort.largest(prepared.federation.active_count())).contains(&clients) {
        return None;
    }
    Some(SecureUpdates::new(plan, spec, &prepared.federation, params, Variation::AsPlanned).ok()?.terms(clients, params))
}
