//! Predictions.

mod ask;

pub use ask::ask;
