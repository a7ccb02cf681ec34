//! Methods that explain a prediction, and the measurements that weigh them.
//!
//! **What it is.** One file a method under [`methods`], one file a measurement under [`evidence`],
//! all over the [`Model`](glassboard_model::Model) trait. [`explain`] runs a method by its catalogue name.
//!
//! **What it promises.** Arrays in, arrays out. The number of passes is counted exactly; batches are
//! bounded; progress is reported and cancelling is honoured between batches. How rows are batched and
//! how many threads the model uses never change the bytes: sums run in the order of their index, and
//! random numbers are a function of (seed, index).
//!
//! **What it must never know.** Burn, ONNX, SQL, HTTP, files, the clock.

#![expect(
    clippy::needless_pass_by_value,
    reason = "views of arrays are a few words and `Copy`, which the lint does not see"
)]

pub mod answers;
mod ask;
pub mod backward;
pub mod cav;
pub mod choice;
pub mod cohort;
pub mod deeplift;
mod dispatch;
pub mod drift;
mod error;
pub mod evidence;
pub mod game;
pub mod grid;
pub mod hide;
pub mod inner;
pub mod intervals;
pub mod layers;
pub mod lime;
pub mod lrp;
pub mod methods;
mod outcome;
pub mod paired;
pub mod performance;
pub mod propagating;
pub mod quadrature;
pub mod random;
pub mod resampled;
pub mod resize;
pub mod ridge;
pub mod rows;
mod runner;
pub mod scores;
pub mod segments;
pub mod shapley;
pub mod similarity;
pub mod slices;
pub mod solve;
pub mod surrogate;
pub mod sweep;
pub mod tables;
pub mod text;
pub mod verdict;
pub mod words;

pub use ask::{Ask, Readout, scalars, softmax};
pub use dispatch::{Extras, Start, Sums, adds_up, answer, explain, is_known};
pub use error::ExplainError;
pub use outcome::Outcome;
pub use rows::{AskRows, Column, Columns, RowExtras};
pub use runner::{Passes, Runner};
