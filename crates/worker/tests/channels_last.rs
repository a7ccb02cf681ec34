//! The digits of the demo behind a transpose, so that the model takes its pictures with the channels last: what reads
//! neighbouring pixels is refused, what does not gives the same numbers.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may say so by panicking")]

use std::path::{Path, PathBuf};

use glassboard_checkpoints::onnx::proto::{
    AttributeProto, AttributeType, Dimension, DimensionValue, ModelProto, NodeProto, TypeValue,
};
use glassboard_checkpoints::{Reach, onnx};
use glassboard_jobs::spec::Question;
use glassboard_worker::explain::{Explained, Hooks, Query, explain};
use glassboard_worker::input::Input;
use glassboard_worker::preprocess::Preprocess;
use glassboard_worker::reading;
use glassboard_worker::trouble::Trouble;
use glassboard_worker::warm::Loaded;
use serde_json::{Map, Value};

fn demo(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../demo/data").join(path)
}

/// Without the layout and scale that the file names: both models are guessed at.
fn channels_first() -> ModelProto {
    let mut model = onnx::load(&demo("models/digits-resnet-epoch-45.onnx"), Reach::Upload).unwrap();
    model.metadata_props.clear();
    model
}

fn channels_last() -> ModelProto {
    let mut model = channels_first();
    let graph = model.graph.as_mut().unwrap();
    let input = graph.input.first_mut().unwrap();
    let name = input.name.clone();
    let Some(TypeValue::Tensor(tensor)) = input.r#type.as_mut().and_then(|t| t.value.as_mut()) else {
        panic!("the input is no tensor");
    };
    let axes = &mut tensor.shape.as_mut().unwrap().dim;
    axes[1..].rotate_left(1);
    assert_eq!(
        axes[3],
        Dimension {
            value: Some(DimensionValue::Size(1)),
        }
    );
    for taken in graph
        .node
        .iter_mut()
        .flat_map(|node| &mut node.input)
        .filter(|i| **i == name)
    {
        taken.push_str(".first");
    }
    let permutation = AttributeProto {
        name: "perm".to_owned(),
        r#type: AttributeType::Ints as i32,
        ints: vec![0, 3, 1, 2],
        ..AttributeProto::default()
    };
    let transpose = NodeProto {
        input: vec![name.clone()],
        output: vec![format!("{name}.first")],
        op_type: "Transpose".to_owned(),
        attribute: vec![permutation],
        ..NodeProto::default()
    };
    graph.node.insert(0, transpose);
    model
}

fn asked(model: &ModelProto, method: &str, evidence: &str) -> Result<Explained, Trouble> {
    let loaded = Loaded::new(model, "m").unwrap();
    let picture = std::fs::read(demo("inputs/digit-5-held277.png")).unwrap();
    let question = Question {
        method: method.to_owned(),
        params: glassboard_catalog::validate(method, &Map::new()).unwrap(),
        target: Some(5),
        output: None,
        on: "logit".to_owned(),
        baseline: "zeros".to_owned(),
        seed: 1,
        evidence: evidence.to_owned(),
        rows: None,
        background: None,
        company: None,
        mask: None,
    };
    let query = Query {
        loaded: &loaded,
        input: &Input::of(&picture, &Value::Null),
        row: 0,
        preprocess: &Value::Null,
        question: &question,
        background: None,
        baseline: None,
    };
    let hooks = Hooks {
        progress: &mut |_, _| {},
        cancelled: &|| false,
        partial: &mut |_| {},
    };
    explain(query, hooks)
}

#[test]
fn what_looks_at_neighbouring_pixels_is_refused() {
    let model = channels_last();
    let loaded = Loaded::new(&model, "m").unwrap();
    let facts = reading::facts(&loaded, &Preprocess::of(&loaded, &Value::Null).unwrap());
    for method in [
        "rise",
        "lime_image",
        "partition_shap_image",
        "occlusion",
        "feature_ablation",
        "grad_cam",
    ] {
        let message = asked(&model, method, "none").unwrap_err().message;
        assert!(message.contains("needs channels first"), "{method}: {message}");
        assert!(message.ends_with("export it as NCHW"), "{method}: {message}");
        // It is not offered either, for the same reason.
        let entry = glassboard_catalog::find(method).unwrap();
        let why = glassboard_catalog::applies(entry, &facts).unwrap_err();
        assert!(message.ends_with(&why), "{method}: {why}");
    }
    assert!(glassboard_catalog::applies(glassboard_catalog::find("saliency").unwrap(), &facts).is_ok());
}

#[test]
fn a_gradient_is_the_same_and_its_evidence_says_what_was_not_measured() {
    let (first, last) = (
        asked(&channels_first(), "saliency", "cheap").unwrap(),
        asked(&channels_last(), "saliency", "cheap").unwrap(),
    );
    // One channel: the same values in the same order, whatever the axes are called.
    let values = |one: &Explained| one.attribution.iter().copied().collect::<Vec<f32>>();
    assert!(values(&first) == values(&last), "the maps differ");
    assert!(values(&first).iter().any(|v| *v > 0.0), "the map is not nothing");
    assert_ne!(first.attribution.shape(), last.attribution.shape());
    let says = |one: &Explained| one.answer["sentences"].to_string().contains("needs channels first");
    assert!(says(&last) && !says(&first));
    assert!(last.answer["evidence"]["picture"].is_null() && first.answer["evidence"]["picture"].is_object());
    assert!(last.segments.is_none() && first.segments.is_some());
}
