//! Training logs: experiments, runs, series of points, the event files they came from.
mod read;
mod types;

pub use types::*;
