//! Measurements that say how far an attribution can be trusted.
//!
//! Every curve stands beside the same curve of matched random maps; the sentences claim what was measured
//! and no more.

mod completeness;
mod curve;
mod random_maps;
mod sentences;
mod units;
mod weigh;

pub use completeness::gaps;
pub use curve::{Direction, area, curves};
pub use random_maps::{Texture, random_orders};
pub use sentences::{Words, sentences};
pub use units::{Units, descending};
pub use weigh::{Compared, Plan, Weighed, weigh};
