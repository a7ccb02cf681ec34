//! Charts that a run laid out itself: TensorBoard's custom scalars.

mod merge;
mod resolve;
mod show;

pub use merge::Faulty;
pub use resolve::custom;
pub use show::show;
