//! Tags of an experiment.

mod list;

pub use list::list;
