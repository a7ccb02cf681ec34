//! Facts of this machine that are part of a result's address.

pub use glassboard_engine::{engine_version, instruction_set};
