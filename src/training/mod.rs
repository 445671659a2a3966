//! What a client does between receiving the model and answering: mini-batch gradient descent on its own rows.
//!
//! McMahan et al., "Communication-Efficient Learning of Deep Networks from Decentralized Data", AISTATS 2017
//! (<https://arxiv.org/abs/1602.05629>), `ClientUpdate` of Algorithm 1.

mod correction;
mod descent;
mod hyper;
mod optimizer;
mod schedule;

pub use correction::Correction;
pub use descent::Descent;
pub use hyper::{ClassWeight, Hyper, Solver, balanced};
pub use optimizer::Optimizer;
pub use schedule::Schedule;

use crate::models::{Differentiable, RowWeights};
use crate::numeric::Params;
use crate::numeric::linalg::add_scaled;
use crate::numeric::rng::Stream;
use crate::numeric::rows::Rows;
use crate::tasks::Labels;

/// A client's rows and what each class weighs.
#[derive(Clone, Copy, Debug)]
pub struct LocalRows<'a> {
    /// Features, (rows, features).
    pub x: Rows<'a>,
    /// Labels, (rows,).
    pub y: Labels<'a>,
    /// What a row weighs in the loss.
    pub weights: RowWeights<'a>,
}

/// What a client's training came to.
#[derive(Clone, Debug)]
pub struct Trained {
    /// Local parameters minus global ones, (params,).
    pub delta: Params,
    /// How many steps it took.
    pub steps: u64,
}

/// Trains the model `global` on a client's rows: `epochs` passes, each over the rows in a new order drawn from `stream`, with
/// `correction` added to every gradient.
pub fn local_train<'a>(
    model: &'a dyn Differentiable,
    global: &Params,
    rows: &LocalRows<'a>,
    hyper: &Hyper,
    correction: Correction<'a>,
    mut stream: Stream,
) -> Trained {
    let mut descent = Descent::new(model, global.clone(), *rows, hyper).corrected_by(correction);
    let mut steps = 0;
    for _ in 0..hyper.epochs {
        descent.begin_pass(&mut stream);
        while descent.step().is_some() {
            steps += 1;
        }
    }
    let mut local = descent.into_params();
    add_scaled(local.as_mut_slice(), -1.0, global.as_slice());
    Trained { delta: local, steps }
}
