//! A scorecard by sums: before the first round clients count, bin by bin, their rows of each class, and the server merges pre-bins; in the
//! rounds it finds the weights by Newton's method on the bins' weights of evidence, which each client looks up for its own rows.
//! Both are sums of whole numbers, so that any deal of the rows, in the clear and under masks, ends at the same scorecard to the bit.

mod binned;
mod merging;

pub use binned::{Bin, Binned, BinnedColumn, Kind, PreColumn};
pub use merging::{Counts, Least, Merged, merge};

use super::newton::Coefficient;
use super::{Client, Learner, Newton};
use crate::diag::Problem;
use crate::form::{Answer, Form, Lost, State, Sum};
use crate::models::scorecard::Card;
use crate::numeric::Params;
use crate::numeric::rows::{Matrix, Storage};
use crate::training::LocalRows;

/// A scorecard's regression.
#[derive(Debug)]
pub struct Carded<'a> {
    /// Of the weights of evidence.
    pub newton: Newton<'a>,
    /// The bins.
    pub card: Card,
}

impl Carded<'_> {
    /// The regression's own state: its model is the weights and the intercept.
    fn linear(&self, state: State) -> State {
        let card = self.read(&state);
        state.with_params(card.linear().into())
    }

    /// The state of the whole scorecard.
    fn whole(&self, linear: State) -> State {
        let card = self.card.clone().with_linear(linear.params().as_slice());
        linear.with_params(card.to_params().into())
    }

    /// The card of a state, whose bins are this one's.
    fn read(&self, state: &State) -> Card {
        Card::of(state.params().as_slice(), self.features())
    }

    fn features(&self) -> usize {
        self.card.columns.iter().map(|column| column.lookup.features()).sum()
    }

    /// The table of the weights; as [`Newton::coefficients`].
    pub fn coefficients(&self, state: &State) -> Option<Vec<Coefficient>> {
        self.newton.coefficients(&self.linear(state.clone()))
    }
}

impl Learner for Carded<'_> {
    /// What Newton's method shows, of the rows' weights of evidence.
    fn forms(&self) -> Vec<Form> {
        self.newton.forms()
    }

    fn start(&self, _: Params) -> State {
        self.whole(self.newton.start(Params::zeros(self.newton.names.len())))
    }

    fn answer(&self, state: &State, phase: usize, me: Client<'_>) -> Result<Answer, Lost> {
        let shape = (me.rows.x.len(), self.newton.names.len() - 1);
        let evidence = Matrix::build(shape, Storage::Double, |row, out| self.card.evidence(&me.rows.x.row(row), out));
        let rows = LocalRows { x: evidence.rows(), ..me.rows };
        self.newton.answer(&self.linear(state.clone()), phase, Client { rows, ..me })
    }

    fn learn(&self, state: State, phase: usize, sum: &Sum<'_>) -> Result<State, Problem> {
        self.newton.learn(self.linear(state), phase, sum).map(|linear| self.whole(linear))
    }

    fn check(&self, params: &[f64], start: &State) -> Result<(), String> {
        let [found, wanted] = [params, start.params().as_slice()].map(|params| Card::read(params, self.features()));
        let (found, wanted) = (found.map_err(str::to_owned)?, wanted.map_err(str::to_owned)?);
        let bare = found.clone().with_linear(&wanted.linear());
        if bare == wanted { Ok(()) } else { Err("other bins than those of the rows".to_owned()) }
    }

    fn is_settled(&self, state: &State) -> bool {
        self.newton.is_settled(state)
    }
}
