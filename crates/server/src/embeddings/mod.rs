//! Embeddings: points in a space that runs wrote for the projector.

mod list;
mod part;

pub use list::{described, list};
pub use part::part;
