//! Model files: what they hold, read within limits.
//!
//! **What it is.** [`Checkpoint::open`] tells the format by content (ONNX, safetensors, PyTorch)
//! and gives named tensors lazily; [`scan`] adds one-pass statistics and the graph; [`onnx`] holds
//! the protobuf messages that the engine runs, and binds other weights to a graph.
//!
//! **What it promises.** A file can say anything: claimed sizes are checked before anything is
//! allocated, pickles are parsed and never run, no file outside the model's own upload is opened, and every
//! refusal is a sentence. Nothing panics.
//!
//! **What it must never know.** Burn, SQL, HTTP.

mod change;
mod checkpoint;
mod dtype;
mod error;
mod files;
pub mod onnx;
mod package;
mod pytorch;
mod recognise;
mod safetensors;
mod scan;
mod shape;
mod small;
mod source;
mod stats;
pub mod text;

pub use change::{Changed, Changes, changes};
pub use checkpoint::{Checkpoint, Format, Reach, Tensor};
pub use dtype::Dtype;
pub use error::CheckpointError;
pub use scan::{Scan, kind_of, scan};
pub use stats::{Histogram, Statistics, TensorFacts, statistics};

/// What every call here answers.
pub type Result<T, E = CheckpointError> = std::result::Result<T, E>;
