//! Encoders of several inputs, asked about ids alone, against onnxruntime.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may say so by panicking")]

use std::path::{Path, PathBuf};

use glassboard_engine::{Options, Session};
use glassboard_model::{Array, Model, OutputSpace, Target};
use ndarray::{ArrayD, IxDyn};
use serde_json::Value;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/fixtures")
        .join(name)
}

fn cases() -> Vec<Value> {
    serde_json::from_slice(&std::fs::read(fixture("text/expected.json")).unwrap()).unwrap()
}

fn ids(case: &Value, length: usize) -> Array {
    let mut row: Vec<f32> = case["ids"]
        .as_array()
        .unwrap()
        .iter()
        .map(|v| v.as_f64().unwrap() as f32)
        .collect();
    row.resize(length.max(row.len()), 0.0);
    ArrayD::from_shape_vec(IxDyn(&[1, row.len()]), row).unwrap()
}

fn near(got: &Array, want: &Value) {
    for (a, b) in got.iter().zip(want.as_array().unwrap()) {
        let b = b.as_f64().unwrap();
        assert!((f64::from(*a) - b).abs() <= 1e-5 * b.abs().max(1.0), "{a} for {b}");
    }
}

#[test]
fn mask_and_kinds_follow_from_the_ids() {
    let session = Session::open(&fixture("text/encoder.onnx"), Options::default()).unwrap();
    let model = session.of_tokens(0).unwrap();
    assert_eq!(
        (model.inputs().len(), model.inputs()[0].name.as_str()),
        (1, "input_ids")
    );
    assert_eq!(model.embedding().as_deref(), Some("words"));
    for case in cases() {
        near(&model.forward(&ids(&case, 0).view(), None).unwrap(), &case["logits"]);
        near(
            &model.forward(&ids(&case, 12).view(), None).unwrap(),
            &case["padded_logits"],
        );
    }
    let why = session
        .forward(&ids(&cases()[0], 0).view(), None)
        .unwrap_err()
        .to_string();
    assert!(why.contains("one input; this one has 3"), "{why}");
}

#[test]
fn padding_has_no_gradient_and_a_replaced_embedding_keeps_the_mask() {
    let session = Session::open(&fixture("text/encoder.onnx"), Options::default()).unwrap();
    let model = session.of_tokens(0).unwrap();
    let case = &cases()[0];
    let x = ids(case, 12);
    let target = Target {
        output: None,
        space: OutputSpace::Raw,
        targets: vec![1],
    };
    let found = model.layer_gradient(&x.view(), "words", &target).unwrap();
    assert_eq!(found.gradient.shape(), [1, 12, 8]);
    let real = case["ids"].as_array().unwrap().len();
    for (place, row) in found.gradient.axis_iter(ndarray::Axis(1)).enumerate() {
        let size = row.iter().fold(0.0f32, |m, v| m.max(v.abs()));
        assert_eq!(size > 1e-6, place < real, "place {place}: {size}");
    }
    let again = model
        .gradient_from(&x.view(), "words", &found.activation.view(), &target)
        .unwrap();
    near(
        &ArrayD::from_elem(IxDyn(&[1]), again.values[0]),
        &Value::from(vec![case["padded_logits"][1].clone()]),
    );
    assert_eq!(again.gradient, found.gradient);
    // Other embeddings at the places of padding change nothing: the mask is that of the ids.
    let mut other = found.activation.clone();
    other.slice_axis_mut(ndarray::Axis(1), (real..12).into()).fill(3.0);
    let masked = model.gradient_from(&x.view(), "words", &other.view(), &target).unwrap();
    assert!((masked.values[0] - again.values[0]).abs() < 1e-5);
}

#[test]
fn a_model_of_ids_alone_knows_its_embedding_and_others_have_none() {
    let open =
        |name: &str| Session::open(&fixture(&format!("goldens/models/{name}.onnx")), Options::default()).unwrap();
    let text = open("text_tx");
    assert_eq!(text.embedding().as_deref(), Some("/emb/Gather_output_0"));
    assert!(text.of_tokens(0).is_none());
    assert_eq!(open("mlp10").embedding(), None);
}
