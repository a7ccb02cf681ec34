//! Logged pictures.

mod get;
mod list;

pub use get::get;
pub use list::{ImageAt, list, of_series};
