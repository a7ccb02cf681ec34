//! What the Shapley methods have in common: the least-squares problem whose answer they are, and the drawing of
//! coalitions for it.

pub mod draw;
pub mod fit;
pub mod lars;
mod rows;
pub mod select;
pub mod trees;

pub use rows::rows;
