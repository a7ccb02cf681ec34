//! What a planner joins gives the bits of the nodes one by one; taps and cuts see what they should.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may say so by panicking")]

use std::collections::BTreeMap;

use glassboard_engine::{Attr, Elem, EngineError, GraphSpec, NodeSpec, Options, Plain, Port, Session};
use glassboard_model::{OutputSpace, Target};

fn port(name: &str, shape: &[usize]) -> Port {
    Port::tensor(name, Elem::F32, shape.iter().copied())
}

/// Numbers that look random and repeat nowhere near.
fn numbers(shape: &[usize], seed: u32) -> Plain {
    let n: usize = shape.iter().product();
    let mut state = seed.wrapping_mul(0x9e37_79b9) | 1;
    let next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    Plain::float(
        shape.to_vec(),
        Elem::F32,
        std::iter::repeat_with(next).take(n).collect(),
    )
}

fn positive(plain: &Plain) -> Plain {
    let data = plain.as_floats().unwrap().iter().map(|v| v.abs() + 0.1).collect();
    Plain::float(plain.shape.clone(), Elem::F32, data)
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

/// conv, batch norm, sum with a second path, rectifier; then two layers of a perceptron.
fn network() -> GraphSpec {
    let pads = ("pads", Attr::Ints(vec![1, 1, 1, 1]));
    GraphSpec {
        inputs: vec![port("x", &[2, 3, 9, 7])],
        outputs: vec![port("y", &[2, 4])],
        initializers: vec![
            ("w1".into(), numbers(&[8, 3, 3, 3], 1).into()),
            ("b1".into(), numbers(&[8], 2).into()),
            ("scale".into(), numbers(&[8], 3).into()),
            ("shift".into(), numbers(&[8], 4).into()),
            ("mean".into(), numbers(&[8], 5).into()),
            ("var".into(), positive(&numbers(&[8], 6)).into()),
            ("w2".into(), numbers(&[8, 3, 1, 1], 7).into()),
            ("w3".into(), numbers(&[8, 16], 8).into()),
            ("b3".into(), numbers(&[16], 9).into()),
            ("w4".into(), numbers(&[4, 16], 10).into()),
            ("b4".into(), numbers(&[4], 11).into()),
        ],
        nodes: vec![
            node("Conv", &["x", "w1", "b1"], "conv", &[pads]),
            node(
                "BatchNormalization",
                &["conv", "scale", "shift", "mean", "var"],
                "norm",
                &[],
            ),
            node("Conv", &["x", "w2"], "skip", &[]),
            node("Add", &["skip", "norm"], "sum", &[]),
            node("Relu", &["sum"], "relu", &[]),
            node("GlobalAveragePool", &["relu"], "pool", &[]),
            node("Flatten", &["pool"], "flat", &[]),
            node("MatMul", &["flat", "w3"], "product", &[]),
            node("Add", &["b3", "product"], "biased", &[]),
            node("Relu", &["biased"], "hidden", &[]),
            node("Gemm", &["hidden", "w4", "b4"], "y", &[("transB", Attr::Int(1))]),
        ],
        opsets: BTreeMap::from([(String::new(), 18)]),
        ..GraphSpec::default()
    }
}

const INNER: &[&str] = &["conv", "norm", "skip", "sum", "relu", "product", "biased", "hidden"];

fn target() -> Target {
    Target {
        output: None,
        space: OutputSpace::Raw,
        targets: vec![1, 3],
    }
}

#[test]
fn joined_nodes_have_the_bits_of_single_ones() {
    let session: Session = Session::from_spec(&network(), Options::default()).unwrap();
    let x = numbers(&[2, 3, 9, 7], 99);
    let joined = session.execute(std::slice::from_ref(&x), &[]).unwrap();
    let mut all = vec!["y"];
    all.extend(INNER);
    let single = session.execute(std::slice::from_ref(&x), &all).unwrap();
    assert_eq!(joined.values[0], single.values[0]);
    let moved = joined.values[0].as_floats().unwrap().iter().any(|v| v.abs() > 1e-3);
    assert!(moved, "the network answers nothing but zeros");
}

#[test]
fn a_norm_behind_an_activation_stays_behind_it() {
    let mut spec = network();
    spec.nodes[0].outputs[0] = "first".into();
    spec.nodes.insert(1, node("Relu", &["first"], "conv", &[]));
    let session: Session = Session::from_spec(&spec, Options::default()).unwrap();
    let x = numbers(&[2, 3, 9, 7], 42);
    let joined = session.execute(std::slice::from_ref(&x), &[]).unwrap();
    let mut all = vec!["y", "first"];
    all.extend(INNER);
    let single = session.execute(std::slice::from_ref(&x), &all).unwrap();
    assert_eq!(joined.values[0], single.values[0]);
}

#[test]
fn taps_see_what_single_questions_see() {
    let session: Session = Session::from_spec(&network(), Options::default()).unwrap();
    let x = numbers(&[2, 3, 9, 7], 7);
    let mut at = vec!["x"];
    at.extend(INNER);
    let together = session
        .differentiate(std::slice::from_ref(&x), &[], &at, &target())
        .unwrap();
    for (i, name) in at.iter().enumerate() {
        let alone = session
            .differentiate(std::slice::from_ref(&x), &[], &[name], &target())
            .unwrap();
        assert_eq!(alone.scores, together.scores, "{name}");
        assert_eq!(alone.values[0], together.values[i], "{name}");
        assert_eq!(alone.gradients[0].shape, together.gradients[i].shape, "{name}");
        let pairs = alone.gradients[0].as_floats().unwrap().iter();
        for (a, b) in pairs.zip(together.gradients[i].as_floats().unwrap()) {
            assert!((a - b).abs() <= 1e-6 * (1.0 + a.abs()), "{name}: {a} and {b}");
        }
    }
}

#[test]
fn a_pass_back_agrees_with_differences_in_64_bits() {
    let session: Session = Session::from_spec(&network(), Options::default()).unwrap();
    let x = numbers(&[2, 3, 9, 7], 5);
    let found = session
        .differentiate(std::slice::from_ref(&x), &[], &["x"], &target())
        .unwrap();
    let mut double = network();
    double.inputs[0].elem = Some(Elem::F64);
    for (_, plain) in &mut double.initializers {
        let numbers = plain.load().unwrap().to_doubles().unwrap();
        *plain = Plain::double(plain.shape.clone(), numbers).into();
    }
    let exact: Session = Session::from_spec(&double, Options::default()).unwrap();
    let base = x.to_doubles().unwrap();
    let score = |data: Vec<f64>| {
        let ran = exact.execute(&[Plain::double(x.shape.clone(), data)], &[]).unwrap();
        let y = ran.values[0].to_doubles().unwrap();
        y[1] + y[4 + 3]
    };
    let gradient = found.gradients[0].as_floats().unwrap();
    let largest = gradient.iter().fold(0.0f32, |m, g| m.max(g.abs()));
    assert!(largest > 1e-3);
    for i in (0..base.len()).step_by(11) {
        let at = |d: f64| {
            let mut moved = base.clone();
            moved[i] += d;
            score(moved)
        };
        let slope = (at(1e-6) - at(-1e-6)) / 2e-6;
        assert!(
            (slope - f64::from(gradient[i])).abs() <= 1e-3 * f64::from(largest),
            "element {i}"
        );
    }
}

#[test]
fn a_replaced_value_is_read_instead_of_the_computed_one() {
    let session: Session = Session::from_spec(&network(), Options::default()).unwrap();
    let x = numbers(&[2, 3, 9, 7], 3);
    let hidden = numbers(&[2, 16], 4);
    let ran = session
        .execute_with(std::slice::from_ref(&x), &[("hidden", hidden.clone())], &["y", "relu"])
        .unwrap();
    let plain = session.execute(&[x], &["y", "relu"]).unwrap();
    assert_eq!(ran.values[1], plain.values[1]);
    assert_ne!(ran.values[0], plain.values[0]);
    let (w, b) = (numbers(&[4, 16], 10), numbers(&[4], 11));
    let (w, b) = (w.to_doubles().unwrap(), b.to_doubles().unwrap());
    let rows = hidden.to_doubles().unwrap();
    let got = ran.values[0].as_floats().unwrap();
    for (i, got) in got.iter().enumerate() {
        let (row, class) = (i / 4, i % 4);
        let sum: f64 = (0..16).map(|k| rows[row * 16 + k] * w[class * 16 + k]).sum();
        assert!((sum + b[class] - f64::from(*got)).abs() < 1e-5);
    }
}

/// Two convolutions over rows of any number.
fn pair(rows: Option<usize>) -> GraphSpec {
    let input = Port::tensor("x", Elem::F32, [rows, Some(4), Some(16), Some(16)]);
    let pads = || ("pads", Attr::Ints(vec![1, 1, 1, 1]));
    GraphSpec {
        inputs: vec![input],
        outputs: vec![Port::bare("y")],
        initializers: vec![
            ("w1".into(), numbers(&[8, 4, 3, 3], 1).into()),
            ("w2".into(), numbers(&[8, 8, 3, 3], 2).into()),
        ],
        nodes: vec![
            node("Conv", &["x", "w1"], "a", &[pads()]),
            node("Sigmoid", &["a"], "b", &[]),
            node("Conv", &["b", "w2"], "c", &[pads()]),
            node("Add", &["c", "b"], "y", &[]),
        ],
        opsets: BTreeMap::from([(String::new(), 18)]),
        ..GraphSpec::default()
    }
}

#[test]
fn a_pass_that_would_not_fit_is_refused_with_its_number() {
    let row: u64 = 4 * 256 * (4 + 8 + 8);
    let options = Options { memory_limit: 10 * row };
    let session: Session = Session::from_spec(&pair(None), options).unwrap();
    let ran = session.execute(&[numbers(&[8, 4, 16, 16], 3)], &[]).unwrap();
    assert!(ran.peak_bytes <= 10 * row);
    let refused = session.execute(&[numbers(&[64, 4, 16, 16], 3)], &[]).unwrap_err();
    let text = refused.to_string();
    assert!(
        text.starts_with("running a batch of 64 needs ") && text.contains("over the limit of"),
        "{text}"
    );
    let EngineError::TooLarge { need, .. } = refused else {
        panic!("{refused:?}")
    };
    let needed = need.bytes;
    let eight = ran.peak_bytes * 8;
    assert!(
        needed <= eight * 5 / 4 && needed * 5 / 4 >= eight,
        "predicted {needed}, eight rows scale to {eight}"
    );
    let target = Target {
        output: None,
        space: OutputSpace::Raw,
        targets: vec![0; 64],
    };
    let x = numbers(&[64, 4, 16, 16], 3);
    let refused = session.differentiate(&[x], &[], &["x"], &target).unwrap_err();
    assert!(
        refused.to_string().starts_with("explaining a batch of 64 needs "),
        "{refused}"
    );
}

#[test]
fn passes_take_the_rows_that_their_values_leave_room_for() {
    use glassboard_model::Model;
    let session: Session = Session::from_spec(&pair(None), Options::default()).unwrap();
    let small = session.rows_per_pass(&[4, 16, 16]);
    let large = session.rows_per_pass(&[4, 128, 128]);
    assert!(small.is_power_of_two() && small > 8, "{small}");
    assert_eq!(large, 1);
    let fixed: Session = Session::from_spec(&pair(Some(3)), Options::default()).unwrap();
    assert_eq!(fixed.rows_per_pass(&[4, 16, 16]), 3);
}
