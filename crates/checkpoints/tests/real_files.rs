//! Every real file opens or is refused with a sentence; none panics or takes memory without bound.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may say so by panicking")]

use std::path::{Path, PathBuf};

use glassboard_checkpoints::{CheckpointError, Reach, scan};

fn real() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/real");
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: no real data");
    None
}

fn files(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, into);
        } else {
            into.push(path);
        }
    }
}

fn sentence(error: &CheckpointError) -> String {
    let text = error.to_string();
    assert!(text.len() > 20 && text.len() < 600, "not a sentence: {text}");
    assert!(!text.chars().any(char::is_control), "control characters: {text:?}");
    text
}

/// Refused by whoever runs the graph, not by whoever reads the file.
const RUN_TIME: [&str; 4] = [
    "onnx_unknown_domain.onnx",
    "onnx_expand_bomb.onnx",
    "onnx_neg_axis_far.onnx",
    "onnx_gather_oob.onnx",
];

#[test]
fn hostile_files_end_as_expected() {
    let Some(real) = real() else { return };
    let expect: serde_json::Value =
        serde_json::from_slice(&std::fs::read(real.join("evil/expect.json")).unwrap()).unwrap();
    let mut wrong = Vec::new();
    for entry in expect.as_array().unwrap() {
        let (name, wanted) = (entry["path"].as_str().unwrap(), entry["expect"].as_str().unwrap());
        let known = [".onnx", ".safetensors", ".pt", ".pkl", ".npy", ".gguf"];
        if !known.iter().any(|end| name.ends_with(end)) || RUN_TIME.contains(&name) {
            continue;
        }
        let found = scan(&real.join("evil").join(name), Reach::Folder, |_| false);
        let text = found.as_ref().err().map(sentence);
        println!("{name}: {wanted}: {}", text.as_deref().unwrap_or("accepted"));
        if (wanted == "reject" && found.is_ok()) || (wanted == "accept" && found.is_err()) {
            wrong.push(format!("{name} ({wanted}): {text:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn real_models_open() {
    let Some(real) = real() else { return };
    let mut paths = Vec::new();
    for folder in ["onnx", "safetensors", "pt", "torchscript"] {
        files(&real.join(folder), &mut paths);
    }
    let (mut opened, mut refused) = (0, Vec::new());
    for path in paths {
        let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
        if !["onnx", "safetensors", "pt", "pth", "bin", "ckpt"].contains(&extension) {
            continue;
        }
        match scan(&path, Reach::Folder, |_| false) {
            Ok((_, scan)) => {
                opened += 1;
                assert!(serde_json::to_string(&scan).is_ok());
            }
            Err(error) => refused.push(format!("{}: {}", path.display(), sentence(&error))),
        }
    }
    println!("{opened} opened; refused:\n{}", refused.join("\n"));
    assert!(
        opened > refused.len() * 4,
        "{opened} opened; refused:\n{}",
        refused.join("\n")
    );
}
