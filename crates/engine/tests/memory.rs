//! Memory predicted before a run against what the run held, and refusals with the number.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may say so by panicking")]

#[expect(dead_code, reason = "other tests use the rest")]
mod support;

use std::path::PathBuf;

use glassboard_engine::shapes::Pass;
use glassboard_engine::{EngineError, Options, Plain, PlainData, Session};
use glassboard_model::{Model, ModelError, OutputSpace, Target};
use support::{array, floats, root};

/// Predicted and counted bytes of one forward run of the outputs.
fn forward(session: &Session, inputs: &[Plain]) -> (u64, u64) {
    let shapes: Vec<&[usize]> = inputs.iter().map(|p| p.shape.as_slice()).collect();
    let need = session.predict(&shapes, &[]).unwrap();
    assert_eq!(need.unknown, 0);
    let ran = session.execute(inputs, &[]).unwrap();
    (need.bytes, ran.peak_bytes - session.constant_bytes())
}

fn judge(name: &str, (predicted, counted): (u64, u64)) {
    let ratio = predicted as f64 / counted as f64;
    println!("{name}: predicted {predicted}, held {counted}, ratio {ratio:.3}");
    assert!((0.8..=1.25).contains(&ratio), "{name}: {predicted} for {counted}");
}

/// Golden models with the input their forward case has.
fn goldens() -> Vec<(PathBuf, Plain)> {
    let folder = root().join("tests/fixtures/goldens");
    let manifest: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(folder.join("manifest.json")).unwrap()).unwrap();
    let cases = manifest["cases"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|c| c["method"] == "forward");
    let found: Vec<_> = cases
        .map(|case| {
            let file = folder.join(case["input_file"].as_str().unwrap());
            let input = array(&file, "in_x").or_else(|| array(&file, "in_tokens")).unwrap();
            (
                folder.join(format!("models/{}.onnx", case["model"].as_str().unwrap())),
                input,
            )
        })
        .collect();
    assert!(found.len() >= 6);
    found
}

#[test]
fn forward_runs_hold_what_was_predicted() {
    for (path, input) in goldens() {
        let session = Session::open(&path, Options::default()).unwrap();
        judge(&path.to_string_lossy(), forward(&session, &[input]));
    }
}

#[test]
fn architectures_hold_what_was_predicted() {
    for name in ["encoder", "lstm", "residual", "unet", "vit"] {
        let file = root().join(format!("tests/fixtures/gradients/{name}.npz"));
        let Some(PlainData::Int(model)) = array(&file, "model").map(|model| model.data) else {
            panic!("{name} holds no model")
        };
        let model: Vec<u8> = model.iter().map(|&byte| byte as u8).collect();
        let session = Session::from_bytes(&model, Options::default()).unwrap();
        let ports = session.program().inputs.iter();
        let inputs: Vec<Plain> = ports
            .map(|(_, p)| array(&file, &format!("in_{}", p.name)).unwrap())
            .collect();
        judge(name, forward(&session, &inputs));
    }
}

/// A pass that would not fit is refused with the number, forward and backward, before it runs.
#[test]
fn what_would_not_fit_is_refused_with_the_number() {
    let folder = root().join("tests/fixtures/goldens");
    let (path, _) = goldens().into_iter().find(|(p, _)| p.ends_with("cnn32.onnx")).unwrap();
    let open = |memory_limit| Session::open(&path, Options { memory_limit }).unwrap();
    let x = Plain::float(vec![64, 1, 32, 32], glassboard_engine::Elem::F32, vec![0.5; 64 * 1024]);
    let need = open(u64::MAX).predict(&[&x.shape], &[]).unwrap();
    assert!(open(need.bytes).execute(std::slice::from_ref(&x), &[]).is_ok());
    let error = open(need.bytes - 1).execute(std::slice::from_ref(&x), &[]).unwrap_err();
    assert!(
        matches!(
            error,
            EngineError::TooLarge {
                rows: 64,
                pass: Pass::Forward,
                ..
            }
        ),
        "{error:?}"
    );
    let text = error.to_string();
    assert!(text.starts_with("running a batch of 64 needs "), "{text}");
    assert!(
        text.ends_with("; use a smaller batch or raise the memory limit"),
        "{text}"
    );

    let rows = floats(&folder.join(case_file("cnn32")), "in_x");
    let target = Target {
        output: None,
        space: OutputSpace::Raw,
        targets: vec![0; rows.shape()[0]],
    };
    assert!(open(u64::MAX).gradient(&rows.view(), &target).is_ok());
    let error = open(100_000).gradient(&rows.view(), &target).unwrap_err();
    assert!(matches!(error, ModelError::TooLarge(_)), "{error:?}");
    assert!(error.to_string().starts_with("explaining a batch of "), "{error}");
}

fn case_file(model: &str) -> String {
    let folder = root().join("tests/fixtures/goldens");
    let manifest: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(folder.join("manifest.json")).unwrap()).unwrap();
    let cases = manifest["cases"].as_array().unwrap();
    let case = cases
        .iter()
        .find(|c| c["method"] == "gradient" && c["model"] == model)
        .unwrap();
    case["input_file"].as_str().unwrap().to_owned()
}

/// The size of a pass depends on the model and the row alone, and larger rows have smaller passes.
#[test]
fn passes_are_sized_by_what_a_row_needs() {
    let rows = |name: &str, row: &[usize]| {
        let path = root().join(format!("tests/fixtures/goldens/models/{name}.onnx"));
        Session::open(&path, Options::default()).unwrap().rows_per_pass(row)
    };
    let (small, large) = (rows("mlp10", &[10]), rows("cnn32", &[1, 32, 32]));
    println!("mlp10 {small}, cnn32 {large}");
    assert_eq!(small, 1_024);
    assert!((1..128).contains(&large));
}
