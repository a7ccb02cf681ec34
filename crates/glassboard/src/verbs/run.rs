//! `glassboard run`: execute a model once on arrays from a folder.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, bail};
use glassboard_engine::{EngineError, Options, Plain, PlainData, Reach, Session, npy};
use serde_json::{Value, json};

use super::Unsupported;

/// Arguments of `glassboard run`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// An ONNX file.
    model: PathBuf,
    /// Folder with `input_0.npy`, `input_1.npy` ... in graph order, initialisers excluded.
    #[arg(long, value_name = "DIR")]
    inputs: PathBuf,
    /// Folder for `output_0.npy` ...; made if absent.
    #[arg(long, value_name = "DIR")]
    outputs: PathBuf,
    /// Also write the value of this name as `capture_<name>.npy` (`/` as `_`).
    #[arg(long, value_name = "NAME")]
    capture: Vec<String>,
    /// Bytes that values made during the run may occupy together.
    #[arg(long, value_name = "SIZE", default_value = "8GiB", value_parser = super::amount::size)]
    memory_limit: u64,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// Runs the verb.
#[expect(clippy::needless_pass_by_value, reason = "every verb takes its arguments by value")]
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let session = Session::open_with(
        &args.model,
        Reach::Folder,
        Options {
            memory_limit: args.memory_limit,
        },
    )
    .map_err(sorted)?;
    let ports = &session.program().inputs;
    let mut inputs = Vec::with_capacity(ports.len());
    for (i, (_, port)) in ports.iter().enumerate() {
        let path = args.inputs.join(format!("input_{i}.npy"));
        let given = npy::read(&path).with_context(|| format!("input `{}` from {}", port.name, path.display()))?;
        inputs.push(match port.elem {
            Some(elem) => fit(given, elem).with_context(|| format!("input `{}` from {}", port.name, path.display()))?,
            None => given,
        });
    }
    let mut wanted: Vec<&str> = session.program().outputs.iter().map(|(_, p)| p.name.as_str()).collect();
    let outputs = wanted.len();
    wanted.extend(args.capture.iter().map(String::as_str));
    let start = Instant::now();
    let done = session.execute(&inputs, &wanted).map_err(sorted)?;
    let seconds = start.elapsed().as_secs_f64();

    std::fs::create_dir_all(&args.outputs).with_context(|| format!("making {}", args.outputs.display()))?;
    let mut written = Vec::new();
    for (i, (name, value)) in wanted.iter().zip(&done.values).enumerate() {
        let file = if i < outputs {
            format!("output_{i}.npy")
        } else {
            capture_file(name)
        };
        let path = args.outputs.join(&file);
        npy::write(&path, value).with_context(|| format!("writing {}", path.display()))?;
        let mut entry = describe(name, value);
        entry["file"] = json!(path);
        written.push(entry);
    }
    let given: Vec<Value> = ports
        .iter()
        .zip(&inputs)
        .map(|((_, p), v)| describe(&p.name, v))
        .collect();
    if args.json {
        println!(
            "{}",
            json!({ "inputs": given, "outputs": written, "seconds": seconds, "peak_bytes": done.peak_bytes })
        );
    } else {
        print(&written, seconds, &args.outputs);
    }
    Ok(ExitCode::SUCCESS)
}

fn print(written: &[Value], seconds: f64, folder: &Path) {
    for entry in written {
        println!(
            "{} {} {}",
            entry["name"].as_str().unwrap_or_default(),
            entry["dtype"].as_str().unwrap_or_default(),
            entry["shape"]
        );
    }
    println!("{seconds:.3} s, written to {}", folder.display());
}

/// A value's name is text from the file: only plain characters become part of a path.
fn capture_file(name: &str) -> String {
    let safe = |c: char| {
        if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') {
            c
        } else {
            '_'
        }
    };
    format!("capture_{}.npy", name.chars().map(safe).take(200).collect::<String>())
}

fn describe(name: &str, value: &Plain) -> Value {
    json!({ "name": name, "dtype": value.elem.name(), "shape": value.shape })
}

/// Errors that mean "not supported" become exit code 3.
fn sorted(error: EngineError) -> anyhow::Error {
    match error {
        EngineError::Unsupported(sentence) => Unsupported(sentence).into(),
        other => other.into(),
    }
}

/// The array in the element type the graph declares, where no number is lost.
fn fit(given: Plain, elem: glassboard_engine::Elem) -> anyhow::Result<Plain> {
    if given.elem == elem {
        return Ok(given);
    }
    Ok(match &given.data {
        PlainData::Text(_) => bail!("it should be {}, and holds strings", elem.name()),
        PlainData::Int(v) if !elem.is_float() => {
            if let Some(v) = v.iter().find(|v| elem.wrap(**v) != **v) {
                bail!("it should be {}, and {v} does not fit", elem.name());
            }
            Plain::int(given.shape.clone(), elem, v.to_vec())
        }
        PlainData::Float(_) | PlainData::Double(_) | PlainData::Int(_) => {
            let v = given.to_doubles().unwrap_or_default();
            if elem == glassboard_engine::Elem::F64 {
                Plain::double(given.shape, v)
            } else if elem.is_float() {
                Plain::float(given.shape, elem, v.iter().map(|&v| v as f32).collect())
            } else {
                if let Some(v) = v
                    .iter()
                    .find(|v| v.fract() != 0.0 || elem.wrap(**v as i64) != **v as i64)
                {
                    bail!("it should be {}, and {v} does not fit", elem.name());
                }
                Plain::int(given.shape, elem, v.iter().map(|&v| v as i64).collect())
            }
        }
    })
}
