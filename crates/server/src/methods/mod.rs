//! The catalogue of methods, and which of them fit a model.

mod estimate;
mod list;

pub use list::list;
