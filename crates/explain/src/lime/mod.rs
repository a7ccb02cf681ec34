//! What LIME is made of (Ribeiro et al. 2016): for rows of a table bins and made-up rows, for pictures segments shown
//! and hidden, and for both the weighted fit.

pub mod bins;
mod column;
pub mod fit;
mod neighbourhood;
pub mod superpixels;
mod truncated;

pub use column::Space;
pub(crate) use column::moments;
pub use neighbourhood::{Cut, Neighbourhood, Sample};
