//! Experiments.

mod list;

pub use list::list;
