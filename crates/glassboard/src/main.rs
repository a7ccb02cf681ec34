//! The command line: one verb a file in `verbs/`, and nothing else.
//!
//! `--json` prints one object on stdout; logs go to stderr; exit 0 fine, 1 failed, 2 bad usage,
//! 3 unsupported (an operator, a format).

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tracing_subscriber::EnvFilter;

mod client;
mod data_server;
mod verbs;

/// Opens your training logs and your models in a browser, and explains any prediction.
#[derive(Debug, Parser)]
#[command(name = "glassboard", version, about, propagate_version = true)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Serve the pages and the API, and follow log folders.
    Serve(verbs::serve::Args),
    /// Serve with the demo's runs, models and inputs.
    Demo(verbs::demo::Args),
    /// Read event files or log folders into the store, then exit.
    Import(verbs::import::Args),
    /// Send a log folder to another instance, and go on as it grows.
    Push(verbs::push::Args),
    /// Say what a file holds.
    Inspect(verbs::inspect::Args),
    /// Run a model once on arrays from a folder.
    Run(verbs::run::Args),
    /// Explain one prediction without a server.
    Explain(Box<verbs::explain::Args>),
    /// Compare two models: how far their explanations of the same inputs lie apart.
    Compare(Box<verbs::compare::Args>),
    /// One slot of the pool, started by the server.
    #[command(hide = true)]
    Worker(verbs::worker::Args),
}

fn main() -> ExitCode {
    if data_server::asked_for(std::env::args_os()) {
        start_logging();
        return data_server::main();
    }
    let cli = Cli::parse();
    start_logging();
    // `glassboard inspect FILE | head` ends when `head` has seen enough. A verb that talks to children or
    // to browsers must never die of a closed pipe.
    if matches!(cli.verb, Verb::Import(_) | Verb::Inspect(_) | Verb::Run(_)) {
        sigpipe::reset();
    }
    let outcome = match cli.verb {
        Verb::Serve(args) => verbs::serve::run(args),
        Verb::Demo(args) => verbs::demo::run(args),
        Verb::Import(args) => verbs::import::run(args),
        Verb::Push(args) => verbs::push::run(args),
        Verb::Inspect(args) => verbs::inspect::run(args),
        Verb::Run(args) => verbs::run::run(args),
        Verb::Explain(args) => verbs::explain::run(*args),
        Verb::Compare(args) => verbs::compare::run(*args),
        Verb::Worker(args) => verbs::worker::run(args),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("glassboard: {error:#}");
        verbs::exit_code(&error)
    })
}

/// Logs to stderr, `GLASSBOARD_LOG` filters them; stdout belongs to the answers.
fn start_logging() {
    let filter = EnvFilter::try_from_env("GLASSBOARD_LOG").unwrap_or_else(|_| EnvFilter::new("warn,glassboard=info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_target(false)
        .init();
}
