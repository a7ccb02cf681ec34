//! A method on one sentence, timed: `text_bench MODEL.onnx IDS.npy PAD TARGET METHOD PARAMS CALLS OUT.npy` reads the ids
//! (`[1, tokens]`, float32), writes the attribution (of `attention` the weights, `[layers, heads, query, key]`) of the
//! last call and prints one JSON line: seconds on the clock and of the CPU of each call, passes of the last.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Context;
use glassboard_engine::{Options, Session};
use glassboard_explain::text::{AskText, explain_text};
use glassboard_explain::{Ask, Readout, Runner};
use glassboard_model::{Array, Model, OutputSpace};
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
    let [model, ids, pad, target, method, params, calls, out] = &arguments[..] else {
        anyhow::bail!("usage: text_bench MODEL.onnx IDS.npy PAD TARGET METHOD PARAMS CALLS OUT.npy");
    };
    let session = Session::open(&PathBuf::from(model), Options::default())?;
    let pad: i64 = pad.parse()?;
    let tokens = session.of_tokens(pad);
    let model: &dyn Model = tokens.as_deref().unwrap_or(&session);
    let x: Array = read_npy(ids).with_context(|| format!("{ids} is no array of float32"))?;
    let params: Map<String, Value> = serde_json::from_str(params)?;
    let targets = [target.parse()?];
    let readout = Readout {
        output: None,
        space: OutputSpace::Raw,
    };
    let text = AskText::plain(Ask::new(&x, readout, &targets)?, pad as f32, 1.0)?;
    let (mut wall, mut busy, mut passes, mut last) = (Vec::new(), Vec::new(), Value::Null, None);
    for seed in 0..calls.parse()? {
        let mut quiet = |_: f64, _: &str| {};
        let mut run = Runner::new(model, &mut quiet, &|| false);
        let (start, before) = (Instant::now(), cpu()?);
        let outcome = explain_text(&mut run, &text, method, &mut params.clone(), seed)?;
        wall.push(start.elapsed().as_secs_f64());
        busy.push(cpu()?.saturating_sub(before).as_secs_f64());
        passes = json!(run.passes());
        last = Some(outcome);
    }
    let outcome = last.context("no call was asked for")?;
    let attention = outcome.arrays.iter().find(|(name, _)| name == "attention");
    match attention {
        Some((_, weights)) => write_npy(out, weights)?,
        None => write_npy(out, &outcome.attribution.context("no attribution")?)?,
    }
    println!("{}", json!({ "wall": wall, "cpu": busy, "passes": passes }));
    Ok(())
}
