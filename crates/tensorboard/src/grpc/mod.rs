//! TensorBoard's data provider over gRPC: what `tensorboard --grpc_data_provider ADDR` asks.

mod answer;
mod method;
mod serve;
mod service;

pub use serve::{Grpc, Listening};
