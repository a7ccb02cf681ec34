//! The catalogue of methods, and which of them fit a model.

mod list;

pub use list::list;
