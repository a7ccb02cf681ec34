//! Rows that do not see each other: the same bits in a pass of any size, so that no pass is filled up.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may say so by panicking")]

#[expect(dead_code, reason = "other tests use the rest")]
mod support;

use std::collections::BTreeMap;

use glassboard_engine::{Attr, Axis, Elem, GraphSpec, NodeSpec, Options, Plain, PlainData, Port, Session};
use glassboard_model::{Array, Model, OutputSpace, Target};
use ndarray::{ArrayD, IxDyn, Slice};
use support::{array, root};

/// Networks of such operators alone, with the shape of a row.
const ALONE: [(&str, &[usize]); 6] = [
    ("cnn8", &[1, 8, 8]),
    ("cnn32", &[1, 32, 32]),
    ("cnn32_dynamo", &[1, 32, 32]),
    ("mlp", &[30]),
    ("mlp10", &[10]),
    ("residual", &[3, 20, 20]),
];

fn open(name: &str) -> Session {
    if name == "residual" {
        let model = array(&root().join("tests/fixtures/gradients/residual.npz"), "model").unwrap();
        let PlainData::Int(bytes) = &model.data else {
            panic!("the model is not bytes")
        };
        let bytes: Vec<u8> = bytes.iter().map(|&b| b as u8).collect();
        return Session::from_bytes(&bytes, Options::default()).unwrap();
    }
    let path = root().join(format!("tests/fixtures/goldens/models/{name}.onnx"));
    Session::open(&path, Options::default()).unwrap()
}

fn noise(shape: &[usize]) -> Array {
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    ArrayD::from_shape_simple_fn(IxDyn(shape), || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    })
}

fn bits(values: &Array) -> Vec<u32> {
    values.iter().map(|v| v.to_bits()).collect()
}

#[test]
fn a_row_has_the_same_bits_in_a_pass_of_any_size() {
    for (name, row) in ALONE {
        let session = open(name);
        assert!(session.rows_are_alone(), "{name}");
        let x = noise(&[&[67], row].concat());
        let rows = x.shape()[0];
        for space in [OutputSpace::Raw, OutputSpace::Probability] {
            let target = |rows: std::ops::Range<usize>| Target {
                output: None,
                space,
                targets: rows.map(|row| row % 2).collect(),
            };
            let values = session.forward(&x.view(), None).unwrap();
            let slopes = session.gradient(&x.view(), &target(0..rows)).unwrap().gradient;
            for part in [0..1, 5..7, 3..8, 20..37, 1..67] {
                let cut = |all: &Array| all.slice_axis(ndarray::Axis(0), Slice::from(part.clone())).to_owned();
                let own = cut(&x);
                let value = session.forward(&own.view(), None).unwrap();
                assert_eq!(bits(&value), bits(&cut(&values)), "{name}, {part:?}");
                let slope = session.gradient(&own.view(), &target(part.clone())).unwrap().gradient;
                assert_eq!(bits(&slope), bits(&cut(&slopes)), "{name}, gradient, {part:?}");
            }
        }
    }
}

#[test]
fn a_row_has_the_same_bits_under_any_number_of_threads() {
    for (name, row) in ALONE {
        let session = open(name);
        let x = noise(&[&[9], row].concat());
        let target = Target {
            output: None,
            space: OutputSpace::Raw,
            targets: vec![1; 9],
        };
        let run = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| bits(&session.gradient(&x.view(), &target).unwrap().gradient))
        };
        let one = run(1);
        assert_eq!(one, run(2), "{name}");
        assert_eq!(one, run(3), "{name}");
    }
}

fn node(op: &str, inputs: &[&str], output: &str, attrs: &[(&str, Attr)]) -> NodeSpec {
    NodeSpec {
        op: op.into(),
        inputs: inputs.iter().map(|s| (*s).to_owned()).collect(),
        outputs: vec![output.into()],
        attrs: attrs.iter().map(|(k, v)| ((*k).to_owned(), v.clone())).collect(),
        ..NodeSpec::default()
    }
}

/// `x` of four numbers a row, and these nodes up to `y`.
fn graph(nodes: Vec<NodeSpec>) -> Session {
    let port = |name: &str| Port::tensor(name, Elem::F32, [Axis::Free, Axis::Known(4)]);
    let spec = GraphSpec {
        inputs: vec![port("x")],
        outputs: vec![port("y")],
        initializers: vec![
            ("flat".into(), Plain::int(vec![1], Elem::I64, vec![-1]).into()),
            ("four".into(), Plain::int(vec![2], Elem::I64, vec![-1, 4]).into()),
        ],
        nodes,
        opsets: BTreeMap::from([(String::new(), 18)]),
        ..GraphSpec::default()
    };
    Session::from_spec(&spec, Options::default()).unwrap()
}

#[test]
fn rows_that_see_each_other_are_found() {
    let relu = || node("Relu", &["x"], "a", &[]);
    assert!(graph(vec![relu(), node("Softmax", &["a"], "y", &[])]).rows_are_alone());
    let first = [("axis", Attr::Int(0))];
    assert!(!graph(vec![relu(), node("Softmax", &["a"], "y", &first)]).rows_are_alone());
    assert!(!graph(vec![relu(), node("Concat", &["a", "x"], "y", &first)]).rows_are_alone());
    // Every number beside every other.
    let pairs = vec![
        node("Reshape", &["x", "flat"], "line", &[]),
        node("Reshape", &["line", "four"], "y", &[]),
    ];
    assert!(!graph(pairs).rows_are_alone());
    // One that is computed: a product of two values.
    let square = vec![
        node("Gemm", &["x", "x"], "a", &[("transB", Attr::Int(1))]),
        node("MatMul", &["a", "x"], "y", &[]),
    ];
    assert!(!graph(square).rows_are_alone());
}

/// Tokens, recurrences and what the backend computes are not in the list: their passes stay of one size.
#[test]
fn a_graph_of_other_operators_runs_at_one_size() {
    for name in ["text_tx", "text_tx_attn", "tree_gbr"] {
        assert!(!open(name).rows_are_alone(), "{name}");
    }
}
