//! `[aggregation]`: in the clear, by any rule; or securely, where only a mean can be had.

use crate::aggregators::{self, Aggregator};
use crate::registry::{Entry, Family};
use crate::secagg;
use crate::secagg::settings::SecAggSpec;
use crate::settings::Table;

/// How the clients' updates become one. A rule that looks at single updates can't be asked for under secure aggregation.
#[derive(Debug)]
pub enum Aggregation {
    /// The server sees every update.
    Clear(Box<dyn Aggregator>),
    /// The server sees their sum.
    Secure(SecAggSpec),
}

const CLEAR: &[Entry] = aggregators::CATALOGUE.kinds;

const KINDS: [Entry; CLEAR.len() + 1] = {
    let mut kinds = [secagg::ENTRY; CLEAR.len() + 1];
    let mut at = 0;
    while at < CLEAR.len() {
        kinds[at] = CLEAR[at];
        at += 1;
    }
    kinds
};

/// The kinds of `[aggregation]`; the first is the default.
pub const AGGREGATIONS: Family = Family { kinds: &KINDS, ..aggregators::CATALOGUE };

impl Aggregation {
    /// Reads `[aggregation]`.
    pub(super) fn read(table: &mut Table) -> Self {
        let kind = AGGREGATIONS.kind_of(table);
        if kind == secagg::ENTRY.kind { Self::Secure(SecAggSpec::read(table)) } else { Self::Clear(aggregators::build(kind, table)) }
    }
}
