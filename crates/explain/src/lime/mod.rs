//! What LIME is made of for rows of a table (Ribeiro et al. 2016): bins, made-up rows, and the weighted fit.

pub mod bins;
mod column;
pub mod fit;
mod neighbourhood;
mod truncated;

pub use column::Space;
pub(crate) use column::moments;
pub use neighbourhood::{Cut, Neighbourhood, Sample};
