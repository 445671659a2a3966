//! Boosting by whole trees of single clients, as a comparison and a warning: every client of a round grows the next tree from its own
//! rows' sums alone, and the server takes all these trees (bagging), or the only one where clients have their turns (cyclic).
//!
//! So do Flower's and NVFlare's examples for XGBoost. Of K trees that were grown from the same margins each counts a K-th, as in NVFlare's
//! uniform mode, in Flower's with a scaled learning rate, and of XGBoost's own `num_parallel_tree`. Cuts are the federation's here, where
//! those programs' clients sketch their own: what these trees give away is less than what those do.

use super::Boosted;
use crate::diag::Problem;
use crate::form::{Answer, Form, Lost, State, Sum, Values};
use crate::learners::{Client, Learner};
use crate::models::boosting::{Forest, numbers_max};
use crate::numeric::Params;
use crate::numeric::rng::Purpose;

/// Boosting by single clients' trees.
#[derive(Debug)]
pub struct Single<'a>(pub Boosted<'a>);

impl Single<'_> {
    /// The trees of an answer.
    fn read(&self, answer: &Params) -> Forest {
        let numbers = [self.0.ground.base.as_slice(), answer.as_slice()].concat();
        Forest::of(&numbers, self.0.outputs(), self.0.ground.cuts.features())
    }
}

impl Learner for Single<'_> {
    /// A server sees every client's trees: of each leaf the sum of its rows' second derivatives, and by its value that of the first ones.
    /// Of the first tree, before which all rows are alike, these are how many rows of the client the leaf holds, and how many of each
    /// class; the cuts on the way to it say what these rows are like.
    fn forms(&self) -> Vec<Form> {
        vec![Form::apart("trees", numbers_max(self.0.outputs(), self.0.growth.depth))]
    }

    fn start(&self, params: Params) -> State {
        self.0.start(params)
    }

    fn answer(&self, state: &State, _: usize, me: Client<'_>) -> Result<Answer, Lost> {
        let Client { round, number, rows, stream, .. } = me;
        let (mut own, mut phase, mut stream) = (state.clone(), 0, Some(stream));
        while self.0.next(&own, phase).is_some() {
            // Rows are drawn with the first sum; the others only look at them.
            let stream = stream.take().unwrap_or_else(|| self.0.streams.stream(Purpose::Shuffle, round, number));
            let answer = self.0.answer(&own, phase, Client { round, number, rows, memory: None, stream })?;
            let Values::Total(numbers) = answer.values else { unreachable!("trees grow from sums") };
            own = self.0.learn(own, phase, &Sum::Total(&numbers)).unwrap_or_else(|_| unreachable!("trees grow from any sums"));
            phase += 1;
        }
        let trees = own.params().as_slice()[state.params().len()..].to_vec();
        Ok(Answer { values: Values::Apart(trees.into()), memory: None })
    }

    fn learn(&self, state: State, _: usize, sum: &Sum<'_>) -> Result<State, Problem> {
        let Sum::Apart(answers) = sum else { unreachable!("the form asks for answers apart") };
        let mut params = state.into_params().into_vec();
        for answer in *answers {
            for mut tree in self.read(answer).trees {
                tree.nodes.iter_mut().for_each(|node| node.value = f64::from(node.value as f32 / answers.len() as f32));
                tree.write(&mut params);
            }
        }
        Ok(State::of(params.into()))
    }

    fn check(&self, params: &[f64], start: &State) -> Result<(), String> {
        self.0.check(params, start)
    }

    fn distance(&self, before: &State, after: &State) -> f64 {
        self.0.distance(before, after)
    }
}
