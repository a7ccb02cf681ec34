//! `glassboard worker`.

use std::process::ExitCode;

/// Arguments of `glassboard worker`.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Runs the verb.
pub fn run(_args: Args) -> anyhow::Result<ExitCode> {
    anyhow::bail!("`glassboard worker` is not built in yet")
}
