//! Numbers that come out the same everywhere: addressed randomness, fixed-order sums, portable functions, digests.

pub mod binomial;
pub mod cell;
pub mod chi_squared;
pub mod cholesky;
pub mod dense;
pub mod digest;
pub mod exact_sum;
pub mod exp;
pub mod fixed_point;
pub mod grid;
pub mod linalg;
mod lines;
pub mod math;
pub mod memory;
pub mod normal;
pub mod order;
pub mod pages;
mod params;
mod prefetch;
mod quantile;
pub mod reduce;
pub mod rng;
pub mod rows;
pub mod sample;
pub mod selection;
pub mod simd;
pub mod student;
pub mod text;
pub mod ziggurat;

pub use params::Params;
pub use quantile::quantile;
