//! ONNX files: the messages, a bounded loader, initialisers as tensors, and re-binding weights.

pub mod proto;

mod decode;
mod graph;
mod rebind;
mod tensors;

pub use decode::{MAX_FILE_BYTES, MAX_NODES, from_bytes, load, looks_like_onnx};
pub use graph::{preprocess_hint, preprocess_text, structure};
pub use rebind::{Binding, match_names, rebind};
pub use tensors::{TensorBytes, bytes_of, data_type_name};
