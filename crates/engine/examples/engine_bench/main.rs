//! Times the engine on the measurements of a folder that `bench/engine` prepares.
//!
//! ```text
//! engine_bench FOLDER [--only TEXT] [--calls N]   every measurement, one JSON line each
//! engine_bench FOLDER --serve                     reads `NAME CALLS [RESULT.npy]` lines, answers each
//!                                                 with one JSON line of all times; bench/engine does so
//! engine_bench --load MODEL INPUT.npy ...         what opening a model costs, in a process of its own
//! ```
//!
//! `FOLDER/measurements.json` lists what is measured ([`measure::Measurement`]).

use std::io::BufRead;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use serde_json::json;

mod load;
mod measure;

use measure::{Bench, Times};

fn main() -> anyhow::Result<()> {
    let mut given = std::env::args().skip(1);
    let (mut folder, mut only, mut calls, mut serve) = (None, String::new(), None, false);
    while let Some(arg) = given.next() {
        let mut value = || given.next().with_context(|| format!("{arg} needs a value"));
        match arg.as_str() {
            "--only" => only = value()?,
            "--calls" => calls = Some(value()?.parse::<usize>()?),
            "--serve" => serve = true,
            "--load" => {
                let model = value()?;
                let inputs: Vec<PathBuf> = given.by_ref().map(PathBuf::from).collect();
                println!("{}", load::load(Path::new(&model), &inputs)?);
                return Ok(());
            }
            other if other.starts_with("--") => bail!("there is no option {other}"),
            other => folder = Some(PathBuf::from(other)),
        }
    }
    let folder = folder.context("which folder? usage: engine_bench FOLDER [--only TEXT] [--calls N]")?;
    let mut bench = Bench::open(folder)?;
    if serve {
        return answer(&mut bench);
    }
    for name in bench.names() {
        if !name.contains(&only) {
            continue;
        }
        match bench.run(&name, calls, None) {
            Ok(times) => {
                let calls = times.wall.len();
                let (wall, cpu) = times.medians();
                println!(
                    "{}",
                    json!({ "name": name, "wall_median_s": wall, "cpu_median_s": cpu, "calls": calls })
                );
            }
            Err(error) => println!("{}", json!({ "name": name, "error": format!("{error:#}") })),
        }
    }
    Ok(())
}

fn answer(bench: &mut Bench) -> anyhow::Result<()> {
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let mut words = line.split_whitespace();
        let name = words.next().context("an empty line")?.to_owned();
        let calls = words.next().map(str::parse).transpose()?;
        let result = words.next().map(PathBuf::from);
        let found = bench.run(&name, calls, result.as_deref());
        println!(
            "{}",
            match found {
                Ok(Times { wall, cpu }) => json!({ "name": name, "wall": wall, "cpu": cpu }),
                Err(error) => json!({ "name": name, "error": format!("{error:#}") }),
            }
        );
    }
    Ok(())
}
