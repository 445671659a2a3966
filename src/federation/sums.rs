//! What a plan's sums go through: the survey before the rounds, and the rounds themselves.

use super::variation::Variation;
use crate::aggregators::FED_AVG;
use crate::data::Federation;
use crate::diag::{Error, Problems};
use crate::exchange::{Exchange, Most, Survey};
use crate::form::Form;
use crate::numeric::digest::Hash;
use crate::scenario::{Aggregation, Plan};

/// The run's name in every session: its version, its scenario with all seeds, its data, and in what it varies. A run that goes on
/// from a shorter one has another name in the rounds that it adds; sums do not depend on it, and nothing that is left does.
fn name(plan: &Plan, data: &Hash, variation: Variation) -> String {
    let (version, identity) = (env!("CARGO_PKG_VERSION"), plan.identity(data).hex());
    match variation {
        Variation::Without(client) => format!("fedsim {version} {identity} without client {client}"),
        Variation::AsPlanned | Variation::InTheClear => format!("fedsim {version} {identity}"),
    }
}

fn exchange<'a>(plan: &'a Plan, data: &Hash, variation: Variation) -> Exchange<'a> {
    match &plan.aggregation {
        _ if variation == Variation::InTheClear => Exchange::in_the_clear(&FED_AVG, &plan.streams),
        Aggregation::Clear(aggregator) => Exchange::in_the_clear(aggregator.as_ref(), &plan.streams),
        Aggregation::Secure(spec) => Exchange::secure(spec, name(plan, data, variation), &plan.streams),
    }
}

/// What the statistics of these data go through.
pub(super) fn survey<'a>(plan: &'a Plan, data: &Hash) -> Survey<'a> {
    Survey::through(exchange(plan, data, Variation::AsPlanned))
}

/// What statistics of the clients' rows go through at the run's end: under a name of its own, so that no session is another's.
pub(super) fn survey_at_end<'a>(plan: &'a Plan, data: &Hash) -> Survey<'a> {
    Survey::through(match &plan.aggregation {
        Aggregation::Clear(aggregator) => Exchange::in_the_clear(aggregator.as_ref(), &plan.streams),
        Aggregation::Secure(spec) => Exchange::secure(spec, name(plan, data, Variation::AsPlanned) + " at its end", &plan.streams),
    })
}

/// What sums of these forms go through, in rounds as planned but for `variation`.
///
/// # Errors
/// When secure aggregation can't hold them.
pub(super) fn of_rounds<'a>(plan: &'a Plan, federation: &Federation, forms: &[Form], variation: Variation) -> Result<Exchange<'a>, Error> {
    let mut exchange = exchange(plan, &federation.sha256, variation);
    let clients = plan.cohort.largest(federation.active_count());
    for form in forms {
        let weight = if form.is_even { 1 } else { federation.examples_max() as u64 };
        let opened = exchange.open(form, Most { clients, weight });
        opened.map_err(|problems| plan.locate(Problems::none_or(problems).expect_err("there are problems")))?;
    }
    Ok(exchange)
}
