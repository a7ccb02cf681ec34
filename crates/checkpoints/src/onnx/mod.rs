//! ONNX files: the messages, a bounded loader, constants whose elements stay in the file, and re-binding weights.

pub mod proto;

mod decode;
mod graph;
mod outside;
mod reader;
mod rebind;
mod sparse;
mod stored;
mod survey;
mod tensor;

pub use decode::{MAX_FILE_BYTES, MAX_NODES, encode, from_bytes, load, looks_like_onnx};
pub use graph::{preprocess_hint, preprocess_text, structure};
pub use rebind::{Binding, match_names, rebind};
pub use sparse::Sparse;
pub use stored::{Stored, TensorBytes, bytes_of, data_type_name, strings};
