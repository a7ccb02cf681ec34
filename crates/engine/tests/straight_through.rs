//! Gradients of quantised models: those of the same model with numbers in place of codes, and none
//! where a number is outside the range of its type.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may say so by panicking")]

use std::collections::BTreeMap;

use glassboard_engine::{Attr, Elem, GraphSpec, NodeSpec, Options, Plain, Port, Session};
use glassboard_model::{Model, OutputSpace, Target};
use ndarray::{ArrayD, IxDyn};

fn node(domain: &str, op: &str, inputs: &[&str], outputs: &[&str]) -> NodeSpec {
    NodeSpec {
        op: op.to_owned(),
        domain: domain.to_owned(),
        inputs: inputs.iter().map(|&s| s.to_owned()).collect(),
        outputs: outputs.iter().map(|&s| s.to_owned()).collect(),
        ..NodeSpec::default()
    }
}

fn floats(shape: &[usize], data: &[f32]) -> Plain {
    Plain::float(shape.to_vec(), Elem::F32, data.to_vec())
}

fn scalar(v: f32) -> Plain {
    floats(&[], &[v])
}

fn zero(elem: Elem, v: i64) -> Plain {
    Plain::int(vec![], elem, vec![v])
}

/// Numbers between minus one and one.
fn numbers(n: usize, seed: u64) -> Vec<f32> {
    (0..n as u64)
        .map(|i| ((i * 7 + seed * 13) % 31) as f32 / 15.5 - 1.0)
        .collect()
}

fn codes(n: usize, seed: u64) -> Vec<i64> {
    (0..n as i64).map(|i| (i * 37 + seed as i64 * 11) % 101 - 50).collect()
}

/// A model from `x` to `y`, whose rows are read as one.
struct Case {
    shape: Vec<usize>,
    constants: Vec<(&'static str, Plain)>,
    nodes: Vec<NodeSpec>,
}

impl Case {
    /// d (sum of `y`, weighed by ever other numbers) / d `x`.
    fn gradient(&self, x: &[f32]) -> Vec<f32> {
        let shape: Vec<i64> = self.shape.iter().map(|&d| d as i64).collect();
        let mut spec = GraphSpec {
            inputs: vec![Port::tensor("row", Elem::F32, [1, x.len()])],
            outputs: vec![Port::bare("sum")],
            opsets: BTreeMap::from([(String::new(), 21), ("com.microsoft".into(), 1)]),
            ..GraphSpec::default()
        };
        spec.initializers = self
            .constants
            .iter()
            .map(|(n, p)| ((*n).to_owned(), p.clone().into()))
            .collect();
        spec.initializers
            .push(("shape".into(), Plain::int(vec![shape.len()], Elem::I64, shape).into()));
        spec.initializers
            .push(("flat".into(), Plain::int(vec![2], Elem::I64, vec![1, -1]).into()));
        spec.nodes.clone_from(&self.nodes);
        spec.nodes.push(node("", "Reshape", &["row", "shape"], &["x"]));
        spec.nodes.push(node("", "Reshape", &["y", "flat"], &["wide"]));
        spec.nodes.push(node("", "Mul", &["wide", "weights"], &["weighed"]));
        let mut sum = node("", "ReduceSum", &["weighed"], &["sum"]);
        sum.attrs.insert("keepdims".into(), Attr::Int(1));
        spec.nodes.push(sum);
        // First to learn how many numbers there are to weigh.
        spec.initializers.push(("weights".into(), floats(&[1], &[1.0]).into()));
        let session: Session = Session::from_spec(&spec, Options::default()).unwrap();
        let given = floats(&[1, x.len()], x);
        let count = session.execute(&[given], &["wide"]).unwrap().values[0].numel();
        let at = spec.initializers.len() - 1;
        spec.initializers[at].1 = floats(&[1, count], &numbers(count, 5)).into();
        let session: Session = Session::from_spec(&spec, Options::default()).unwrap();
        let x = ArrayD::from_shape_vec(IxDyn(&[1, x.len()]), x.to_vec()).unwrap();
        let target = Target {
            output: None,
            space: OutputSpace::Raw,
            targets: vec![0],
        };
        session
            .gradient(&x.view(), &target)
            .unwrap()
            .gradient
            .into_raw_vec_and_offset()
            .0
    }
}

fn close(got: &[f32], want: &[f32]) {
    let scale = want.iter().fold(0f32, |m, v| m.max(v.abs()));
    assert!(scale > 0.0, "the truth is zero everywhere");
    for (i, (a, b)) in got.iter().zip(want).enumerate() {
        assert!((a - b).abs() <= 1e-4 * scale, "element {i}: {a}, expected {b}");
    }
}

#[test]
fn a_pair_passes_inside_the_range_and_stops_outside() {
    let case = Case {
        shape: vec![2, 3],
        constants: vec![
            ("s", scalar(0.1)),
            ("z", zero(Elem::I8, 3)),
            ("to", Plain::int(vec![1], Elem::I64, vec![6])),
        ],
        nodes: vec![
            node("", "QuantizeLinear", &["x", "s", "z"], &["q"]),
            // Codes are moved about between the two.
            node("", "Reshape", &["q", "to"], &["r"]),
            node("", "DequantizeLinear", &["r", "s", "z"], &["y"]),
        ],
    };
    // The type holds -13.1 to 12.4.
    let found = case.gradient(&[0.03, -1.2, 12.4, 12.6, -13.1, -14.0]);
    let weights = numbers(6, 5);
    close(&found, &[weights[0], weights[1], weights[2], 0.0, weights[4], 0.0]);
}

/// Quantises `x`, runs `between` from `q` to `p`, and makes numbers of it.
fn quantised(between: NodeSpec) -> Vec<NodeSpec> {
    vec![
        node("", "QuantizeLinear", &["x", "sx", "zx"], &["q"]),
        between,
        node("", "DequantizeLinear", &["p", "sy", "zy"], &["y"]),
    ]
}

fn scales() -> Vec<(&'static str, Plain)> {
    vec![
        ("sx", scalar(0.02)),
        ("zx", zero(Elem::U8, 120)),
        ("sw", scalar(0.03)),
        ("zw", zero(Elem::I8, 2)),
        ("sy", scalar(0.2)),
        ("zy", zero(Elem::U8, 130)),
    ]
}

#[test]
fn an_integer_convolution_has_the_gradient_of_the_convolution() {
    let weights = codes(12 * 9, 1);
    let attrs = |mut n: NodeSpec| {
        n.attrs.insert("pads".into(), Attr::Ints(vec![1, 0, 1, 1]));
        n.attrs.insert("group".into(), Attr::Int(2));
        n
    };
    let mut constants = scales();
    constants.push(("w", Plain::int(vec![6, 2, 3, 3], Elem::I8, weights.clone())));
    let inputs = ["q", "sx", "zx", "w", "sw", "zw", "sy", "zy"];
    let integers = Case {
        shape: vec![1, 4, 4, 5],
        constants,
        nodes: quantised(attrs(node("", "QLinearConv", &inputs, &["p"]))),
    };
    let w: Vec<f32> = weights.iter().map(|&v| (v - 2) as f32 * 0.03).collect();
    let numbers_ = Case {
        shape: vec![1, 4, 4, 5],
        constants: vec![("w", floats(&[6, 2, 3, 3], &w))],
        nodes: vec![attrs(node("", "Conv", &["x", "w"], &["y"]))],
    };
    let x = numbers(80, 3);
    close(&integers.gradient(&x), &numbers_.gradient(&x));
}

#[test]
fn integer_products_have_the_gradient_of_the_product() {
    let weights = codes(20, 2);
    let w: Vec<f32> = weights.iter().map(|&v| (v - 2) as f32 * 0.03).collect();
    let plain = Case {
        shape: vec![2, 3, 5],
        constants: vec![("w", floats(&[5, 4], &w))],
        nodes: vec![node("", "MatMul", &["x", "w"], &["y"])],
    };
    let x = numbers(30, 4);
    let truth = plain.gradient(&x);
    let integers = Plain::int(vec![5, 4], Elem::I8, weights);
    let mut constants = scales();
    constants.push(("w", integers.clone()));
    let inputs = ["q", "sx", "zx", "w", "sw", "zw", "sy", "zy"];
    let case = Case {
        shape: vec![2, 3, 5],
        constants: constants.clone(),
        nodes: quantised(node("", "QLinearMatMul", &inputs, &["p"])),
    };
    close(&case.gradient(&x), &truth);

    // As exporters write it for dynamic quantisation: sums, made floats by a cast, times both scales.
    let mut cast = node("", "Cast", &["sums"], &["floats"]);
    cast.attrs.insert("to".into(), Attr::Int(1));
    let case = Case {
        shape: vec![2, 3, 5],
        constants: constants.clone(),
        nodes: vec![
            node("", "DynamicQuantizeLinear", &["x"], &["q", "s", "z"]),
            node("", "MatMulInteger", &["q", "w", "z", "zw"], &["sums"]),
            cast,
            node("", "Mul", &["s", "sw"], &["both"]),
            node("", "Mul", &["floats", "both"], &["y"]),
        ],
    };
    close(&case.gradient(&x), &truth);

    let case = Case {
        shape: vec![2, 3, 5],
        constants,
        nodes: vec![node(
            "com.microsoft",
            "DynamicQuantizeMatMul",
            &["x", "w", "sw", "zw"],
            &["y"],
        )],
    };
    close(&case.gradient(&x), &truth);
}

#[test]
fn operators_between_two_quantisations_have_their_own_gradient() {
    let x = numbers(30, 6);
    let mut constants = scales();
    constants.push(("other", Plain::int(vec![5], Elem::U8, vec![100, 150, 20, 130, 220])));
    constants.push(("so", scalar(0.05)));
    constants.push(("zo", zero(Elem::U8, 100)));
    let inputs = ["q", "sx", "zx", "other", "so", "zo", "sy", "zy"];
    let case = Case {
        shape: vec![2, 3, 5],
        constants,
        nodes: quantised(node("com.microsoft", "QLinearMul", &inputs, &["p"])),
    };
    let plain = Case {
        shape: vec![2, 3, 5],
        constants: vec![("other", floats(&[5], &[0.0, 2.5, -4.0, 1.5, 6.0]))],
        nodes: vec![node("", "Mul", &["x", "other"], &["y"])],
    };
    close(&case.gradient(&x), &plain.gradient(&x));
}

#[test]
fn a_session_says_that_its_model_is_quantised() {
    let spec = |op: &str| GraphSpec {
        inputs: vec![Port::tensor("x", Elem::F32, [1])],
        outputs: vec![Port::bare("y")],
        nodes: vec![node("", op, &["x"], &["y"])],
        opsets: BTreeMap::from([(String::new(), 21)]),
        ..GraphSpec::default()
    };
    let notes = |op: &str| {
        Session::from_spec(&spec(op), Options::default())
            .map(|s: Session| s.notes())
            .unwrap()
    };
    assert!(notes("Relu").is_empty());
    assert_eq!(notes("DynamicQuantizeLinear").len(), 1);
}
