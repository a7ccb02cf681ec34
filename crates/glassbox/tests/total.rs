//! Any bytes end in a model or a sentence, and a laid-out tree answers as a plain walk does.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may say so by panicking")]

use std::path::PathBuf;

use glassboard_glassbox::{Body, Described, Format, Glass, Response, TreeModel, read, sniff};
use glassboard_model::trees::{Link, Missing, Node, Precision, Rule, Tree};
use glassboard_model::{Model as _, TreeEnsemble};
use ndarray::Array2;
use proptest::prelude::*;

const FILES: [&str; 8] = [
    "lightgbm.txt",
    "xgboost.json",
    "xgboost.ubj",
    "linear.json",
    "catboost-SymmetricTree.json",
    "catboost-Depthwise.json",
    "plain.trees.json",
    "catboost.onnx",
];

fn file(name: &str) -> Vec<u8> {
    std::fs::read(
        PathBuf::from(env!("CARGO_MANIFEST_DIR"))
            .join("tests/models")
            .join(name),
    )
    .unwrap()
}

/// Reads, and where that works predicts.
fn try_all(bytes: &[u8]) {
    if let Ok(graph) = glassboard_checkpoints::onnx::from_bytes(bytes.to_vec())
        && let Some(glass) = glassboard_glassbox::onnx::recognise(&graph)
    {
        predict(glass);
    }
    match read(bytes) {
        Ok(glass) => predict(glass),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

fn predict(glass: Glass) {
    let _ = glass.summary();
    let features = glass.described.features.len();
    if let Body::Trees(trees) = &glass.body {
        for tree in &trees.trees {
            for (at, node) in tree.nodes.iter().enumerate() {
                if let Node::Split {
                    feature, left, right, ..
                } = node
                {
                    assert!((*feature as usize) < trees.features);
                    assert!(*left as usize > at && *right as usize > at && (*right as usize) < tree.nodes.len());
                }
            }
            assert!(tree.output + tree.width <= trees.outputs);
        }
    }
    let model = glass.into_model();
    for value in [0.0, -3.5, 1e300, f64::NAN, f64::INFINITY] {
        let rows = Array2::from_elem((9, features), value);
        for output in model.outputs() {
            model.forward_rows(rows.view(), Some(output)).unwrap();
        }
    }
}

fn mangled() -> impl Strategy<Value = Vec<u8>> {
    let change = (any::<prop::sample::Index>(), any::<u8>(), 0..4u8);
    (0..FILES.len(), prop::collection::vec(change, 1..12)).prop_map(|(at, changes)| {
        let mut bytes = file(FILES[at]);
        for (place, byte, how) in changes {
            if bytes.is_empty() {
                break;
            }
            let place = place.index(bytes.len());
            match how {
                // A digit for a digit keeps text whole, so that what is said goes wrong rather than how.
                0 if bytes[place].is_ascii_digit() => bytes[place] = b'0' + byte % 10,
                0 | 1 => bytes[place] = byte,
                2 => {
                    bytes.remove(place);
                }
                _ if byte < 16 => bytes.truncate(place),
                _ => bytes.insert(place, byte),
            }
        }
        bytes
    })
}

fn digits() -> impl Strategy<Value = Vec<u8>> {
    let change = (any::<prop::sample::Index>(), 0..10u8);
    (0..FILES.len(), prop::collection::vec(change, 1..6)).prop_map(|(at, changes)| {
        let mut bytes = file(FILES[at]);
        let places: Vec<usize> = (0..bytes.len()).filter(|i| bytes[*i].is_ascii_digit()).collect();
        for (place, digit) in changes {
            if !places.is_empty() {
                bytes[places[place.index(places.len())]] = b'0' + digit;
            }
        }
        bytes
    })
}

/// A value among thresholds, so that equals are common.
fn value() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => (-4i32..5).prop_map(|v| f64::from(v) / 2.0),
        1 => Just(f64::NAN),
        1 => Just(1e-36),
        1 => Just(f64::INFINITY),
        1 => Just(f64::NEG_INFINITY),
        1 => any::<f64>().prop_filter("a number", |v| !v.is_nan()),
    ]
}

fn rule() -> impl Strategy<Value = Rule> {
    let limit = || value().prop_filter("a number", |v| !v.is_nan());
    prop_oneof![
        limit().prop_map(Rule::AtMost),
        limit().prop_map(Rule::Below),
        limit().prop_map(Rule::AtLeast),
        limit().prop_map(Rule::Above),
        limit().prop_map(Rule::Equal),
        limit().prop_map(Rule::Differs),
        prop::collection::btree_set(0..6u32, 0..4).prop_map(|set| Rule::OneOf(set.into_iter().collect())),
    ]
}

fn missing() -> impl Strategy<Value = Missing> {
    prop_oneof![
        Just(Missing::Left),
        Just(Missing::Right),
        Just(Missing::AsZero),
        Just(Missing::ZeroLeft),
        Just(Missing::ZeroRight),
    ]
}

const FEATURES: u32 = 3;

/// Splits put one after another into a place that was a leaf; children stand wherever they were made.
fn tree() -> impl Strategy<Value = Tree> {
    let split = (
        any::<prop::sample::Index>(),
        0..FEATURES,
        rule(),
        missing(),
        any::<bool>(),
    );
    prop::collection::vec(split, 0..12).prop_flat_map(|splits| {
        let mut nodes = vec![Node::Leaf(0)];
        for (place, feature, rule, missing, swap) in splits {
            let leaves: Vec<usize> = (0..nodes.len())
                .filter(|at| matches!(nodes[*at], Node::Leaf(_)))
                .collect();
            let at = leaves[place.index(leaves.len())];
            let (first, second) = (nodes.len() as u32, nodes.len() as u32 + 1);
            nodes.extend([Node::Leaf(0), Node::Leaf(0)]);
            let (left, right) = if swap { (second, first) } else { (first, second) };
            nodes[at] = Node::Split {
                feature,
                rule,
                missing,
                left,
                right,
            };
        }
        let mut leaves = 0;
        for node in &mut nodes {
            if let Node::Leaf(leaf) = node {
                *leaf = leaves;
                leaves += 1;
            }
        }
        prop::collection::vec(-2.0..2.0f64, leaves as usize).prop_map(move |values| Tree {
            nodes: nodes.clone(),
            cover: Vec::new(),
            values,
            output: 0,
            width: 1,
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_mangled_file_is_a_model_or_a_sentence(bytes in mangled()) {
        try_all(&bytes);
    }

    #[test]
    fn a_file_of_other_numbers_is_a_model_or_a_sentence(bytes in digits()) {
        try_all(&bytes);
    }

    #[test]
    fn any_bytes_are_a_model_or_a_sentence(bytes in prop::collection::vec(any::<u8>(), 0..600), head in 0..6usize) {
        let heads: [&[u8]; 6] = [b"", b"tree\nversion=v4\n", b"{L\0\0\0\0\0\0\0\x07learner", b"{\"learner\":", b"CBM1", b"{\"trees\":["];
        let bytes = [heads[head], &bytes[..]].concat();
        let _ = sniff(&bytes);
        try_all(&bytes);
    }

    #[test]
    fn laid_out_trees_answer_as_a_walk_does(
        trees in prop::collection::vec(tree(), 1..5),
        rows in prop::collection::vec(prop::array::uniform3(value()), 1..30),
        rounded in any::<bool>(),
    ) {
        let ensemble = TreeEnsemble {
            features: FEATURES as usize,
            outputs: 1,
            trees,
            base: vec![0.25],
            scale: 0.5,
            precision: if rounded { Precision::SingleRows } else { Precision::Double },
            link: Link::Identity,
        };
        let described = Described {
            format: Format::TreesJson, version: None, objective: None, features: Vec::new(), classes: Vec::new(), notes: Vec::new(),
        };
        let model = TreeModel::new(ensemble.clone(), Response::Identity, described);
        let table = Array2::from_shape_vec((rows.len(), 3), rows.iter().flatten().copied().collect()).unwrap();
        let answers = model.forward_rows(table.view(), None).unwrap();
        for (row, answer) in rows.iter().zip(answers.iter()) {
            prop_assert_eq!(&ensemble.margins(row)[..], &[*answer][..]);
        }
    }
}

/// Every other file that names what is not there, or more than is there.
#[test]
fn lies_about_sizes_are_sentences() {
    let text = String::from_utf8(file("lightgbm.txt")).unwrap();
    for (from, to) in [
        ("max_feature_idx=3", "max_feature_idx=4000000000"),
        ("num_tree_per_iteration=1", "num_tree_per_iteration=99999999"),
        ("num_leaves=5", "num_leaves=4000000000"),
        ("right_child=1 2", "right_child=0 2"),
        ("right_child=1 2", "right_child=1 9"),
        ("num_cat=1", "num_cat=18446744073709551615"),
    ] {
        assert!(text.contains(from), "{from}");
        let error = read(text.replacen(from, to, 1).as_bytes()).unwrap_err().to_string();
        assert!(error.starts_with("the LightGBM file is damaged: "), "{error}");
    }
    let text = String::from_utf8(file("xgboost.json")).unwrap();
    for (from, to) in [
        ("\"3\",\"num_feature\":\"4\"", "\"3\",\"num_feature\":\"4000000000\""),
        ("\"num_class\":\"3\"", "\"num_class\":\"4000000000\""),
        ("\"left_children\":[1", "\"left_children\":[0"),
        ("\"base_score\":\"", "\"base_score\":\"x"),
    ] {
        assert!(text.contains(from), "{from}");
        let error = read(text.replacen(from, to, 1).as_bytes()).unwrap_err().to_string();
        assert!(error.starts_with("the XGBoost file is damaged: "), "{error}");
    }
    // A list as long as the file says, and lists inside lists.
    let mut long = b"{L\0\0\0\0\0\0\0\x07learner[$L#L\x7f\xff\xff\xff\xff\xff\xff\xff".to_vec();
    long.extend([0; 64]);
    assert!(read(&long).unwrap_err().to_string().contains("longer than the file"));
    let deep = [b"{L\0\0\0\0\0\0\0\x07learner".to_vec(), vec![b'['; 100_000]].concat();
    assert!(read(&deep).is_err());
    let deep = format!("{{\"learner\":{}", "[".repeat(100_000));
    assert!(read(deep.as_bytes()).is_err());
}
