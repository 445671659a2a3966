//! Newton's method by sums: the clients' gradients and Hessians at the global model are added, and the server solves for the
//! step (iteratively reweighted least squares; McCullagh and Nelder, "Generalized Linear Models", 2nd ed. 1989, 2.5). A handful of
//! rounds ends at the maximum-likelihood estimate of all rows, with its standard errors.
//!
//! Each row's part is rounded to a public grid before it is added, so that a sum is the same to the bit however rows are dealt,
//! in the clear and under masks. The grid of a number follows from public bounds: a power of two that no cell of a feature
//! reaches, which the clients found together before the first round, and the greatest weight of a row.

use super::in_parts::sum_in_parts;
use super::{Client, Learner};
use crate::diag::Problem;
use crate::form::{Answer, Form, Lost, PARAMS, State, Sum, Values};
use crate::models::{Linear, RowPowers, RowWeights, StandardErrors};
use crate::numeric::cholesky::{Cholesky, diagonal, outer, triangle};
use crate::numeric::grid::{GridSums, SUM_BITS, from_steps, power_above};
use crate::numeric::math::{erfc, scale_by_power_of_two};
use crate::numeric::rows::{Packed, Rows};
use crate::numeric::selection::{BLOCK, Block};
use crate::numeric::simd::vectorised;
use crate::numeric::{Params, student};
use crate::training::LocalRows;

/// Newton's method for a generalised linear model.
#[derive(Debug)]
pub struct Newton<'a> {
    /// The model.
    pub model: &'a dyn Linear,
    /// Its parameters' names, the intercept last.
    pub names: Vec<String>,
    /// For each feature a power of two that no cell's magnitude reaches, (features,).
    pub reach: &'a [i32],
    /// A power of two that no label's magnitude reaches.
    pub label_reach: i32,
    /// What a row weighs.
    pub weights: RowWeights<'a>,
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
/// For [`StandardErrors::Residuals`]: the mean loss at that model, penalties aside.
const MEAN_LOSS: &str = "mean_loss";
/// For [`StandardErrors::Sandwich`]: the sum over all rows of the squared slopes' products at that model, as an upper triangle.
const SLOPES: &str = "slopes";

/// The mean penalised loss.
const OBJECTIVE: usize = 0;
/// How many rows it is of; 0 before the first sum.
const ROWS: usize = 1;
/// How often the last step was halved since.
const HALVINGS: usize = 2;
/// Whether the model has settled, 0 or 1.
const SETTLED: usize = 3;

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

/// The scales that bring what is summed to magnitudes of 1 at most.
#[derive(Clone, Debug)]
struct Scales {
    /// Of a row's weight.
    weight: i32,
    /// Of what a row adds.
    row: RowPowers,
    /// Of each parameter's feature, (params,).
    features: Vec<i32>,
}

/// What sums say of the penalised objective at a model, all of it means over rows.
#[derive(Clone, Debug)]
struct Moments {
    /// How many rows there are.
    rows: f64,
    /// The loss, penalties aside.
    loss: f64,
    /// The loss and the penalties.
    objective: f64,
    /// The objective's gradient, (params,).
    gradient: Vec<f64>,
    /// Its Hessian, as an upper triangle.
    hessian: Vec<f64>,
    /// The products of the rows' slopes with themselves, as an upper triangle; empty where nobody asks for them.
    slopes: Vec<f64>,
}

impl Newton<'_> {
    fn params(&self) -> usize {
        self.names.len()
    }

    /// How many numbers a client answers.
    fn numbers(&self) -> usize {
        let triangles = if self.standard_errors() == StandardErrors::Sandwich { 2 } else { 1 };
        2 + self.params() + triangles * triangle(self.params())
    }

    /// The scales at a model; `None` if its products are no longer finite.
    fn scales(&self, params: &[f64]) -> Option<Scales> {
        let features: Vec<i32> = self.reach.iter().copied().chain([0]).collect();
        let reached: f64 = params.iter().zip(&features).map(|(w, &power)| w.abs() * scale_by_power_of_two(1.0, power)).sum();
        let label = scale_by_power_of_two(1.0, self.label_reach);
        (reached + label).is_finite().then(|| Scales {
            weight: power_above(self.weights.greatest()),
            row: self.model.powers(reached, label),
            features,
        })
    }

    /// How standard errors are found.
    fn standard_errors(&self) -> StandardErrors {
        self.model.standard_errors().expect("a scenario that asks for Newton's method has a model that is made for it")
    }

    /// How many rows there are, and the sums of their losses, gradients, Hessians and, where the errors ask for them, of the squared
    /// slopes' products, in steps of the grid.
    fn sums(&self, rows: &LocalRows<'_>, params: &[f64], scales: &Scales) -> Vec<i128> {
        sum_in_parts(rows.y.len(), self.numbers(), |part| self.part(rows, part, params, scales))
    }

    fn part(&self, all: &LocalRows<'_>, rows: std::ops::Range<usize>, params: &[f64], scales: &Scales) -> Vec<i128> {
        let (intercept, weights) = params.split_last().expect("the intercept is there");
        let x: Rows<'_> = all.x.range(rows.clone());
        let (labels, len, rows) = (all.y.range(rows.clone()), params.len(), rows.len());
        let inverses: Vec<f64> = scales.features.iter().map(|&power| scale_by_power_of_two(1.0, -power)).collect();
        let RowPowers { loss, slope, curvature } = scales.row;
        let [of_weight, of_loss, of_slope, of_curvature] =
            [scales.weight, loss, slope, curvature].map(|power| scale_by_power_of_two(1.0, -power));
        let is_sandwich = self.standard_errors() == StandardErrors::Sandwich;
        let (mut loss, mut gradient, mut hessian) = (GridSums::new(1), GridSums::new(len), GridSums::new(triangle(len)));
        let mut slopes = GridSums::new(if is_sandwich { triangle(len) } else { 0 });
        vectorised(
            #[inline(always)]
            || {
                let packed = Packed::of(weights);
                let (mut cells, mut products) = (vec![1.0; len], vec![0.0; triangle(len)]);
                for block in 0..rows.div_ceil(BLOCK) {
                    let numbers: [u32; BLOCK] = std::array::from_fn(|at| (block * BLOCK + at) as u32);
                    let here = &numbers[..BLOCK.min(rows - block * BLOCK)];
                    let dots = x.dots(Block::alone(here), &packed);
                    for (&row, dot) in here.iter().zip(dots) {
                        let row = row as usize;
                        let weight = all.weights.of(labels.class(row)) * of_weight;
                        let terms = self.model.terms(dot + intercept, labels.number(row));
                        x.copy_row(row, &mut cells[..len - 1]);
                        cells[..len - 1].iter_mut().zip(&inverses).for_each(|(cell, inverse)| *cell *= inverse);
                        loss.add(&[terms.loss], |_, loss| weight * (loss * of_loss));
                        let slope = weight * (terms.slope * of_slope);
                        gradient.add(&cells, |_, cell| slope * cell);
                        outer(&cells, weight * (terms.curvature * of_curvature), &mut products);
                        hessian.add(&products, |_, product| product);
                        if is_sandwich {
                            outer(&cells, slope * slope, &mut products);
                            slopes.add(&products, |_, product| product);
                        }
                    }
                }
            },
        );
        [vec![rows as i128], loss.into_totals(), gradient.into_totals(), hessian.into_totals(), slopes.into_totals()].concat()
    }

    /// What the sums say of the objective at a model.
    fn moments(&self, numbers: &[i128], params: &[f64], scales: &Scales) -> Moments {
        let len = params.len();
        let rows = numbers[0] as f64;
        let decode = |number: i128, power: i32| scale_by_power_of_two(from_steps(number) / rows, power + scales.weight);
        let (gradient, triangles) = numbers[2..].split_at(len);
        let (hessian, slopes) = triangles.split_at(triangle(len));
        let (l2, powers) = (self.model.l2(), scales.row);
        let loss = decode(numbers[1], powers.loss);
        let mut gradient: Vec<f64> =
            gradient.iter().zip(&scales.features).map(|(&number, &power)| decode(number, power + powers.slope)).collect();
        let pairs = || (0..len).flat_map(|row| (row..len).map(move |column| (row, column)));
        let of_pairs = |numbers: &[i128], power: i32| -> Vec<f64> {
            let power_of = |(row, column): (usize, usize)| scales.features[row] + scales.features[column] + power;
            numbers.iter().zip(pairs()).map(|(&number, pair)| decode(number, power_of(pair))).collect()
        };
        let mut hessian = of_pairs(hessian, powers.curvature);
        let slopes = of_pairs(slopes, 2 * powers.slope + scales.weight);
        let mut objective = loss;
        // The intercept, which is the last, is not held.
        for (at, place) in diagonal(len).take(len - 1).enumerate() {
            objective += 0.5 * l2 * params[at] * params[at];
            gradient[at] += l2 * params[at];
            hessian[place] += l2;
        }
        Moments { rows, loss, objective, gradient, hessian, slopes }
    }

    /// Newton's step at a model where the objective is no worse than before.
    fn step(&self, mut state: State, moments: &Moments) -> Result<State, Problem> {
        let Moments { rows, loss, objective, gradient, hessian, slopes } = moments;
        let (rows, objective) = (*rows, *objective);
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
        match self.standard_errors() {
            StandardErrors::Likelihood => {}
            StandardErrors::Residuals => state.blocks_mut([MEAN_LOSS])[0][0] = *loss,
            StandardErrors::Sandwich => {
                let [all] = state.blocks_mut([SLOPES]);
                all.iter_mut().zip(slopes).for_each(|(all, mean)| *all = rows * mean);
            }
        }
        Ok(state)
    }

    fn dependent(&self, column: usize) -> Problem {
        let name = &self.names[column];
        let message = format!("Newton's method has no step: `{name}` follows from the columns before it, or separates the classes");
        let help = "set model.l2 = 0.0001 or above, which holds every weight, or drop a column (data.drop)";
        Problem::about("model.l2", message).help(help)
    }

    /// The table of the parameters, from what the server keeps; `None` before the first sum, and where there are no more rows than
    /// parameters.
    pub fn coefficients(&self, state: &State) -> Option<Vec<Coefficient>> {
        let len = self.params();
        let cholesky = Cholesky::of(state.block(INFORMATION), len).ok()?;
        let rows = state.block(FIGURES)[ROWS];
        let degrees = (rows - len as f64).max(0.0) as usize;
        let variances: Vec<f64> = match self.standard_errors() {
            StandardErrors::Likelihood => cholesky.inverse_diagonal(),
            // Twice the loss is the squared residual.
            StandardErrors::Residuals if degrees > 0 => {
                let variance = 2.0 * state.block(MEAN_LOSS)[0] * rows / degrees as f64;
                cholesky.inverse_diagonal().into_iter().map(|inverse| variance * inverse).collect()
            }
            StandardErrors::Residuals => return None,
            StandardErrors::Sandwich => sandwich(&cholesky, state.block(SLOPES), len),
        };
        let is_student = self.standard_errors() == StandardErrors::Residuals;
        let two_sided_95 = if is_student { student::quantile(0.975, degrees) } else { NORMAL_TWO_SIDED_95 };
        let p_value = |z: f64| if is_student { student::two_sided(z, degrees) } else { erfc(z.abs() * std::f64::consts::FRAC_1_SQRT_2) };
        let lines = self.names.iter().zip(state.params().as_slice()).zip(variances).zip(state.block(VIF));
        let lines = lines.map(|(((name, &estimate), variance), &vif)| {
            let standard_error = variance.sqrt();
            let z = estimate / standard_error;
            let reach = two_sided_95 * standard_error;
            Coefficient {
                name: name.clone(),
                estimate,
                standard_error,
                z,
                p_value: p_value(z),
                interval: [estimate - reach, estimate + reach],
                vif: (vif > 0.0).then_some(vif),
            }
        });
        Some(lines.collect())
    }
}

/// The quantile of the normal distribution that 2.5 % are above.
const NORMAL_TWO_SIDED_95: f64 = 1.959_963_984_540_054;

/// The diagonal of H^-1 M H^-1, of a factored H and an upper triangle M.
fn sandwich(h: &Cholesky, m: &[f64], len: usize) -> Vec<f64> {
    let places: Vec<usize> = diagonal(len).collect();
    let at = |row: usize, column: usize| m[places[row.min(column)] + row.abs_diff(column)];
    let of = |unit: usize| {
        let mut unit_vector = vec![0.0; len];
        unit_vector[unit] = 1.0;
        let column = h.solve(&unit_vector);
        let products = (0..len).map(|row| column[row] * (0..len).map(|other| at(row, other) * column[other]).sum::<f64>());
        products.sum()
    };
    (0..len).map(of).collect()
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
    /// A server learns, over all survivors, how many rows they have and the sums of their losses, gradients, Hessians and, where the
    /// errors ask for them, of their squared slopes at the model that it sent: nothing of a single client's.
    fn forms(&self) -> Vec<Form> {
        vec![Form::total("derivatives", self.numbers(), SUM_BITS)]
    }

    fn start(&self, params: Params) -> State {
        let len = params.len();
        let before = params.clone();
        let zeros = Params::zeros;
        let state =
            State::of(params).with(BEFORE, before).with(FIGURES, zeros(4)).with(INFORMATION, zeros(triangle(len))).with(VIF, zeros(len));
        match self.standard_errors() {
            StandardErrors::Likelihood => state,
            StandardErrors::Residuals => state.with(MEAN_LOSS, zeros(1)),
            StandardErrors::Sandwich => state.with(SLOPES, zeros(triangle(len))),
        }
    }

    fn answer(&self, state: &State, _: usize, me: Client<'_>) -> Result<Answer, Lost> {
        let params = state.params().as_slice();
        let scales = self.scales(params).ok_or(Lost)?;
        Ok(Answer { values: Values::Total(self.sums(&me.rows, params, &scales)), memory: None })
    }

    fn learn(&self, mut state: State, _: usize, sum: &Sum<'_>) -> Result<State, Problem> {
        let Sum::Total(numbers) = sum else { unreachable!("the form asks for a sum") };
        let scales = self.scales(state.params().as_slice()).expect("the clients answered at this model");
        let moments = self.moments(numbers, state.params().as_slice(), &scales);
        let figures = state.block(FIGURES);
        // Of the same rows a step may not be for the worse, but for what rounding does at the end.
        let is_worse =
            moments.rows == figures[ROWS] && moments.objective > figures[OBJECTIVE] * (1.0 + 1e-12) && figures[HALVINGS] < HALVINGS_MAX;
        if !is_worse {
            return self.step(state, &moments);
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
