//! Small models of each library answer as the library did.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may say so by panicking")]

use std::path::PathBuf;

use glassboard_glassbox::{Body, FeatureKind, Format, Glass, Response, read, sniff};
use ndarray::Array2;
use serde_json::Value;

fn file(name: &str) -> Vec<u8> {
    std::fs::read(
        PathBuf::from(env!("CARGO_MANIFEST_DIR"))
            .join("tests/models")
            .join(name),
    )
    .unwrap()
}

fn glass(name: &str) -> Glass {
    if name == "catboost.onnx" {
        let graph = glassboard_checkpoints::onnx::from_bytes(file(name)).unwrap();
        return glassboard_glassbox::onnx::recognise(&graph).unwrap();
    }
    read(&file(name)).unwrap()
}

fn table(value: &Value) -> Array2<f64> {
    let rows = value.as_array().unwrap();
    let width = rows[0].as_array().unwrap().len();
    let cells = rows.iter().flat_map(|row| row.as_array().unwrap());
    let cells = cells.map(|cell| cell.as_f64().unwrap_or(f64::NAN)).collect();
    Array2::from_shape_vec((rows.len(), width), cells).unwrap()
}

#[test]
fn margins_are_those_of_the_libraries() {
    let answers: Value = serde_json::from_slice(&file("answers.json")).unwrap();
    for (name, answer) in answers.as_object().unwrap() {
        let model = glass(name).into_model();
        let (rows, expected) = (table(&answer["rows"]), table(&answer["margin"]));
        let ours = model.forward_rows(rows.view(), None).unwrap();
        if name == "catboost.onnx" {
            // The graph has its leaves in 32 bits.
            assert!((&ours - &expected).iter().all(|d| d.abs() < 1e-6), "{name}");
        } else {
            assert_eq!(ours, expected, "{name}");
        }
        if let Some(trees) = model.trees() {
            for (row, ours) in rows.rows().into_iter().zip(ours.rows()) {
                let margins = trees.margins(&row.to_vec());
                let near = margins
                    .iter()
                    .zip(ours)
                    .all(|(a, b)| (a - b).abs() <= 1e-6 * (1.0 + b.abs()));
                assert!(near, "{name}: {margins:?} {ours}");
            }
        }
        // Alone or together, a row has the same answer.
        for (at, row) in rows.rows().into_iter().enumerate() {
            let alone = model.forward_rows(row.insert_axis(ndarray::Axis(0)), None).unwrap();
            assert_eq!(alone.row(0), ours.row(at), "{name}");
        }
    }
}

#[test]
fn probabilities_are_of_all_classes_and_follow_the_margin() {
    for name in ["lightgbm.txt", "xgboost.json", "xgboost.ubj", "catboost-Depthwise.json"] {
        let model = glass(name).into_model();
        assert_eq!(model.outputs(), ["margin", "probabilities"], "{name}");
        let rows = Array2::from_elem((1, 4), 0.5);
        let margin = model.forward_rows(rows.view(), None).unwrap();
        let both = model.forward_rows(rows.view(), Some("probabilities")).unwrap();
        assert!((both.sum() - 1.0).abs() < 1e-6, "{name}");
        assert_eq!(both.ncols(), margin.ncols().max(2), "{name}");
        if margin.ncols() == 1 {
            assert!(
                (both[[0, 1]] - 1.0 / (1.0 + (-margin[[0, 0]]).exp())).abs() < 1e-7,
                "{name}"
            );
        }
        assert!(model.forward_rows(rows.view(), Some("label")).is_err());
        assert!(model.forward_rows(Array2::zeros((1, 3)).view(), None).is_err());
    }
}

#[test]
fn what_the_files_say_is_kept() {
    for (name, format) in [
        ("lightgbm.txt", Format::LightGbm),
        ("xgboost.json", Format::XgboostJson),
        ("xgboost.ubj", Format::XgboostUbj),
        ("catboost-SymmetricTree.json", Format::CatboostJson),
        ("catboost-Depthwise.json", Format::CatboostJson),
        ("plain.trees.json", Format::TreesJson),
    ] {
        assert_eq!(sniff(&file(name)), Some(format), "{name}");
        let glass = glass(name);
        let Body::Trees(trees) = &glass.body else {
            panic!("{name} is trees")
        };
        assert!(trees.has_covers(), "{name}");
        let splits: usize = glass.described.features.iter().map(|f| f.splits).sum();
        let nodes: usize = trees.trees.iter().map(|t| t.nodes.len() / 2).sum();
        // A tree of one question a depth asks it once and is written out.
        assert!(splits <= nodes && splits > 0, "{name}: {splits} {nodes}");
        if name.starts_with("plain") {
            continue;
        }
        assert_eq!(glass.described.features[0].name, "width", "{name}");
        let FeatureKind::Category { labels } = &glass.described.features[3].kind else {
            panic!("{name}: `tree` is a category")
        };
        assert!(
            labels
                .iter()
                .all(|l| ["ash", "birch", "cedar", "elm"].contains(&l.as_str())),
            "{name}: {labels:?}"
        );
        assert!(!labels.is_empty(), "{name}");
    }
    assert_eq!(glass("xgboost.ubj").body, glass("xgboost.json").body);
    assert_eq!(glass("lightgbm.txt").response, Response::Logistic { slope: 1.0 });
    assert!(
        glass("lightgbm.txt")
            .described
            .features
            .iter()
            .any(|f| f.gain.is_some_and(|g| g > 0.0))
    );
    assert_eq!(glass("catboost-Depthwise.json").described.classes, ["0", "1"]);
    assert_eq!(sniff(b"a,b\n1,2\n"), None);
    assert_eq!(sniff(b"{\"a\": 1}"), None);
}
