//! Precision-recall curves.

mod curve;
mod list;

pub use curve::{Curve, newest};
pub use list::list;
