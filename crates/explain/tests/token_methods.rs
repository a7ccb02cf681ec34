//! Methods for sentences against captum's layer attributions, and what must hold whatever the model.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may say so by panicking")]

use std::fs::File;
use std::path::{Path, PathBuf};

use glassboard_engine::{Options, Session};
use glassboard_explain::text::{AskText, explain_text};
use glassboard_explain::{Ask, ExplainError, Outcome, Readout, Runner};
use glassboard_model::{Array, Model, OutputSpace};
use ndarray::{ArrayD, IxDyn, OwnedRepr};
use ndarray_npy::NpzReader;
use serde_json::{Map, Value, json};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/goldens")
}

fn model(name: &str) -> Session {
    Session::open(&folder().join(format!("models/{name}.onnx")), Options::default()).unwrap()
}

struct Given {
    x: Array,
    targets: Vec<usize>,
    scores: ArrayD<f32>,
}

fn given(case: &str) -> Given {
    let mut npz = NpzReader::new(File::open(folder().join(format!("cases/{case}.npz"))).unwrap()).unwrap();
    let ids: ArrayD<i64> = npz.by_name::<OwnedRepr<i64>, IxDyn>("in_tokens.npy").unwrap();
    let targets: ArrayD<i64> = npz.by_name::<OwnedRepr<i64>, IxDyn>("in_target.npy").unwrap();
    Given {
        x: ids.mapv(|v| v as f32),
        targets: targets.iter().map(|v| *v as usize).collect(),
        scores: npz.by_name::<OwnedRepr<f32>, IxDyn>("out_token_scores.npy").unwrap(),
    }
}

fn run(
    model: &dyn Model,
    given: &Given,
    space: OutputSpace,
    method: &str,
    params: &Value,
) -> Result<Outcome, ExplainError> {
    let mut quiet = |_: f64, _: &str| {};
    let mut run = Runner::new(model, &mut quiet, &|| false);
    let ask = Ask::new(&given.x, Readout { output: None, space }, &given.targets)?;
    let text = AskText::plain(ask, 0.0, 1.0)?;
    let mut params: Map<String, Value> = params.as_object().cloned().unwrap();
    explain_text(&mut run, &text, method, &mut params, 3)
}

fn near(got: &Array, want: &ArrayD<f32>, tolerance: f32, what: &str) {
    assert_eq!(got.shape(), want.shape());
    let largest = want.iter().fold(0.0f32, |m, v| m.max(v.abs()));
    let off = got.iter().zip(want).fold(0.0f32, |m, (a, b)| m.max((a - b).abs()));
    assert!(off <= tolerance * largest, "{what}: off by {off} of {largest}");
}

#[test]
fn values_through_the_embedding_are_those_of_captum() {
    let model = model("text_tx");
    let raw = OutputSpace::Raw;
    for (case, method, params) in [
        ("text_embedding_gradient", "token_gradient", json!({})),
        ("text_embedding_ixg", "token_input_x_gradient", json!({})),
        (
            "text_lig_gausslegendre_50",
            "token_integrated_gradients",
            json!({ "n_steps": 50 }),
        ),
    ] {
        let given = given(case);
        let got = run(&model, &given, raw, method, &params).unwrap();
        near(&got.attribution.unwrap(), &given.scores, 2e-3, case);
    }
}

#[test]
fn more_steps_close_the_gap() {
    let (model, given) = (model("text_tx"), given("text_lig_gausslegendre_50"));
    let gap = |steps: usize| {
        let got = run(
            &model,
            &given,
            OutputSpace::Raw,
            "token_integrated_gradients",
            &json!({ "n_steps": steps, "method": "riemann_middle" }),
        );
        let got = got.unwrap();
        let (base, sums) = (got.base.unwrap(), got.attribution.unwrap().sum_axis(ndarray::Axis(1)));
        let values = got.found["values"].as_array().unwrap();
        let each = values.iter().zip(&base).zip(&sums);
        each.map(|((v, b), s)| (f64::from(*s) - (v.as_f64().unwrap() - b)).abs())
            .fold(0.0, f64::max)
    };
    let (few, many) = (gap(8), gap(256));
    assert!(many < few / 100.0, "{few} with 8 steps, {many} with 256");
}

#[test]
fn shares_add_up_and_agree_where_the_tree_has_nothing_to_choose() {
    let (model, given) = (model("text_tx"), given("text_embedding_gradient"));
    let space = OutputSpace::Probability;
    for absent in ["unk", "pad", "delete"] {
        let exact = run(&model, &given, space, "shapley_tokens", &json!({ "absent": absent })).unwrap();
        let owen = run(
            &model,
            &given,
            space,
            "partition_shap_tokens",
            &json!({ "absent": absent, "coalitions": 4000 }),
        )
        .unwrap();
        for (name, got) in [("shapley", exact), ("partition", owen)] {
            let (base, map) = (got.base.unwrap(), got.attribution.unwrap());
            let whole = model.forward(&given.x.view(), None).unwrap();
            for (row, target) in given.targets.iter().enumerate() {
                let logits: Vec<f32> = whole.index_axis(ndarray::Axis(0), row).iter().copied().collect();
                let f = f64::from(glassboard_explain::softmax(&logits)[*target]);
                let sum: f64 = map
                    .index_axis(ndarray::Axis(0), row)
                    .iter()
                    .map(|v| f64::from(*v))
                    .sum();
                assert!(
                    (base[row] + sum - f).abs() < 1e-5,
                    "{name} {absent}: {} for {f}",
                    base[row] + sum
                );
            }
        }
    }
}

#[test]
fn padding_gets_nothing_and_batches_do_not_show() {
    let (model, given) = (model("text_tx"), given("text_embedding_gradient"));
    for entry in glassboard_catalog::Scope::Text.methods() {
        let got = run(&model, &given, OutputSpace::Raw, entry.name, &json!({}))
            .unwrap()
            .attribution
            .unwrap();
        assert_eq!(got.shape(), given.x.shape(), "{}", entry.name);
        assert!(got.iter().all(|v| v.is_finite()), "{}", entry.name);
        let some = got.iter().zip(&given.x).any(|(v, id)| *id != 0.0 && *v != 0.0);
        assert!(some, "{} says nothing", entry.name);
        for (value, id) in got.iter().zip(&given.x) {
            assert!(*id != 0.0 || value.abs() < 1e-6, "{}: padding got {value}", entry.name);
        }
        for row in 0..given.x.shape()[0] {
            let one = Given {
                x: given.x.slice_axis(ndarray::Axis(0), (row..=row).into()).to_owned(),
                targets: vec![given.targets[row]],
                scores: given.scores.clone(),
            };
            // LIME draws by the number of the row.
            if entry.name == "lime_text" && row > 0 {
                continue;
            }
            let alone = run(&model, &one, OutputSpace::Raw, entry.name, &json!({}))
                .unwrap()
                .attribution
                .unwrap();
            let same = alone
                .iter()
                .zip(got.index_axis(ndarray::Axis(0), row))
                .all(|(a, b)| a.to_bits() == b.to_bits());
            assert!(same, "{} depends on what it is asked together with", entry.name);
        }
    }
}

#[test]
fn a_model_without_attention_says_so() {
    let given = given("text_embedding_gradient");
    let pictures = model("mlp10");
    let x = Given {
        x: ArrayD::zeros(IxDyn(&[1, 10])),
        targets: vec![0],
        scores: given.scores,
    };
    // Row 0 of ids alone is padding: another token is put first.
    let mut x = x;
    x.x[[0, 0]] = 2.0;
    let why = |method: &str| {
        run(&pictures, &x, OutputSpace::Raw, method, &json!({}))
            .unwrap_err()
            .to_string()
    };
    assert!(why("attention_rollout").contains("no attention weights"));
    assert!(why("token_gradient").contains("no embedding"));
}
