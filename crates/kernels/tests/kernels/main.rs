//! Every kernel against its twin in `f64`, forward and backward, and under any number of threads.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may say so by panicking")]
#![expect(clippy::float_cmp, reason = "limits and copies are exact")]

mod binary;
mod common;
mod copies;
mod pool;
mod reduce;
mod rows;
mod trees;
mod unary;
