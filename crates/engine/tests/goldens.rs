//! Forward passes, gradients and activations against torch and captum.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may say so by panicking")]

mod support;

use glassboard_engine::{Options, Session};
use glassboard_model::{Model, OutputSpace, Target};
use serde_json::Value;
use support::{array, close, floats, root};

const NETS: &[&str] = &[
    "cnn8",
    "cnn32",
    "cnn32_dynamo",
    "mlp",
    "mlp10",
    "text_tx",
    "text_tx_attn",
];

fn cases(method: &str) -> Vec<Value> {
    let manifest = root().join("tests/fixtures/goldens/manifest.json");
    let manifest: Value = serde_json::from_str(&std::fs::read_to_string(manifest).unwrap()).unwrap();
    let all = manifest["cases"].as_array().unwrap();
    let of = |c: &&Value| c["method"] == method && NETS.contains(&c["model"].as_str().unwrap_or(""));
    all.iter().filter(of).cloned().collect()
}

fn open(case: &Value) -> Session {
    let path = root().join(format!(
        "tests/fixtures/goldens/models/{}.onnx",
        case["model"].as_str().unwrap()
    ));
    Session::open(&path, Options::default()).unwrap()
}

fn judge(case: &Value, got: &[f32], expected: &[f32]) {
    let tolerance = &case["tolerance"];
    close(
        got,
        expected,
        tolerance["rtol"].as_f64().unwrap(),
        tolerance["atol"].as_f64().unwrap(),
    )
    .unwrap_or_else(|e| panic!("{}: {e}", case["id"]));
}

#[test]
fn forward_passes_agree_with_torch() {
    let cases = cases("forward");
    assert!(cases.len() >= 6, "{} cases", cases.len());
    for case in &cases {
        let file = root()
            .join("tests/fixtures/goldens")
            .join(case["input_file"].as_str().unwrap());
        let session = open(case);
        let x = if case["model"].as_str().unwrap().starts_with("text") {
            "in_tokens"
        } else {
            "in_x"
        };
        let x = floats(&file, x);
        let y = session.forward(&x.view(), None).unwrap();
        let expected = floats(&file, "out_logits");
        assert_eq!(y.shape(), expected.shape());
        judge(case, y.as_slice().unwrap(), expected.as_slice().unwrap());
        for name in ["attentions", "hidden_states", "lens_logits"] {
            if let Some(expected) = array(&file, &format!("out_{name}")) {
                let y = session.forward(&x.view(), Some(name)).unwrap();
                assert_eq!(y.shape(), expected.shape);
                judge(case, y.as_slice().unwrap(), expected.as_floats().unwrap());
            }
        }
    }
}

#[test]
fn input_gradients_agree_with_captum() {
    let cases = cases("gradient");
    assert!(cases.len() >= 6, "{} cases", cases.len());
    for case in &cases {
        let file = root()
            .join("tests/fixtures/goldens")
            .join(case["input_file"].as_str().unwrap());
        let session = open(case);
        let x = floats(&file, "in_x");
        let space = if case["output"]["space"] == "probability" {
            OutputSpace::Probability
        } else {
            OutputSpace::Raw
        };
        let targets: Vec<usize> = floats(&file, "in_target").iter().map(|&v| v as usize).collect();
        let found = session
            .gradient(
                &x.view(),
                &Target {
                    output: None,
                    space,
                    targets,
                },
            )
            .unwrap();
        judge(
            case,
            found.gradient.as_slice().unwrap(),
            floats(&file, "out_attr").as_slice().unwrap(),
        );
    }
}

#[test]
fn activations_agree_with_captum() {
    let cases = cases("layer_activation");
    assert!(cases.len() >= 4, "{} cases", cases.len());
    for case in &cases {
        let file = root()
            .join("tests/fixtures/goldens")
            .join(case["input_file"].as_str().unwrap());
        let session = open(case);
        let layer = case["params"]["onnx_tensor"].as_str().unwrap();
        let got = session
            .capture(&floats(&file, "in_x").view(), &[layer])
            .unwrap()
            .swap_remove(0);
        judge(
            case,
            got.as_slice().unwrap(),
            floats(&file, "out_attr").as_slice().unwrap(),
        );
    }
}

/// Grad-CAM without `ReLU` is a weighted sum of the layer's maps by its gradient's means.
#[test]
fn layer_gradients_agree_with_captum() {
    let cases: Vec<Value> = cases("grad_cam")
        .into_iter()
        .filter(|c| c["params"]["relu"] == false)
        .collect();
    assert!(cases.len() >= 4, "{} cases", cases.len());
    for case in &cases {
        let file = root()
            .join("tests/fixtures/goldens")
            .join(case["input_file"].as_str().unwrap());
        let session = open(case);
        let targets: Vec<usize> = floats(&file, "in_target").iter().map(|&v| v as usize).collect();
        let layer = case["params"]["onnx_tensor"].as_str().unwrap();
        let target = Target {
            output: None,
            space: OutputSpace::Raw,
            targets,
        };
        let found = session
            .layer_gradient(&floats(&file, "in_x").view(), layer, &target)
            .unwrap();
        let (a, g) = (found.activation, found.gradient);
        let [n, ch, h, w] = *a.shape() else {
            panic!("not an image layer")
        };
        let mut map = vec![0.0f32; n * h * w];
        for row in 0..n {
            for k in 0..ch {
                let mean: f32 = (0..h * w).map(|p| g[[row, k, p / w, p % w]]).sum::<f32>() / (h * w) as f32;
                for p in 0..h * w {
                    map[row * h * w + p] += mean * a[[row, k, p / w, p % w]];
                }
            }
        }
        judge(case, &map, floats(&file, "out_attr").as_slice().unwrap());
    }
}

/// A row has the same bytes whatever its neighbours and its place in the batch.
#[test]
fn the_callers_batch_never_changes_the_bytes() {
    let Some(case) = cases("gradient").into_iter().find(|c| c["model"] == "cnn8") else {
        panic!("no case")
    };
    let file = root()
        .join("tests/fixtures/goldens")
        .join(case["input_file"].as_str().unwrap());
    let session = open(&case);
    let x = floats(&file, "in_x");
    let (rows, width) = (x.shape()[0], x.len() / x.shape()[0]);
    let target = |targets| Target {
        output: None,
        space: OutputSpace::Raw,
        targets,
    };
    let all = session.forward(&x.view(), None).unwrap();
    let slope = session.gradient(&x.view(), &target(vec![1; rows])).unwrap();
    for row in 0..rows {
        let own = x
            .slice_axis(ndarray::Axis(0), ndarray::Slice::from(row..=row))
            .to_owned();
        let alone = session.forward(&own.view(), None).unwrap();
        let bits = |v: &[f32]| v.iter().map(|f| f.to_bits()).collect::<Vec<_>>();
        assert_eq!(
            bits(alone.as_slice().unwrap()),
            bits(&all.as_slice().unwrap()[row * 10..(row + 1) * 10])
        );
        let alone = session.gradient(&own.view(), &target(vec![1])).unwrap().gradient;
        assert_eq!(
            bits(alone.as_slice().unwrap()),
            bits(&slope.gradient.as_slice().unwrap()[row * width..(row + 1) * width])
        );
    }
}
