//! `glassboard inspect`.

use std::process::ExitCode;

/// Arguments of `glassboard inspect`.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Runs the verb.
pub fn run(_args: Args) -> anyhow::Result<ExitCode> {
    anyhow::bail!("`glassboard inspect` is not built in yet")
}
