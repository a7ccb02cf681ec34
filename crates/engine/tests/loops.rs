//! Loops that would never end, or hold more than there is room for, are refused with a sentence.

use std::collections::BTreeMap;
use std::sync::Arc;

use glassboard_engine::{Attr, Elem, EngineError, GraphSpec, NodeSpec, Options, Plain, Port, Session};

fn port(name: &str, elem: Option<Elem>) -> Port {
    Port {
        name: name.to_owned(),
        elem,
        shape: None,
    }
}

fn node(op: &str, inputs: &[&str], outputs: &[&str]) -> NodeSpec {
    NodeSpec {
        op: op.to_owned(),
        inputs: inputs.iter().map(|&s| s.to_owned()).collect(),
        outputs: outputs.iter().map(|&s| s.to_owned()).collect(),
        ..NodeSpec::default()
    }
}

/// A loop of `trips` turns over `x`, whose body is given and gets `turn`, `on` and `state`.
fn repeat(trips: i64, nodes: Vec<NodeSpec>, written: &[&str]) -> GraphSpec {
    let mut outputs = vec![port("on", None), port("next", None)];
    outputs.extend(written.iter().map(|n| port(n, None)));
    let body = GraphSpec {
        inputs: ["turn", "on", "state"].map(|n| port(n, None)).to_vec(),
        outputs,
        nodes,
        ..GraphSpec::default()
    };
    let mut made = vec!["y".to_owned()];
    made.extend(written.iter().map(|n| format!("all_{n}")));
    let names: Vec<&str> = made.iter().map(String::as_str).collect();
    let mut repeat = node("Loop", &["trips", "", "x"], &names);
    repeat.attrs.insert("body".into(), Attr::Graph(Arc::new(body)));
    GraphSpec {
        inputs: vec![port("x", Some(Elem::F32))],
        outputs: made.iter().map(|n| port(n, None)).collect(),
        initializers: vec![("trips".into(), Plain::int(vec![], Elem::I64, vec![trips]).into())],
        nodes: vec![repeat],
        opsets: BTreeMap::from([(String::new(), 21)]),
        ..GraphSpec::default()
    }
}

fn run(spec: &GraphSpec, memory_limit: u64) -> Result<Vec<Plain>, EngineError> {
    let session: Session = Session::from_spec(spec, Options { memory_limit })?;
    let x = Plain::float(vec![2], Elem::F32, vec![1.0, 2.0]);
    session.execute(&[x], &[]).map(|ran| ran.values)
}

#[test]
fn a_loop_runs_as_often_as_it_says() {
    let spec = repeat(5, vec![node("Add", &["state", "state"], &["next"])], &[]);
    let y = run(&spec, 1 << 20).unwrap();
    assert_eq!(y[0].as_floats().unwrap(), [32.0, 64.0]);
}

#[test]
fn a_loop_without_end_is_refused() {
    let spec = repeat(i64::MAX, vec![node("Neg", &["state"], &["next"])], &[]);
    let why = run(&spec, 1 << 30).unwrap_err().to_string();
    assert!(why.contains("which is the limit"), "{why}");
}

#[test]
fn what_a_loop_writes_counts_against_the_memory_limit() {
    let grow = vec![
        node("Identity", &["state"], &["next"]),
        node("Neg", &["state"], &["part"]),
    ];
    let why = run(&repeat(1 << 20, grow, &["part"]), 1 << 20).unwrap_err();
    assert!(matches!(why, EngineError::Memory { .. }), "{why}");
    // A value that doubles at every turn.
    let mut double = node("Concat", &["state", "state"], &["next"]);
    double.attrs.insert("axis".into(), Attr::Int(0));
    let why = run(&repeat(1 << 20, vec![double], &[]), 1 << 20).unwrap_err();
    assert!(matches!(why, EngineError::Memory { .. }), "{why}");
}

#[test]
fn a_loop_inside_of_a_loop_shares_its_limit() {
    let mut inner = node("Loop", &["many", "", "state"], &["next"]);
    let turn = GraphSpec {
        inputs: ["i", "go", "s"].map(|n| port(n, None)).to_vec(),
        outputs: vec![port("go", None), port("t", None)],
        nodes: vec![node("Neg", &["s"], &["t"])],
        ..GraphSpec::default()
    };
    inner.attrs.insert("body".into(), Attr::Graph(Arc::new(turn)));
    let mut many = node("Constant", &[], &["many"]);
    many.attrs.insert(
        "value".into(),
        Attr::Tensor(Plain::int(vec![], Elem::I64, vec![100_000])),
    );
    let why = run(&repeat(100_000, vec![many, inner], &[]), 1 << 30)
        .unwrap_err()
        .to_string();
    assert!(why.contains("which is the limit"), "{why}");
}
