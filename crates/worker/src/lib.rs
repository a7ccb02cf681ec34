//! The child process that does the long and the dangerous work.
//!
//! **What it is.** [`serve_stdio`] takes jobs over stdin and answers over stdout, one at a time; one
//! file per kind of job does it. The same functions answer the command line.
//!
//! **What it promises.** Uploaded models, pictures, arrays and tables are opened here and nowhere
//! else. A panic costs one job; the death of the parent is the death of the child.
//!
//! **What it must never know.** SQL, HTTP, who asks.

pub mod activations;
pub mod baseline;
mod calibrate;
pub mod compare;
mod context;
pub mod decode;
pub mod describe;
mod dispatch;
mod erase;
pub mod explain;
pub mod explain_rows;
pub mod explain_sets;
pub mod explain_text;
mod fault;
pub mod input;
mod inspect;
pub mod mask;
pub mod native;
pub mod npy;
pub mod parity;
mod pixels;
pub mod predict;
mod predicted;
pub mod preprocess;
mod project;
mod randomised;
pub mod reading;
mod rows;
mod scan;
mod stdio;
mod strongest;
mod table;
pub mod text;
pub mod trouble;
pub mod warm;

pub use context::Context;
pub use stdio::{Options, serve_stdio};
