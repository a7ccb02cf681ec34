//! Scores the engine against an exported ONNX conformance suite, all cases in one process.
//!
//! ```text
//! cargo run --release -p glassboard-engine --example suite -- FOLDER
//!     [--only TEXT]        cases whose name holds TEXT, and cases of the operator TEXT
//!     [--recommended]      float and basic types; no training, randomness, sequences, strings
//!     [--list-failures]    one line a case that does not pass, with the reason
//!     [--json FILE]        totals, operators and cases
//!     [--seconds N]        time limit of one case (30)
//!     [--jobs N]           cases at the same time (the machine's cores)
//!     [--trace]            names each case on stderr before it starts
//! ```
//!
//! `FOLDER` holds `index.json` and for each case `KIND/NAME/{model.onnx,meta.json,set_K/*.npy}`, as
//! `bench/conformance` exports them. A case passes when every output has the expected shape and type
//! and its numbers are within the suite's own tolerance (see `compare`).

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Mutex, mpsc};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

mod case;
mod compare;
mod report;

use case::{Case, Outcome, Status};

struct Args {
    folder: PathBuf,
    only: Option<String>,
    recommended: bool,
    list_failures: bool,
    json: Option<PathBuf>,
    limit: Duration,
    jobs: usize,
    trace: bool,
}

fn args() -> anyhow::Result<Args> {
    let mut found = Args {
        folder: PathBuf::new(),
        only: None,
        recommended: false,
        list_failures: false,
        json: None,
        limit: Duration::from_secs(30),
        jobs: std::thread::available_parallelism().map_or(1, usize::from),
        trace: false,
    };
    let mut given = std::env::args().skip(1);
    while let Some(arg) = given.next() {
        let mut value = || given.next().with_context(|| format!("{arg} needs a value"));
        match arg.as_str() {
            "--only" => found.only = Some(value()?),
            "--recommended" => found.recommended = true,
            "--list-failures" => found.list_failures = true,
            "--json" => found.json = Some(value()?.into()),
            "--seconds" => found.limit = Duration::from_secs_f64(value()?.parse()?),
            "--jobs" => found.jobs = value()?.parse::<usize>()?.max(1),
            "--trace" => found.trace = true,
            other if other.starts_with("--") => bail!("there is no option {other}"),
            folder => found.folder = folder.into(),
        }
    }
    if found.folder.as_os_str().is_empty() {
        bail!("which folder? usage: suite FOLDER [--only TEXT] [--recommended] [--list-failures] [--json FILE]");
    }
    Ok(found)
}

fn main() -> anyhow::Result<()> {
    let args = args()?;
    let mut cases = case::list(&args.folder)?;
    if args.recommended {
        cases.retain(Case::recommended);
    }
    if let Some(text) = &args.only {
        cases.retain(|c| c.name.contains(text) || c.ops.iter().any(|op| op.eq_ignore_ascii_case(text)));
    }
    if cases.is_empty() {
        bail!("no case of {} matches", args.folder.display());
    }
    // Kernels that panic are an outcome; their backtraces would bury the table.
    std::panic::set_hook(Box::new(|_| {}));
    let began = Instant::now();
    let outcomes = run_all(&cases, &args);
    report::print(&cases, &outcomes, began.elapsed(), args.list_failures);
    if let Some(path) = &args.json {
        let text = serde_json::to_string_pretty(&report::json(&cases, &outcomes))?;
        std::fs::write(path, text + "\n").with_context(|| format!("writing {}", path.display()))?;
    }
    // Cases that ran out of time still hold their threads.
    std::process::exit(0)
}

fn run_all(cases: &[Case], args: &Args) -> Vec<Outcome> {
    let queue: Mutex<VecDeque<usize>> = Mutex::new((0..cases.len()).collect());
    let done: Mutex<Vec<Option<Outcome>>> = Mutex::new(cases.iter().map(|_| None).collect());
    let lock = |m: &Mutex<VecDeque<usize>>| m.lock().ok().and_then(|mut q| q.pop_front());
    std::thread::scope(|scope| {
        for _ in 0..args.jobs {
            scope.spawn(|| {
                while let Some(index) = lock(&queue) {
                    let case = &cases[index];
                    if args.trace {
                        eprintln!("{}/{}", case.kind, case.name);
                    }
                    let outcome = limited(case, &args.folder, args.limit);
                    if let Ok(mut done) = done.lock() {
                        done[index] = Some(outcome);
                    }
                }
            });
        }
    });
    let lost = || Outcome::new(Status::Crash, "its thread ended without an answer");
    let done = done.into_inner().unwrap_or_default();
    done.into_iter().map(|o| o.unwrap_or_else(lost)).collect()
}

/// Runs one case on a thread of its own, which is abandoned when its time is over.
fn limited(case: &Case, folder: &std::path::Path, limit: Duration) -> Outcome {
    let (send, receive) = mpsc::sync_channel(1);
    let (own, folder) = (case.clone(), folder.to_owned());
    let started = std::thread::Builder::new().stack_size(8 << 20).spawn(move || {
        let ran = std::panic::catch_unwind(|| case::run(&own, &folder));
        let outcome = ran.unwrap_or_else(|payload| {
            let text = payload.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| payload.downcast_ref::<&str>().copied());
            Outcome::new(Status::Crash, text.unwrap_or("a panic without a message"))
        });
        let _ = send.send(outcome);
    });
    if let Err(error) = started {
        return Outcome::new(Status::Error, error.to_string());
    }
    match receive.recv_timeout(limit) {
        Ok(outcome) => outcome,
        Err(mpsc::RecvTimeoutError::Timeout) => Outcome::new(Status::Timeout, format!("no answer after {limit:?}")),
        Err(mpsc::RecvTimeoutError::Disconnected) => Outcome::new(Status::Crash, "its thread ended without an answer"),
    }
}
