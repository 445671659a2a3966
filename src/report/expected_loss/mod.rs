//! What a portfolio's losses come to: tables and a picture.

mod files;
mod losses;
mod picture;

pub use files::{FILES, files};
pub use losses::Losses;
