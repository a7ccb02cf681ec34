//! Training logs: experiments, runs, series of points, and the event files they came from.
//!
//! A *series* is a tag of a run; a *stream* is what one file adds to it, in the order written. Nothing is
//! rewritten when a training restarts: [`lanes`] decides at query time what a later part supersedes.

mod append;
mod catalogue;
mod delete;
mod experiments;
mod files;
mod hparams;
mod lanes;
mod records;
mod scalars;
mod types;
mod view;

pub use append::{Appended, FileBatch, Record, Restart, Skip, StreamBatch, Values};
pub use experiments::ExperimentId;
pub use files::{FileMark, KnownFile, KnownSeries};
pub use types::*;
