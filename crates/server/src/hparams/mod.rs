//! Hyperparameters: what runs were given beside what they reached.

mod list;
mod sessions;
mod written;

pub use list::list;
pub use sessions::{Metric, Sessions};
