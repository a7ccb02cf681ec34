//! Logged point clouds and meshes.

mod data;
mod find;
mod list;
mod steps;

pub use data::data;
pub use find::{Mesh, all};
pub use list::list;
pub use steps::steps;
