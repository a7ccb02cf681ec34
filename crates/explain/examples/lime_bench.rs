//! LIME of one row at a time, timed: `lime_bench MODEL.onnx ROWS.npz SAMPLES CALLS` reads `x` (`[rows, columns]`) and
//! `background` from the archive and prints one JSON line: seconds on the clock and of the CPU of each call, R² and the
//! coefficients of class 1.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Context;
use glassboard_engine::{Options, Session};
use glassboard_explain::tables::explain_rows;
use glassboard_explain::{AskRows, Columns, Readout, RowExtras, Runner};
use glassboard_model::OutputSpace;
use ndarray::{Array2, Ix2, OwnedRepr};
use ndarray_npy::NpzReader;
use nix::sys::resource::{UsageWho, getrusage};
use serde_json::{Map, Value, json};

/// CPU time of all threads so far.
fn cpu() -> anyhow::Result<Duration> {
    let usage = getrusage(UsageWho::RUSAGE_SELF)?;
    let spent =
        |t: nix::sys::time::TimeVal| Duration::from_secs(t.tv_sec() as u64) + Duration::from_micros(t.tv_usec() as u64);
    Ok(spent(usage.user_time()) + spent(usage.system_time()))
}

fn main() -> anyhow::Result<()> {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [model, rows, samples, calls] = &arguments[..] else {
        anyhow::bail!("usage: lime_bench MODEL.onnx ROWS.npz SAMPLES CALLS");
    };
    let number = |text: &PathBuf| -> anyhow::Result<u64> { Ok(text.to_string_lossy().parse()?) };
    let model = Session::open(model, Options::default())?;
    let mut archive = NpzReader::new(std::fs::File::open(rows)?)?;
    let mut table = |name: &str| -> anyhow::Result<Array2<f64>> {
        archive
            .by_name::<OwnedRepr<f64>, Ix2>(name)
            .with_context(|| format!("no table {name} of doubles"))
    };
    let (x, background) = (table("x")?, table("background")?);
    let columns = Columns::unnamed(x.ncols());
    let targets = vec![1; x.nrows()];
    let readout = Readout {
        output: None,
        space: OutputSpace::Probability,
    };
    let ask = AskRows::new(x.view(), readout, &targets, &columns)?;
    let (mut wall, mut busy, mut told) = (Vec::new(), Vec::new(), Value::Null);
    for seed in 0..number(calls)? {
        let mut quiet = |_: f64, _: &str| {};
        let mut run = Runner::new(&model, &mut quiet, &|| false);
        let mut params: Map<String, Value> = Map::new();
        params.insert("samples".into(), number(samples)?.into());
        let extras = RowExtras {
            background: background.view(),
            truth: None,
            seed,
        };
        let (start, before) = (Instant::now(), cpu()?);
        let outcome = explain_rows(&mut run, &ask, "lime_tabular", &mut params, extras)?;
        wall.push(start.elapsed().as_secs_f64());
        busy.push(cpu()?.saturating_sub(before).as_secs_f64());
        told = outcome.found["rows"].clone();
    }
    println!("{}", json!({ "wall": wall, "cpu": busy, "rows": told }));
    Ok(())
}
