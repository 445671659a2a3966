//! Newton's method by sums: the clients' gradients and Hessians at the global model are added, and the server solves for the
//! step (iteratively reweighted least squares; McCullagh and Nelder, "Generalized Linear Models", 2nd ed. 1989, 2.5). A handful of
//! rounds ends at the maximum-likelihood estimate of all rows, with its standard errors.
//!
//! Each row's part is rounded to a public grid before it is added, so that a sum is the same to the bit however rows are dealt,
//! in the clear and under masks. The grid of a number follows from public bounds: a power of two that no cell of a feature
//! reaches, which the clients found together before the first round, and the greatest weight of a row.

use super::{Client, Learner};
use crate::diag::Problem;
use crate::form::{Answer, Form, Lost, PARAMS, Read, State, Sum, Values};
use crate::models::Linear;
use crate::numeric::cholesky::{Cholesky, diagonal, triangle};
use crate::numeric::grid::{GridSums, STEP_BITS, from_steps};
use crate::numeric::math::{erfc, scale_by_power_of_two};
use crate::numeric::rows::{Packed, Rows};
use crate::numeric::selection::{BLOCK, Block};
use crate::numeric::simd::vectorised;
use crate::numeric::{Params, reduce};
use crate::training::{LocalRows, RowWeights};

/// Newton's method for a generalised linear model.
#[derive(Debug)]
pub struct Newton<'a> {
    /// The model.
    pub model: &'a dyn Linear,
    /// Its parameters' names, the intercept last.
    pub names: Vec<String>,
    /// For each feature a power of two that no cell's magnitude reaches, (features,).
    pub reach: &'a [i32],
    /// What a row weighs.
    pub weights: RowWeights,
    /// The model has settled when no parameter moves by more than this, times one and its magnitude.
    pub tolerance: f64,
}

/// The model before the last step.
const BEFORE: &str = "before";
/// What is known of the last model that was better than all before: see the constants below.
const FIGURES: &str = "figures";
/// The Hessian of the penalised loss of all rows at that model, as an upper triangle.
const INFORMATION: &str = "information";
/// The variance inflation factor of each parameter; 0 where there is none.
const VIF: &str = "vif";

/// The mean penalised loss.
const OBJECTIVE: usize = 0;
/// How many rows it is of; 0 before the first sum.
const ROWS: usize = 1;
/// How often the last step was halved since.
const HALVINGS: usize = 2;
/// Whether the model has settled, 0 or 1.
const SETTLED: usize = 3;

/// Rows of a client that are summed together.
const CHUNK: usize = 8192;

/// A step is halved so often at most: what is left of it then moves nothing.
const HALVINGS_MAX: f64 = 60.0;

/// More parameters' products are too many to sum.
pub const PARAMETERS_MAX: usize = 2000;

/// A parameter's line of the table that modellers ask for.
#[derive(Clone, Debug, PartialEq)]
pub struct Coefficient {
    /// Its name.
    pub name: String,
    /// The estimate.
    pub estimate: f64,
    /// Its standard error.
    pub standard_error: f64,
    /// Wald's statistic, estimate over standard error.
    pub z: f64,
    /// The probability of a statistic as far from 0 if the parameter is 0, on both sides.
    pub p_value: f64,
    /// The ends of the 95 % interval.
    pub interval: [f64; 2],
    /// The variance inflation factor; `None` for the intercept, and where columns depend on each other.
    pub vif: Option<f64>,
}

/// The least power of two above a magnitude that is not negative.
fn power_above(magnitude: f64) -> i32 {
    // A normal number's exponent; smaller ones are not told apart.
    (((magnitude.to_bits() >> 52) & 0x7ff) as i32).max(1) - 1022
}

/// The scales that bring what is summed to magnitudes of 1 at most.
#[derive(Clone, Debug)]
struct Scales {
    /// Of a row's weight.
    weight: i32,
    /// Of a row's loss.
    loss: i32,
    /// Of each parameter's feature, (params,).
    features: Vec<i32>,
}

impl Newton<'_> {
    fn params(&self) -> usize {
        self.names.len()
    }

    /// The scales at a model; `None` if its products are no longer finite.
    fn scales(&self, params: &[f64]) -> Option<Scales> {
        let features: Vec<i32> = self.reach.iter().copied().chain([0]).collect();
        let reached: f64 = params.iter().zip(&features).map(|(w, &power)| w.abs() * scale_by_power_of_two(1.0, power)).sum();
        // A row's loss is at most ln 2 above the magnitude of its product.
        let loss = reached + 1.0;
        loss.is_finite().then(|| Scales {
            weight: power_above(self.weights.negative.max(self.weights.positive)),
            loss: power_above(loss),
            features,
        })
    }

    /// How many rows there are, and the sums of their losses, gradients and Hessians, in steps of the grid.
    fn sums(&self, rows: &LocalRows<'_>, params: &[f64], scales: &Scales) -> Vec<i128> {
        let chunks: Vec<usize> = (0..rows.y.len()).step_by(CHUNK).collect();
        let numbers = self.form().numbers;
        let of_chunk = |&start: &usize| self.chunk(rows, start..rows.y.len().min(start + CHUNK), params, scales);
        let mut sums = vec![0; numbers];
        for chunk in reduce::map_ahead(&chunks, 16 * numbers, of_chunk) {
            sums.iter_mut().zip(chunk).for_each(|(sum, part)| *sum += part);
        }
        sums
    }

    fn chunk(&self, all: &LocalRows<'_>, rows: std::ops::Range<usize>, params: &[f64], scales: &Scales) -> Vec<i128> {
        let (intercept, weights) = params.split_last().expect("the intercept is there");
        let x: Rows<'_> = all.x.range(rows.clone());
        let (labels, len) = (&all.y[rows], params.len());
        let inverses: Vec<f64> = scales.features.iter().map(|&power| scale_by_power_of_two(1.0, -power)).collect();
        let [of_weight, of_loss] = [scales.weight, scales.loss].map(|power| scale_by_power_of_two(1.0, -power));
        let of_curvature = scale_by_power_of_two(1.0, -self.model.curvature_power());
        let (mut loss, mut gradient, mut hessian) = (GridSums::new(1), GridSums::new(len), GridSums::new(triangle(len)));
        vectorised(
            #[inline(always)]
            || {
                let packed = Packed::of(weights);
                let (mut cells, mut products) = (vec![1.0; len], vec![0.0; triangle(len)]);
                for block in 0..labels.len().div_ceil(BLOCK) {
                    let numbers: [u32; BLOCK] = std::array::from_fn(|at| (block * BLOCK + at) as u32);
                    let here = &numbers[..BLOCK.min(labels.len() - block * BLOCK)];
                    let dots = x.dots(Block::alone(here), &packed);
                    for (&row, dot) in here.iter().zip(dots) {
                        let label = labels[row as usize];
                        let weight = all.weights.of(label) * of_weight;
                        let terms = self.model.terms(dot + intercept, label);
                        x.copy_row(row as usize, &mut cells[..len - 1]);
                        cells[..len - 1].iter_mut().zip(&inverses).for_each(|(cell, inverse)| *cell *= inverse);
                        loss.add(&[terms.loss], |_, loss| weight * (loss * of_loss));
                        let slope = weight * terms.slope;
                        gradient.add(&cells, |_, cell| slope * cell);
                        outer(&cells, weight * (terms.curvature * of_curvature), &mut products);
                        hessian.add(&products, |_, product| product);
                    }
                }
            },
        );
        [vec![labels.len() as i128], loss.into_totals(), gradient.into_totals(), hessian.into_totals()].concat()
    }

    /// The mean loss, gradient and Hessian of the penalised objective, and how many rows there are.
    fn moments(&self, numbers: &[i128], params: &[f64], scales: &Scales) -> (f64, f64, Vec<f64>, Vec<f64>) {
        let len = params.len();
        let rows = numbers[0] as f64;
        let decode = |number: i128, power: i32| scale_by_power_of_two(from_steps(number) / rows, power + scales.weight);
        let (gradient, hessian) = numbers[2..].split_at(len);
        let l2 = self.model.l2();
        let mut objective = decode(numbers[1], scales.loss);
        let mut gradient: Vec<f64> = gradient.iter().zip(&scales.features).map(|(&number, &power)| decode(number, power)).collect();
        let powers = (0..len).flat_map(|row| (row..len).map(move |column| (row, column)));
        let powers = powers.map(|(row, column)| scales.features[row] + scales.features[column] + self.model.curvature_power());
        let mut hessian: Vec<f64> = hessian.iter().zip(powers).map(|(&number, power)| decode(number, power)).collect();
        // The intercept, which is the last, is not held.
        for (at, place) in diagonal(len).take(len - 1).enumerate() {
            objective += 0.5 * l2 * params[at] * params[at];
            gradient[at] += l2 * params[at];
            hessian[place] += l2;
        }
        (rows, objective, gradient, hessian)
    }

    /// Newton's step at a model where the objective is no worse than before.
    fn step(&self, mut state: State, rows: f64, objective: f64, gradient: &[f64], hessian: &[f64]) -> Result<State, Problem> {
        let cholesky = Cholesky::of(hessian, self.params()).map_err(|column| self.dependent(column))?;
        let step = cholesky.solve(gradient);
        let is_first = state.block(FIGURES)[ROWS] == 0.0;
        let tolerance = self.tolerance;
        let [params, before, figures, information, vif] = state.blocks_mut([PARAMS, BEFORE, FIGURES, INFORMATION, VIF]);
        if is_first {
            // At the start every row has the same curvature: the Hessian is that of the features alone.
            vif.copy_from_slice(&inflation(hessian, self.model.l2(), self.params()));
        }
        before.copy_from_slice(params);
        information.iter_mut().zip(hessian).for_each(|(all, mean)| *all = rows * mean);
        let is_settled = step.iter().zip(&*params).all(|(step, w)| step.abs() <= tolerance * (1.0 + w.abs()));
        params.iter_mut().zip(&step).for_each(|(w, step)| *w -= step);
        figures.copy_from_slice(&[objective, rows, 0.0, f64::from(u8::from(is_settled))]);
        Ok(state)
    }

    fn dependent(&self, column: usize) -> Problem {
        let name = &self.names[column];
        let message = format!("Newton's method has no step: `{name}` follows from the columns before it, or separates the classes");
        let help = "set model.l2 = 0.0001 or above, which holds every weight, or drop a column (data.drop)";
        Problem::about("model.l2", message).help(help)
    }

    /// The table of the parameters, from what the server keeps; `None` before the first sum.
    pub fn coefficients(&self, state: &State) -> Option<Vec<Coefficient>> {
        const TWO_SIDED_95: f64 = 1.959_963_984_540_054;
        let len = self.params();
        let cholesky = Cholesky::of(state.block(INFORMATION), len).ok()?;
        let lines = self.names.iter().zip(state.params().as_slice()).zip(cholesky.inverse_diagonal()).zip(state.block(VIF));
        let lines = lines.map(|(((name, &estimate), variance), &vif)| {
            let standard_error = variance.sqrt();
            let z = estimate / standard_error;
            let reach = TWO_SIDED_95 * standard_error;
            Coefficient {
                name: name.clone(),
                estimate,
                standard_error,
                z,
                p_value: erfc(z.abs() * std::f64::consts::FRAC_1_SQRT_2),
                interval: [estimate - reach, estimate + reach],
                vif: (vif > 0.0).then_some(vif),
            }
        });
        Some(lines.collect())
    }
}

/// `factor` times the products of the cells with each other, as an upper triangle row by row.
#[inline(always)]
fn outer(cells: &[f64], factor: f64, products: &mut [f64]) {
    let mut place = 0;
    for (row, &cell) in cells.iter().enumerate() {
        let (factor, rest) = (factor * cell, &cells[row..]);
        products[place..place + rest.len()].iter_mut().zip(rest).for_each(|(product, other)| *product = factor * other);
        place += rest.len();
    }
}

/// The variance inflation factors of features whose products with each other and with an intercept, the last, are these, a ridge
/// of `l2` on the features: 1 over the share of each that the others do not tell (Marquardt 1970). 0 for the intercept, and for all
/// where a column depends on others.
fn inflation(products: &[f64], l2: f64, len: usize) -> Vec<f64> {
    let places: Vec<usize> = diagonal(len).collect();
    let mut bare = products.to_vec();
    places[..len - 1].iter().for_each(|&place| bare[place] -= l2);
    let Ok(cholesky) = Cholesky::of(&bare, len) else { return vec![0.0; len] };
    let inverse = cholesky.inverse_diagonal();
    let of = |at: usize| {
        let with_intercept = bare[places[at] + (len - 1 - at)];
        // About its mean.
        let squares = bare[places[at]] - with_intercept * with_intercept / bare[places[len - 1]];
        inverse[at] * squares
    };
    (0..len).map(|at| if at + 1 < len { of(at) } else { 0.0 }).collect()
}

impl Learner for Newton<'_> {
    /// A server learns, over all survivors, how many rows they have and the sums of their losses, gradients and Hessians at the
    /// model that it sent: nothing of a single client's.
    fn form(&self) -> Form {
        let len = self.params();
        Form {
            numbers: 2 + len + triangle(len),
            // Steps of fewer than 2^32 rows.
            read: Read::Total { bits: STEP_BITS + 32 + 1 },
            received: &[],
            is_even: false,
            is_remembered: false,
        }
    }

    fn start(&self, params: Params) -> State {
        let len = params.len();
        let before = params.clone();
        let zeros = Params::zeros;
        State::of(params).with(BEFORE, before).with(FIGURES, zeros(4)).with(INFORMATION, zeros(triangle(len))).with(VIF, zeros(len))
    }

    fn answer(&self, state: &State, me: Client<'_>) -> Result<Answer, Lost> {
        let params = state.params().as_slice();
        let scales = self.scales(params).ok_or(Lost)?;
        Ok(Answer { values: Values::Total(self.sums(&me.rows, params, &scales)), memory: None })
    }

    fn learn(&self, mut state: State, sum: &Sum<'_>) -> Result<State, Problem> {
        let Sum::Total(numbers) = sum else { unreachable!("the form asks for a sum") };
        let scales = self.scales(state.params().as_slice()).expect("the clients answered at this model");
        let (rows, objective, gradient, hessian) = self.moments(numbers, state.params().as_slice(), &scales);
        let figures = state.block(FIGURES);
        // Of the same rows a step may not be for the worse, but for what rounding does at the end.
        let is_worse = rows == figures[ROWS] && objective > figures[OBJECTIVE] * (1.0 + 1e-12) && figures[HALVINGS] < HALVINGS_MAX;
        if !is_worse {
            return self.step(state, rows, objective, &gradient, &hessian);
        }
        let [params, before, figures] = state.blocks_mut([PARAMS, BEFORE, FIGURES]);
        params.iter_mut().zip(&*before).for_each(|(w, before)| *w = before + 0.5 * (*w - before));
        figures[HALVINGS] += 1.0;
        Ok(state)
    }

    fn is_settled(&self, state: &State) -> bool {
        state.block(FIGURES)[SETTLED] == 1.0
    }
}
