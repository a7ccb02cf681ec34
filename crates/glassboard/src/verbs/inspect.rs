//! `glassboard inspect`: what a file holds.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use glassboard_checkpoints::{CheckpointError, Reach, Scan, scan};
use glassboard_jobs::protocol::Fault;
use glassboard_worker::decode::{HEAD, picture_format};
use glassboard_worker::describe::describe;
use glassboard_worker::native;
use glassboard_worker::trouble::Trouble;
use serde_json::{Value, json};

use super::{Unsupported, inspect_events};

/// Most bytes of a picture, an array or a table.
const MOST_INPUT: u64 = 512 << 20;

/// Arguments of `glassboard inspect`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A model (ONNX, safetensors, PyTorch, native files of LightGBM, XGBoost and CatBoost), an event file or an input (npy, npz, png, jpg, csv).
    file: PathBuf,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// Runs the verb.
#[expect(clippy::needless_pass_by_value, reason = "every verb takes its arguments by value")]
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let found = if inspect_events::is_event_file(&args.file)? {
        inspect_events::inspect(&args.file)?
    } else if let Some(input) = inspect_input(&args.file)? {
        input
    } else {
        inspect_model(&args.file)?
    };
    if args.json {
        println!("{found}");
    } else {
        print(&found);
    }
    Ok(ExitCode::SUCCESS)
}

/// A picture, arrays or a table; `None` for what may be a model.
fn inspect_input(file: &Path) -> anyhow::Result<Option<Value>> {
    let mut head = [0u8; HEAD];
    let mut opened = File::open(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let length = opened.metadata()?.len();
    let read = opened
        .read(&mut head)
        .with_context(|| format!("{} cannot be read", file.display()))?;
    let is_table = file
        .extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("csv"));
    let head = &head[..read];
    let magic: [&[u8]; 2] = [b"\x93NUMPY", b"PK\x03\x04"];
    let known = picture_format(head).is_some() || magic.iter().any(|magic| head.starts_with(magic));
    // A checkpoint of PyTorch is a zip too; a large zip is always one.
    if length > MOST_INPUT || !(is_table || known) {
        return Ok(None);
    }
    let bytes = std::fs::read(file).with_context(|| format!("{} cannot be read", file.display()))?;
    match describe(&bytes, is_table) {
        // A zip that cannot be read as npz may still be a checkpoint, whose own reader says more.
        Err(_) if head.starts_with(b"PK") => Ok(None),
        Err(Trouble {
            fault: Fault::Unsupported,
            message,
        }) => Err(Unsupported(message).into()),
        other => Ok(other?),
    }
}

fn inspect_model(file: &Path) -> anyhow::Result<Value> {
    match native::open(file) {
        Ok(None) => {}
        Ok(Some(glass)) => return Ok(native::shown(&glass)),
        Err(Trouble {
            fault: Fault::Unsupported,
            message,
        }) => return Err(Unsupported(message).into()),
        Err(trouble) => return Err(trouble.into()),
    }
    let (_, scan) = scan(file, Reach::Folder, |_| false).map_err(|error| match error {
        CheckpointError::Unsupported(sentence) => anyhow::Error::from(Unsupported(sentence)),
        other => other.into(),
    })?;
    Ok(shown(&scan))
}

/// The object that `--json` prints.
fn shown(scan: &Scan) -> Value {
    let graph = scan.graph.as_ref().map(|graph| {
        let mut operators: BTreeMap<&str, usize> = BTreeMap::new();
        for node in &graph.nodes {
            *operators.entry(&node.op).or_default() += 1;
        }
        json!({ "nodes": graph.nodes.len(), "ops": operators, "inputs": scan.inputs, "outputs": scan.outputs })
    });
    json!({
        "format": scan.format,
        "parameters": scan.parameters,
        "tensors": scan.tensors,
        "graph": graph,
        "metadata": scan.metadata,
        "preprocess": scan.preprocess,
        "export_hint": scan.export_hint,
    })
}

/// The same for people.
fn print(found: &Value) {
    println!("{}", found["format"].as_str().unwrap_or_default());
    for (name, value) in [
        ("width", &found["width"]),
        ("height", &found["height"]),
        ("rows", &found["rows"]),
    ] {
        if let Some(value) = value.as_u64() {
            println!("  {name} {value}");
        }
    }
    for column in found["columns"].as_array().into_iter().flatten() {
        println!("  column {}", text(column));
    }
    for tag in found["tags"].as_array().into_iter().flatten() {
        println!(
            "  {:<10} {:>8} points  {}",
            text(&tag["kind"]),
            tag["points"],
            text(&tag["tag"])
        );
    }
    for skipped in found["skipped"].as_array().into_iter().flatten() {
        println!("  skipped at {}: {}", skipped["offset"], text(&skipped["reason"]));
    }
    if let Some(graph) = found["graph"].as_object() {
        println!("{} nodes", graph["nodes"]);
        for (operator, count) in graph["ops"].as_object().into_iter().flatten() {
            println!("  {count:>6} {operator}");
        }
        for (what, ports) in [("input", &graph["inputs"]), ("output", &graph["outputs"])] {
            for port in ports.as_array().into_iter().flatten() {
                println!(
                    "  {what} {} {} {}",
                    text(&port["name"]),
                    text(&port["dtype"]),
                    port["shape"]
                );
            }
        }
    }
    for tensor in found["tensors"].as_array().into_iter().flatten() {
        let number = |key: &str| {
            tensor[key]
                .as_f64()
                .map_or("-".to_owned(), |value| format!("{value:.4}"))
        };
        println!(
            "  {:<5} {:<20} mean {:>10} std {:>10} min {:>10} max {:>10}  {}",
            text(&tensor["dtype"]),
            tensor["shape"].to_string(),
            number("mean"),
            number("std"),
            number("min"),
            number("max"),
            text(&tensor["name"])
        );
    }
    if found["glassbox"].is_object() {
        print_native(&found["glassbox"]);
    }
    if let Some(hint) = found["export_hint"].as_str() {
        println!("No graph in this file. To run and explain it, export ONNX:\n  {hint}");
    }
}

/// A model of trees, or a linear one.
fn print_native(found: &Value) {
    for name in ["library", "version", "objective"] {
        if found[name].is_string() {
            println!("  {name} {}", text(&found[name]));
        }
    }
    if let Some(trees) = found["trees"].as_object() {
        println!(
            "  {} trees, {} leaves, depth {}, {} outputs",
            trees["count"], trees["leaves"], trees["depth"], trees["outputs"]
        );
    }
    for feature in found["features"].as_array().into_iter().flatten() {
        let gain = feature["gain"]
            .as_f64()
            .map_or_else(|| "-".to_owned(), |gain| format!("{gain:.4}"));
        let kind = feature["categories"]
            .as_array()
            .map_or_else(String::new, |list| format!("  {} categories", list.len()));
        println!(
            "  feature {:<30} {:>8} splits  gain {gain}{kind}",
            text(&feature["name"]),
            feature["splits"]
        );
    }
    for note in found["notes"].as_array().into_iter().flatten() {
        println!("  {}", text(note));
    }
}

/// A string of the file, safe for a terminal.
fn text(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_default()
        .chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect()
}
