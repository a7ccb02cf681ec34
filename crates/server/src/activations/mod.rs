//! Values of inner layers.

mod ask;
mod show;
mod strongest;

pub use ask::ask;
pub use show::show;
pub use strongest::strongest;
