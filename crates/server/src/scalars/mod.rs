//! Points of scalar series, for charts.

mod query;

pub use query::query;
