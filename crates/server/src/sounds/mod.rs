//! Logged sounds.

mod about;
mod get;
mod list;

pub use about::{Piece, about, pieces};
pub use get::get;
pub use list::list;
