//! Shapley values of one row at a time, timed: `kernel_bench MODEL.onnx ROWS.npz` reads `x` (`[rows, columns]`) and
//! `background` from the archive and, for each line `METHOD COALITIONS SEED CALLS` of its input, prints one JSON line:
//! seconds on the clock and of the CPU of each call over all rows, rows run forward, and the values of class 1.

use std::io::BufRead;
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
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let (Some(model), Some(rows)) = (arguments.next(), arguments.next()) else {
        anyhow::bail!("usage: kernel_bench MODEL.onnx ROWS.npz");
    };
    let model = Session::open(&model, Options::default())?;
    let mut archive = NpzReader::new(std::fs::File::open(&rows)?)?;
    let mut table = |name: &str| -> anyhow::Result<Array2<f64>> {
        archive
            .by_name::<OwnedRepr<f64>, Ix2>(name)
            .with_context(|| format!("no table {name} of doubles"))
    };
    let (x, background) = (table("x")?, table("background")?);
    let columns = Columns::unnamed(x.ncols());
    let targets = vec![1; x.nrows()];
    // Trees give probabilities themselves, as the output of that name.
    let (output, space) = match glassboard_model::Model::outputs(&model)
        .iter()
        .find(|o| *o == "probabilities")
    {
        Some(name) => (Some(name.clone()), OutputSpace::Raw),
        None => (None, OutputSpace::Probability),
    };
    let ask = AskRows::new(x.view(), Readout { output, space }, &targets, &columns)?;
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let words: Vec<&str> = line.split_whitespace().collect();
        let [method, coalitions, seed, calls] = words[..] else {
            anyhow::bail!("a line is METHOD COALITIONS SEED CALLS");
        };
        let (mut wall, mut busy, mut values, mut passes) = (Vec::new(), Vec::new(), Vec::new(), 0);
        for _ in 0..calls.parse::<usize>()? {
            let mut quiet = |_: f64, _: &str| {};
            let mut run = Runner::new(&model, &mut quiet, &|| false);
            let mut params: Map<String, Value> = Map::new();
            params.insert("coalitions".into(), coalitions.parse::<u64>()?.into());
            let extras = RowExtras {
                background: background.view(),
                truth: None,
                seed: seed.parse()?,
            };
            let (began, before) = (Instant::now(), cpu()?);
            let outcome = explain_rows(&mut run, &ask, method, &mut params, extras)?;
            wall.push(began.elapsed().as_secs_f64());
            busy.push(cpu()?.saturating_sub(before).as_secs_f64());
            passes = run.passes().forward;
            values = outcome.attribution.context("no attribution")?.iter().copied().collect();
        }
        println!(
            "{}",
            json!({ "wall": wall, "cpu": busy, "forward": passes, "values": values })
        );
    }
    Ok(())
}
