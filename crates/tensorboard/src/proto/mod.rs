//! TensorBoard's messages, written by hand: no protoc in the build.
//!
//! Field numbers are those of TensorBoard 2.21. A field that is a message on the wire may be bytes here:
//! both are written alike, and what is only passed on need not be taken apart.

mod hparams;
mod layout;
mod mesh;
mod provider;
mod summary;

pub use hparams::*;
pub use layout::*;
pub use mesh::*;
pub use provider::*;
pub use summary::*;
