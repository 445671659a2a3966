//! SCAFFOLD: Karimireddy et al., "SCAFFOLD: Stochastic Controlled Averaging for Federated Learning", ICML 2020
//! (<https://arxiv.org/abs/1910.06378>), Algorithm 1 with option II of its line 12.
//!
//! A control variate tells where a client's rows pull the model, and one of the server's where all rows do; a client's steps
//! are corrected by the difference. Every client weighs alike, as in the paper.

use super::{Local, Parts, Report, Strategy};
use crate::form::{Mean, PARAMS, State};
use crate::numeric::Params;
use crate::numeric::linalg::add_scaled;
use crate::registry::Entry;
use crate::settings::{POSITIVE, Table};
use crate::training::{Correction, Trained};

/// y <- y - eta (g + c - c_k); after K steps c_k <- c_k - c + (w - y) / (K eta); w <- w + learning_rate * mean delta; and c moves
/// by the sum of what the c_k moved by, over all clients.
#[derive(Clone, Copy, Debug)]
pub struct Scaffold {
    learning_rate: f64,
}

/// The server's control variate.
const CONTROL: &str = "control";

impl Scaffold {
    pub(super) const ENTRY: Entry = Entry {
        kind: "scaffold",
        summary: "corrects each client's steps by where its rows pull and where all rows do",
        paper: "Karimireddy et al., ICML 2020",
        example: "learning_rate = 1.0",
        argument: None,
    };

    pub(super) fn read(table: &mut Table) -> Self {
        Self { learning_rate: table.number("learning_rate", 1.0, POSITIVE) }
    }
}

impl Strategy for Scaffold {
    fn parts(&self) -> Parts {
        Parts { sent: &["control_delta"], received: &[CONTROL], is_even: true, is_remembered: true }
    }

    fn wants_plain_steps(&self) -> bool {
        true
    }

    fn start(&self, params: Params) -> State {
        let len = params.len();
        State::of(params).with(CONTROL, Params::zeros(len))
    }

    fn correction<'a>(&self, local: &Local<'a>) -> Correction<'a> {
        let mut correction = local.state.block(CONTROL).to_vec();
        if let Some(own) = local.memory {
            add_scaled(&mut correction, -1.0, own.as_slice());
        }
        Correction::Constant(correction)
    }

    fn report(&self, trained: &Trained, local: &Local<'_>) -> Report {
        // What a client without a step would learn of its rows is nothing.
        let scale = if trained.steps == 0 { 0.0 } else { -1.0 / (trained.steps as f64 * local.learning_rate) };
        let control = local.state.block(CONTROL);
        let moved: Vec<f64> = control.iter().zip(trained.delta.as_slice()).map(|(c, delta)| scale * delta - c).collect();
        let mut own = local.memory.cloned().unwrap_or_else(|| Params::zeros(moved.len()));
        add_scaled(own.as_mut_slice(), 1.0, &moved);
        Report { sent: moved, memory: Some(own) }
    }

    fn step(&self, mut state: State, mean: &Mean<'_>) -> State {
        let [params, control] = state.blocks_mut([PARAMS, CONTROL]);
        add_scaled(params, self.learning_rate, mean.part(0, 2));
        add_scaled(control, mean.answers as f64 / mean.clients as f64, mean.part(1, 2));
        state
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand, of two clients among four that have moved by 1 and 3 in two steps of 0.5: their gradients were -1 and -3 on
    /// average, which is what they keep; the server's control moves by their sum over four.
    #[test]
    fn a_control_is_the_mean_gradient_and_the_servers_that_over_all_clients() {
        let scaffold = Scaffold { learning_rate: 1.0 };
        let state = scaffold.start(vec![0.0].into());
        let local = Local { state: &state, memory: None, learning_rate: 0.5 };
        let reports = [1.0, 3.0].map(|delta| scaffold.report(&Trained { delta: vec![delta].into(), steps: 2 }, &local));
        assert_eq!(reports.each_ref().map(|report| report.memory.clone().expect("it keeps one")), [vec![-1.0].into(), vec![-3.0].into()]);
        let mean = [2.0, (reports[0].sent[0] + reports[1].sent[0]) / 2.0];
        let state = scaffold.step(state, &Mean { values: &mean, answers: 2, clients: 4 });
        assert_eq!((state.params().as_slice(), state.block(CONTROL)), ([2.0].as_slice(), [-1.0].as_slice()));
        // The next time, the first is corrected by c - c_1.
        let local = Local { state: &state, memory: reports[0].memory.as_ref(), learning_rate: 0.5 };
        assert_eq!(scaffold.correction(&local), Correction::Constant(vec![0.0]));
        let local = Local { memory: reports[1].memory.as_ref(), ..local };
        assert_eq!(scaffold.correction(&local), Correction::Constant(vec![2.0]));
    }
}
