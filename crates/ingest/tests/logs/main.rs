//! Log folders into a store: real ones against TensorBoard's loader, odd ones, growing ones.

mod common;
mod following;
mod gotchas;
mod odd;
mod parts;
mod splits;
mod tensorboard;
mod upgrade;
