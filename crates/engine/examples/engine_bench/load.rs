//! What it costs to have a model ready.
//!
//! A session may put work off until it is needed. What opening costs is therefore the time of opening
//! and of the first pass, less the time of a later pass; and the memory is what is resident after it.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Context;
use glassboard_engine::{Options, Session, npy};
use serde_json::{Value, json};

use crate::measure::cpu;

/// A line of `/proc/self/status`, in bytes.
fn status(key: &str) -> anyhow::Result<u64> {
    let text = std::fs::read_to_string("/proc/self/status").context("reading /proc/self/status")?;
    let line = text.lines().find_map(|l| l.strip_prefix(key)?.strip_prefix(':'));
    let kib = line.and_then(|l| l.split_whitespace().next()).context("no such line")?;
    Ok(kib.parse::<u64>()? * 1024)
}

/// Opens the model and runs it three times.
pub fn load(model: &Path, inputs: &[PathBuf]) -> anyhow::Result<Value> {
    let inputs = inputs.iter().map(|p| npy::read(p)).collect::<Result<Vec<_>, _>>()?;
    let before = status("VmRSS")?;
    let (began, busy) = (Instant::now(), cpu()?);
    let session = Session::open(model, Options::default())?;
    let open = began.elapsed().as_secs_f64();
    let resident_open = status("VmRSS")?;
    drop(session.execute(&inputs, &[])?);
    let first = began.elapsed().as_secs_f64() - open;
    let cpu = cpu()?.saturating_sub(busy).as_secs_f64();
    let mut later = f64::INFINITY;
    for _ in 0..2 {
        let began = Instant::now();
        drop(session.execute(&inputs, &[])?);
        later = later.min(began.elapsed().as_secs_f64());
    }
    Ok(json!({
        "seconds": open + (first - later).max(0.0),
        "open_seconds": open,
        "first_pass_seconds": first,
        "later_pass_seconds": later,
        "cpu_seconds": cpu,
        "file_bytes": std::fs::metadata(model)?.len(),
        "before_bytes": before,
        "resident_open_bytes": resident_open,
        "resident_bytes": status("VmRSS")?,
        "peak_bytes": status("VmHWM")?,
    }))
}
