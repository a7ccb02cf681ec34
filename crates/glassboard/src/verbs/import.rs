//! `glassboard import`: event files or log folders into the store.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use glassboard_ingest::{Imported, Root, Stop, import_once, is_event_file};
use glassboard_server::Lock;
use glassboard_store::{Actor, Store, SystemClock};
use serde_json::{Value, json};

use super::serve::{data_home, runtime};

/// Arguments of `glassboard import`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Log folders, or single event files.
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
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    for path in &args.paths {
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
    let directory = match args.data_dir {
        Some(directory) => directory,
        None => data_home()?,
    };
    // Held until the end: a server that starts meanwhile is told so.
    let _lock = Lock::take(&directory)?;
    let runtime = runtime()?;
    let store = runtime.block_on(Store::open(&directory, Arc::new(SystemClock)))?;
    let mut done = Vec::with_capacity(args.paths.len());
    for path in args.paths {
        let root = Root {
            path,
            name: args.experiment.clone(),
        };
        done.push(import_once(
            &store,
            &Actor::OWNER,
            runtime.handle(),
            &root,
            &Stop::default(),
        )?);
    }
    let report = runtime.block_on(report(&store, &done))?;
    runtime.block_on(store.close());
    if args.json {
        println!("{report}");
    } else {
        print(&report);
    }
    Ok(ExitCode::SUCCESS)
}

/// What the store now holds of the files named. `points` and `bytes` are of those files as a whole,
/// `added_points` and `read_bytes` of this time: nothing is read twice.
async fn report(store: &Store, done: &[Imported]) -> anyhow::Result<Value> {
    let actor = &Actor::OWNER;
    let mut experiments: BTreeMap<&str, Vec<&Imported>> = BTreeMap::new();
    for import in done {
        experiments.entry(&import.experiment).or_default().push(import);
    }
    let (mut runs, mut skipped) = (Vec::new(), Vec::new());
    let (mut points, mut bytes) = (0, 0);
    for (slug, imports) in experiments {
        let Some(id) = imports.first().and_then(|import| import.id) else {
            continue;
        };
        let is_ours = |path: &String| imports.iter().any(|import| import.files.binary_search(path).is_ok());
        let files = store.log_files(actor, id).await?;
        let mut series: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for file in files.into_iter().filter(|file| is_ours(&file.path)) {
            bytes += file.mark.position;
            series.entry(file.run).or_default();
        }
        for one in store.log_series(actor, id, None).await? {
            if let Some(series) = series.get_mut(&one.run) {
                points += one.points;
                series.push(json!({ "tag": one.tag, "kind": one.kind, "points": one.points }));
            }
        }
        runs.extend(
            series
                .into_iter()
                .map(|(name, series)| json!({ "experiment": slug, "name": name, "series": series })),
        );
        for (_, skip) in store.log_skips(actor, id).await? {
            if is_ours(&skip.file) {
                skipped.push(
                    json!({ "file": skip.file, "offset": skip.offset, "bytes": skip.bytes, "reason": skip.reason }),
                );
            }
        }
    }
    Ok(json!({
        "runs": runs,
        "points": points,
        "bytes": bytes,
        "skipped": skipped,
        "added_points": done.iter().map(|import| import.points).sum::<u64>(),
        "read_bytes": done.iter().map(|import| import.bytes).sum::<u64>(),
    }))
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
