//! TreeSHAP, timed: `tabular_trees MODEL ROWS.npy METHOD PARAMS RUNS OUT.npy [BACKGROUND.npy]`.
//!
//! `MODEL` is a native file of LightGBM or XGBoost, or trees as JSON; every output is explained. Prints wall and CPU
//! seconds of each run and the most memory the process had, as JSON; writes `[outputs, rows, ...]`.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, bail};
use glassboard_explain::tables::explain_rows;
use glassboard_explain::{AskRows, Columns, Readout, RowExtras, Runner};
use glassboard_glassbox::Body;
use glassboard_model::OutputSpace;
use ndarray::{Array2, ArrayD, Axis, stack};
use ndarray_npy::{read_npy, write_npy};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use serde_json::{Map, Value, json};

fn cpu() -> anyhow::Result<f64> {
    let usage = getrusage(UsageWho::RUSAGE_SELF)?;
    let micros = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    Ok(micros as f64 / 1e6)
}

/// Most memory the program had. (`getrusage` also counts the process that started it.)
fn peak_megabytes() -> anyhow::Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes: f64 = line.context("no VmHWM")?.trim().trim_end_matches(" kB").parse()?;
    Ok(kilobytes / 1024.0)
}

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [model, rows, method, params, runs, out, rest @ ..] = &arguments[..] else {
        bail!("usage: tabular_trees MODEL ROWS.npy METHOD PARAMS RUNS OUT.npy [BACKGROUND.npy]")
    };
    let rows: Array2<f64> = read_npy(rows)?;
    let background: Array2<f64> = match rest {
        [path, ..] => read_npy(path)?,
        [] => Array2::zeros((0, rows.ncols())),
    };
    let params: Map<String, Value> = serde_json::from_str(params)?;
    let bytes = std::fs::read(model).with_context(|| format!("cannot read {model}"))?;
    let glass = glassboard_glassbox::read(&bytes)?;
    let Body::Trees(ensemble) = &glass.body else {
        bail!("{model} holds no trees")
    };
    let outputs = ensemble.outputs;
    let model = glass.into_model();
    let columns = Columns::unnamed(rows.ncols());
    let (mut seconds, mut spent) = (Vec::new(), Vec::new());
    let mut values: Vec<ArrayD<f32>> = Vec::new();
    for _ in 0..runs.parse::<usize>()? {
        values.clear();
        let (began, before) = (Instant::now(), cpu()?);
        for output in 0..outputs {
            let targets = vec![output; rows.nrows()];
            let readout = Readout {
                output: None,
                space: OutputSpace::Raw,
            };
            let ask = AskRows::new(rows.view(), readout, &targets, &columns)?;
            let extras = RowExtras {
                background: background.view(),
                truth: None,
                seed: 0,
            };
            let (mut progress, cancelled) = (|_: f64, _: &str| {}, || false);
            let mut run = Runner::new(model.as_ref(), &mut progress, &cancelled);
            let outcome = explain_rows(&mut run, &ask, method, &mut params.clone(), extras)?;
            values.push(outcome.attribution.context("no attribution")?);
        }
        seconds.push(began.elapsed().as_secs_f64());
        spent.push(cpu()? - before);
    }
    let views: Vec<_> = values.iter().map(|a| a.view()).collect();
    write_npy(Path::new(out), &stack(Axis(0), &views)?)?;
    let peak = peak_megabytes()?;
    println!(
        "{}",
        json!({ "seconds": seconds, "cpu_seconds": spent, "peak_mb": peak })
    );
    Ok(())
}
