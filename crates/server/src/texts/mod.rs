//! Logged texts.

mod get;
mod list;
mod shape;

pub use get::{Piece, get, pieces};
pub use list::{list, of_series};
