//! The table of an experiment's runs: which rows, which columns, in which order.

mod answer;
mod columns;
mod get;
mod page;

pub use get::get;
pub use page::page;
