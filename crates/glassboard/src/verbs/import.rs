//! `glassboard import`: event files or log folders into the store.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use glassboard_ingest::{Place, Root, Stop, import_once, is_event_file, report};
use glassboard_server::{Lock, LockError, Served};
use glassboard_store::{Actor, Store, SystemClock};
use serde_json::{Value, json};

use super::serve::{data_home, runtime};
use crate::client::{Answer, Client};

/// Longest time that a server may take over one import.
const LONGEST: Duration = Duration::from_hours(24);

/// Arguments of `glassboard import`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Log folders, single event files, or `s3://BUCKET/PREFIX`.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The experiment they go into; without it each folder is an experiment of its own.
    #[arg(long, value_name = "NAME")]
    experiment: Option<String>,
    /// Database and uploaded files; the platform's data home by default.
    #[arg(long, value_name = "DIR", env = "GLASSBOARD_DATA_DIR")]
    data_dir: Option<PathBuf>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// Runs the verb.
#[expect(clippy::needless_pass_by_value, reason = "every verb takes its arguments by value")]
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    for path in &args.paths {
        if let Place::Bucket(_) = Place::named(path)? {
            continue;
        }
        anyhow::ensure!(
            path.exists(),
            "{} is not there; name a log folder or an event file",
            path.display()
        );
        let readable = path.is_dir() || is_event_file(path);
        anyhow::ensure!(
            readable,
            "{} is no event file: their names hold `tfevents`",
            path.display()
        );
    }
    let directory = match &args.data_dir {
        Some(directory) => directory.clone(),
        None => data_home()?,
    };
    let report = match Lock::take(&directory) {
        // Held until the end: a server that starts meanwhile is told so.
        Ok(_lock) => alone(&directory, &args.paths, args.experiment.as_deref())?,
        Err(LockError::Held {
            served: Some(served), ..
        }) => through(&served, &args.paths, args.experiment.as_deref())?,
        Err(error) => return Err(error.into()),
    };
    if args.json {
        println!("{report}");
    } else {
        print(&report);
    }
    Ok(ExitCode::SUCCESS)
}

/// Reads the paths into a data directory that is ours for the while.
fn alone(directory: &Path, paths: &[PathBuf], experiment: Option<&str>) -> anyhow::Result<Value> {
    let runtime = runtime()?;
    let store = runtime.block_on(Store::open(directory, Arc::new(SystemClock)))?;
    let mut done = Vec::with_capacity(paths.len());
    for path in paths {
        let root = Root {
            place: Place::named(path)?,
            name: experiment.map(str::to_owned),
        };
        let stop = Stop::default();
        done.push(import_once(&store, &Actor::OWNER, runtime.handle(), &root, &stop)?);
    }
    let report = runtime.block_on(report(&store, &Actor::OWNER, &done))?;
    runtime.block_on(store.close());
    Ok(report)
}

/// Has the server that holds the data directory read the paths: it alone may write there.
fn through(served: &Served, paths: &[PathBuf], experiment: Option<&str>) -> anyhow::Result<Value> {
    let absolute = paths
        .iter()
        .map(|path| {
            if let Place::Bucket(bucket) = Place::named(path)? {
                return Ok(bucket.to_string());
            }
            let path = path
                .canonicalize()
                .with_context(|| format!("{} cannot be read", path.display()))?;
            path.into_os_string()
                .into_string()
                .map_err(|path| anyhow::anyhow!("{} is not UTF-8; rename it, or stop the server first", path.display()))
        })
        .collect::<anyhow::Result<Vec<String>>>()?;
    let client = Client::at(&served.url, Some(served.key.clone()))?.patient(LONGEST);
    let asked = json!({ "paths": absolute, "experiment": experiment });
    client.post("/imports", &asked).and_then(Answer::json).with_context(|| {
        format!(
            "the server at {} serves this data directory and did not import",
            served.url
        )
    })
}

/// The same for people.
fn print(report: &Value) {
    let count = |key: &str| report[key].as_array().map_or(0, Vec::len);
    println!(
        "{} runs, {} points ({} new, from {} bytes)",
        count("runs"),
        report["points"],
        report["added_points"],
        report["read_bytes"]
    );
    for skip in report["skipped"].as_array().into_iter().flatten() {
        println!(
            "skipped {} bytes at {} of {}: {}",
            skip["bytes"],
            skip["offset"],
            skip["file"].as_str().unwrap_or_default(),
            skip["reason"].as_str().unwrap_or_default()
        );
    }
}
