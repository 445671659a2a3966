//! `fedsim schema`: what a scenario may hold, for editors.

use clap::Args;

use super::streams::print;
use crate::diag::Error;
use crate::scenario;

/// Print the JSON Schema of scenarios, with which editors complete and check them
#[derive(Args, Debug)]
#[command(after_help = "Example: fedsim schema > fedsim.schema.json, and #:schema ./fedsim.schema.json as a scenario's first line")]
pub struct Schema {}

impl Schema {
    #[expect(clippy::unused_self, reason = "every subcommand is called alike")]
    pub(super) fn execute(&self) -> Result<(), Error> {
        print(&scenario::schema())
    }
}
