//! One verb a file: its arguments, and what it does with them.

use std::process::ExitCode;

mod amount;
pub mod compare;
pub mod demo;
pub mod explain;
pub mod import;
pub mod inspect;
mod inspect_events;
pub mod push;
pub mod run;
pub mod serve;
pub mod worker;

/// What the user asked for exists, but not here: an operator, a format. Exit code 3.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Unsupported(pub String);

/// The exit code of a verb that failed: 3 where [`Unsupported`] is in the chain, else 1.
pub fn exit_code(error: &anyhow::Error) -> ExitCode {
    if error.chain().any(<dyn std::error::Error + 'static>::is::<Unsupported>) {
        ExitCode::from(3)
    } else {
        ExitCode::FAILURE
    }
}
