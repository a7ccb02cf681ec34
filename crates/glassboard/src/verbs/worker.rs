//! `glassboard worker`: one slot of the pool.

use std::process::ExitCode;

use anyhow::Context;
use glassboard_worker::{Options, serve_stdio};

/// Arguments of `glassboard worker`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Take jobs from stdin and answer on stdout.
    #[arg(long, required = true)]
    stdio: bool,
    /// Memory that one job may hold.
    #[arg(long, value_name = "SIZE", value_parser = super::amount::worker_memory)]
    memory: Option<u64>,
}

/// Runs the verb.
#[expect(clippy::needless_pass_by_value, reason = "every verb takes its arguments by value")]
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let options = Options {
        memory_bytes: args.memory,
    };
    debug_assert!(args.stdio, "clap demands it");
    serve_stdio(&options).context("the worker stopped")?;
    Ok(ExitCode::SUCCESS)
}
