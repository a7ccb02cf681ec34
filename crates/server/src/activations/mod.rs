//! Values of inner layers.

mod ask;
mod show;

pub use ask::ask;
pub use show::show;
