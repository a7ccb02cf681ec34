//! TensorBoard's own doors: what its clients ask, answered from the store.
//!
//! **What it is.** [`Provider`] speaks TensorBoard's language of runs, tags, plugins and data classes over
//! a store. [`grpc`] serves it as TensorBoard's data provider, on which stock TensorBoard runs; [`plugins`]
//! shapes the replies of TensorBoard's HTTP API.
//!
//! **What it promises.** Replies are TensorBoard's own wherever nothing is thinned out. A thinned series
//! keeps its first and last point, and a scalar one its lowest and highest. Decoding never runs on the
//! threads that answer requests.
//!
//! **What it must never know.** axum, pages, log folders, how points are stored.

mod data;
pub mod grpc;
pub mod plugins;
pub mod proto;

pub use data::{
    Array, BlobSeries, Class, Filter, Numbers, Provider, ReadError, RunEntry, ScalarSeries, Scope, Series, TensorSeries,
};
