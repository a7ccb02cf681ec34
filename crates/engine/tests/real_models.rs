//! Models of public repositories against onnxruntime, and hostile files.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may say so by panicking")]

#[expect(dead_code, reason = "other tests use the rest")]
mod support;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use glassboard_engine::{EngineError, Options, Reach, Session};
use serde_json::Value;
use support::{array, close, root};

/// What is known not to run, by a piece of its path.
const LATER: &[&str] = &["dropout_training_mode_true"];

fn real() -> Option<PathBuf> {
    let folder = root().join("../shared/data/real");
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: no real data");
    None
}

fn run(folder: &std::path::Path, file: &Value) -> Result<(), String> {
    let facts = &file["facts"];
    let session = Session::open_with(
        &folder.join(file["path"].as_str().unwrap()),
        Reach::Folder,
        Options::default(),
    )
    .map_err(|e| e.to_string())?;
    let expected = folder.join(facts["expected"].as_str().unwrap());
    let find = |kind: &str, name: &str| array(&expected, &format!("{kind}::{name}"));
    let inputs: Vec<_> = session
        .program()
        .inputs
        .iter()
        .map(|(_, p)| find("in", &p.name).ok_or_else(|| format!("no array for input {}", p.name)))
        .collect::<Result<_, _>>()?;
    let ran = session.execute(&inputs, &[]).map_err(|e| e.to_string())?;
    for ((_, port), got) in session.program().outputs.iter().zip(&ran.values) {
        if port.elem.is_none() {
            continue; // a map, which onnxruntime answers as Python objects
        }
        let Some(want) = find("out", &port.name) else {
            return Err(format!("no array for output {}", port.name));
        };
        if got.shape != want.shape {
            return Err(format!(
                "output {} has shape {:?}, expected {:?}",
                port.name, got.shape, want.shape
            ));
        }
        match (got.as_floats(), want.as_floats()) {
            (Some(a), Some(b)) => close(a, b, 1e-4, 1e-6)?,
            _ if got.data == want.data => {}
            _ => return Err(format!("output {} differs", port.name)),
        }
    }
    Ok(())
}

#[test]
fn real_models_agree_with_onnxruntime() {
    let Some(folder) = real() else { return };
    let manifest: Value =
        serde_json::from_str(&std::fs::read_to_string(folder.join("manifest.json")).unwrap()).unwrap();
    let mut failed = Vec::new();
    let mut passed = 0;
    for file in manifest["files"].as_array().unwrap() {
        if file["kind"] != "onnx" || file["facts"]["expected"].is_null() {
            continue;
        }
        let path = file["path"].as_str().unwrap();
        match run(&folder, file) {
            Ok(()) => passed += 1,
            Err(why) if LATER.iter().any(|l| path.contains(l)) => println!("later: {path}: {why}"),
            Err(why) => failed.push(format!("{path}: {why}")),
        }
    }
    println!("{passed} models agree");
    assert!(failed.is_empty(), "{failed:#?}");
    assert!(passed >= 40, "only {passed} models ran");
}

/// Opens and runs a file of any contents with small inputs of the declared shapes.
fn attempt(path: &std::path::Path) -> Result<(), EngineError> {
    let session = Session::open_with(
        path,
        Reach::Folder,
        Options {
            memory_limit: 256 << 20,
        },
    )?;
    let inputs: Vec<_> = session
        .program()
        .inputs
        .iter()
        .map(|(_, p)| {
            let shape: Vec<usize> = p.shape.iter().flatten().map(|d| d.known().unwrap_or(1)).collect();
            let n = shape.iter().product();
            match p.elem {
                Some(e) if !e.is_float() => glassboard_engine::Plain::int(shape, e, vec![0; n]),
                e => glassboard_engine::Plain::float(shape, e.unwrap_or(glassboard_engine::Elem::F32), vec![0.5; n]),
            }
        })
        .collect();
    session.execute(&inputs, &[]).map(|_| ())
}

#[test]
fn hostile_files_are_refused_in_a_second() {
    let Some(folder) = real() else { return };
    let folder = folder.join("evil");
    let expect: Value = serde_json::from_str(&std::fs::read_to_string(folder.join("expect.json")).unwrap()).unwrap();
    let mut wrong = Vec::new();
    for case in expect.as_array().unwrap() {
        let name = case["path"].as_str().unwrap();
        if name.strip_suffix(".onnx").is_none() {
            continue;
        }
        let start = Instant::now();
        let outcome = attempt(&folder.join(name));
        println!(
            "{name}: {}",
            outcome.as_ref().map_or_else(ToString::to_string, |()| "ran".into())
        );
        if start.elapsed() > Duration::from_secs(1) {
            wrong.push(format!("{name} took {:?}", start.elapsed()));
        }
        match (case["expect"].as_str().unwrap(), &outcome) {
            ("reject", Ok(())) => wrong.push(format!("{name} was accepted")),
            ("accept", Err(e)) => wrong.push(format!("{name} was refused: {e}")),
            _ => {}
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
