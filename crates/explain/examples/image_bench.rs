//! A method on one picture, timed: `image_bench MODEL.onnx X.npy TARGET METHOD PARAMS CALLS OUT.npy` reads the picture
//! (`[1, channels, height, width]`, float32), writes the last attribution and prints one JSON line: seconds on the clock
//! and of the CPU of each call, passes of the last.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Context;
use glassboard_engine::{Options, Session};
use glassboard_explain::{Ask, Extras, Readout, Runner, answer};
use glassboard_model::{Array, OutputSpace};
use ndarray_npy::{read_npy, write_npy};
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
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [model, picture, target, method, params, calls, out] = &arguments[..] else {
        anyhow::bail!("usage: image_bench MODEL.onnx X.npy TARGET METHOD PARAMS CALLS OUT.npy");
    };
    let model = Session::open(&PathBuf::from(model), Options::default())?;
    let x: Array = read_npy(picture).with_context(|| format!("{picture} is no array of float32"))?;
    let params: Map<String, Value> = serde_json::from_str(params)?;
    let targets = [target.parse()?];
    let space = if ["rise", "lime_image"].contains(&method.as_str()) {
        OutputSpace::Probability
    } else {
        OutputSpace::Raw
    };
    let ask = Ask::new(&x, Readout { output: None, space }, &targets)?;
    let baseline = vec![0.0; x.len()];
    let (mut wall, mut busy, mut passes, mut last) = (Vec::new(), Vec::new(), Value::Null, None);
    for seed in 0..calls.parse()? {
        let mut quiet = |_: f64, _: &str| {};
        let mut run = Runner::new(&model, &mut quiet, &|| false);
        let extras = Extras {
            baseline: &baseline,
            background: None,
            display: None,
            seed,
        };
        let (start, before) = (Instant::now(), cpu()?);
        let outcome = answer(&mut run, &ask, method, &mut params.clone(), extras)?;
        wall.push(start.elapsed().as_secs_f64());
        busy.push(cpu()?.saturating_sub(before).as_secs_f64());
        passes = json!(run.passes());
        last = outcome.attribution;
    }
    write_npy(out, &last.context("no attribution")?)?;
    println!("{}", json!({ "wall": wall, "cpu": busy, "passes": passes }));
    Ok(())
}
