//! Runs full-size models on torch's inputs and writes what torch is compared with.
//!
//! ```text
//! bench_engine.py export OUT
//! cargo run --release -p glassboard-engine --example engine_check -- OUT RESULTS [NAME ...]
//! bench_engine.py check OUT RESULTS
//! ```
//!
//! `OUT/manifest.json` names the models, the explained class and the values asked about; `OUT/NAME.npz`
//! holds `in_INPUT`. Written are `RESULTS/NAME.npz` with `out_OUTPUT`, `act_K`, `grad_input` and
//! `grad_act_K`. All gradients of a model come from one pass back.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, bail};
use glassboard_engine::{Elem, Options, Plain, Session, npy};
use glassboard_model::{OutputSpace, Target};
use serde_json::Value;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

#[path = "../tests/support/means.rs"]
mod means;

fn main() -> anyhow::Result<()> {
    let given: Vec<String> = std::env::args().skip(1).collect();
    let [out, results, only @ ..] = given.as_slice() else {
        bail!("usage: engine_check OUT RESULTS [NAME ...]");
    };
    let (out, results) = (Path::new(out), Path::new(results));
    std::fs::create_dir_all(results)?;
    let manifest: Value = serde_json::from_slice(&std::fs::read(out.join("manifest.json"))?)?;
    let mut failed = 0;
    for (name, facts) in manifest.as_object().context("manifest.json is no object")? {
        if !only.is_empty() && !only.contains(name) {
            continue;
        }
        let began = Instant::now();
        match run(out, results, name, facts) {
            Ok(()) => println!("{name}: {:.1} s", began.elapsed().as_secs_f64()),
            Err(error) => {
                failed += 1;
                println!("{name}: {error:#}");
            }
        }
    }
    if failed > 0 {
        bail!("{failed} models failed");
    }
    Ok(())
}

fn run(out: &Path, results: &Path, name: &str, facts: &Value) -> anyhow::Result<()> {
    let path = out.join(format!("{name}.onnx"));
    let session = Session::open(&path, Options::default())?;
    let mut arrays = ZipArchive::new(File::open(out.join(format!("{name}.npz")))?)?;
    let mut inputs = Vec::new();
    for (_, port) in &session.program().inputs {
        let mut bytes = Vec::new();
        arrays
            .by_name(&format!("in_{}.npy", port.name))?
            .read_to_end(&mut bytes)?;
        inputs.push(npy::parse(&bytes)?);
    }
    let mut written = ZipWriter::new(File::create(results.join(format!("{name}.npz")))?);
    let mut write = |key: &str, value: &Plain| -> anyhow::Result<()> {
        written.start_file(
            format!("{key}.npy"),
            SimpleFileOptions::default().compression_method(CompressionMethod::Stored),
        )?;
        Ok(npy::write_to(&mut written, value)?)
    };

    let done = session.execute(&inputs, &[])?;
    for ((_, port), value) in session.program().outputs.iter().zip(&done.values) {
        write(&format!("out_{}", port.name), value)?;
    }
    let Some(asked) = facts["arrays"].as_object() else {
        written.finish()?;
        return Ok(());
    };
    // `grad_input` and `grad_act_0` beside `act_0`, which is the value that the pass back sees as well.
    let gradients: Vec<&String> = asked.keys().filter(|key| key.starts_with("grad_")).collect();
    let at: Vec<&str> = gradients
        .iter()
        .map(|key| {
            asked[*key]["value"]
                .as_str()
                .with_context(|| format!("{key} names no value"))
        })
        .collect::<Result<_, _>>()?;
    let rows = inputs.first().and_then(|x| x.shape.first()).copied().unwrap_or(1);
    let class = facts["target"].as_u64().context("the manifest names no class")? as usize;
    let output = facts["output"].as_str().context("the manifest names no output")?;
    let (session, output, pixels) = match done.values.first().map(|y| y.shape.as_slice()) {
        // What is explained of a map is the sum over its pixels.
        Some([_, _, pixels @ ..]) if !pixels.is_empty() => {
            let session = means::with_means(std::fs::read(&path)?, output)?;
            (session, means::NAME, pixels.iter().product::<usize>())
        }
        _ => (session, output, 1),
    };
    let target = Target {
        output: Some(output.to_owned()),
        space: OutputSpace::Raw,
        targets: vec![class; rows],
    };
    let found = session.differentiate(&inputs, &[], &at, &target)?;
    for ((key, value), gradient) in gradients.iter().zip(&found.values).zip(&found.gradients) {
        let numbers = gradient.as_floats().context("a gradient is of floats")?;
        let numbers = numbers.iter().map(|v| v * pixels as f32).collect();
        write(key, &Plain::float(gradient.shape.clone(), Elem::F32, numbers))?;
        if let Some(activation) = key.strip_prefix("grad_").filter(|k| asked.contains_key(*k)) {
            write(activation, value)?;
        }
    }
    written.finish()?;
    Ok(())
}
