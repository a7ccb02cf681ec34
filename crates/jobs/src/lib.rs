//! The queue of long work, and the pool of child processes that does it.
//!
//! **What it is.** Job kinds and their specs ([`spec`]), the frames a worker child and its
//! supervisor exchange ([`protocol`]), and the pool that claims rows, spawns children, watches
//! memory and time, and writes the end of each job.
//!
//! **What it promises.** The job row is the truth. A child that dies, hangs or eats too much costs
//! one job, with a sentence that says which. Channels are bounded.
//!
//! **What it must never know.** Burn, model formats, HTTP.

pub mod child;
mod finish;
pub mod memory;
pub mod pool;
pub mod protocol;
pub mod queue;
pub mod spec;
mod stored;
mod subject;
pub mod versus;

pub use stored::{AskError, Jobs, OnChange, Order, Partial, StoredQueue};
pub use subject::Subject;
