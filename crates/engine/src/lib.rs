//! Model graphs on burn: import, plan, run, differentiate, capture any value.
//!
//! **What it is.** [`Session::open`] reads an ONNX file, validates its graph and keeps its constants
//! on a burn backend; the session implements [`glassboard_model::Model`]. The interpreter is generic
//! over the backend and works on rank-free primitives, so that any graph runs without knowing its
//! ranks, on the plain backend and on the one that records a tape alike.
//!
//! **What it promises.** Names stay as the author wrote them. An operator that is missing fails only
//! the answers that need it, naming the node. Sizes are checked against a memory limit before
//! anything is allocated; a kernel that panics is an error that names the node. The caller's batch
//! and the number of threads never change the bytes; they hold per [`instruction_set`].
//!
//! **What it must never know.** SQL, HTTP, jobs, explanation methods. Concrete backends are named in
//! one module, the model's file format in one other.

mod afford;
mod alone;
mod backend;
mod batch;
mod constant;
mod constants;
mod error;
mod float;
mod fold;
mod gradient;
mod graph;
mod import;
mod model;
mod narrow;
pub mod npy;
mod operation;
mod ops;
mod plan;
mod propagate;
mod recording;
mod replaced;
mod run;
mod session;
pub mod shapes;
mod tap;
mod tokens;
mod value;
mod version;
mod weights;

pub use backend::Default as DefaultBackend;
pub use constant::Constant;
pub use error::EngineError;
pub use glassboard_checkpoints::Reach;
pub use gradient::Differentiated;
pub use graph::{Attr, Axis, GraphSpec, Node, NodeSpec, Port, Program};
pub use operation::{Keeps, Operation, Slice, Trace};
pub use session::{Executed, Options, Session};
pub use value::{Elem, Plain, PlainData};
pub use version::{Operator, engine_version, instruction_set, operators};
