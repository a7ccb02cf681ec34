//! Sequences, optionals and bodies.
//!
//! An operator whose answer is a sequence or an optional has others around it that make a tensor of
//! it; `finish` puts them there.

use std::sync::Arc;

use glassboard_engine::{Attr, Elem, GraphSpec, NodeSpec, Plain, Port};

use crate::draw::Draw;
use crate::harness::{Built, Case, Input, free, int, ints, node, with};

fn body(inputs: &[&str], nodes: Vec<NodeSpec>, outputs: &[&str]) -> Attr {
    Attr::Graph(Arc::new(GraphSpec {
        inputs: inputs.iter().map(|&s| Port::bare(s)).collect(),
        nodes,
        outputs: outputs.iter().map(|&s| Port::bare(s)).collect(),
        ..GraphSpec::default()
    }))
}

/// The node of the operator that a case is of: the first, as those around it are added behind it.
fn the<'a>(spec: &'a mut GraphSpec, op: &str) -> &'a mut NodeSpec {
    spec.nodes.iter_mut().find(|n| n.op == op).unwrap()
}

/// Gives the operator a sequence of its first inputs; the last `kept` of them stay as they are.
fn gathered(spec: &mut GraphSpec, op: &str, kept: usize) {
    let node = the(spec, op);
    let rest = node.inputs.split_off(node.inputs.len() - kept);
    let items = std::mem::replace(&mut node.inputs, vec!["gathered".into()]);
    node.inputs.extend(rest);
    spec.nodes.push(NodeSpec {
        op: "SequenceConstruct".into(),
        inputs: items,
        outputs: vec!["gathered".into()],
        ..NodeSpec::default()
    });
}

/// Makes answer `k` of the operator, a sequence, a tensor of its items, one behind the other.
fn joined(spec: &mut GraphSpec, op: &str, k: usize) {
    let (items, y) = (format!("items{k}"), format!("y{k}"));
    the(spec, op).outputs[k].clone_from(&items);
    let join = node("ConcatFromSequence", &[&items], &[&y]);
    spec.nodes.push(with(join, "axis", Attr::Int(0)));
}

/// An int64 number that only the nodes around an operator read.
fn constant(spec: &mut GraphSpec, name: &str, value: i64) {
    let number = Plain::int(vec![], Elem::I64, vec![value]);
    spec.initializers.push((name.into(), number.into()));
}

/// From `least` to three tensors that fit behind each other.
fn items(d: &mut Draw, least: usize) -> Vec<Input> {
    let rest = d.shape(2, 1, 3);
    (0..d.size(least, 3))
        .map(|_| {
            let first = d.size(1, 3);
            free(d, &[first, rest[0], rest[1]])
        })
        .collect()
}

/// The items with those as constants that do not reach the answer: the engine refuses a gradient with
/// respect to a value that the answer does not depend on.
fn reached(items: Vec<Input>, reaches: impl Fn(i64) -> bool) -> Vec<Input> {
    let items = items.into_iter().zip(0..);
    items
        .map(|(item, k)| match item {
            Input::Free(shape, data) if !reaches(k) => Input::Fixed(shape, data),
            other => other,
        })
        .collect()
}

fn split(d: &mut Draw) -> Built {
    let shape = d.shape(3, 2, 4);
    let axis = d.size(0, 2);
    let total = shape[axis] as i64;
    let lengths = match d.size(0, 2) {
        0 => Input::Absent,
        1 => int(d.int(1, total)),
        _ => {
            let first = d.int(1, total - 1);
            ints(&[first, total - first])
        }
    };
    let mut built = Built::new(vec![free(d, &shape), lengths])
        .int("axis", d.one(&[axis as i64, axis as i64 - 3]))
        .int("keepdims", i64::from(d.flag()))
        .outputs(2, &[0, 1]);
    built.finish = |spec| {
        constant(spec, "last", -1);
        let split = the(spec, "SplitToSequence");
        let whole = split.inputs[1].is_empty() && matches!(split.attrs["keepdims"], Attr::Int(0));
        let axis = split.attrs["axis"].clone();
        split.outputs = vec!["pieces".into()];
        let mut join = with(
            node("ConcatFromSequence", &["pieces"], &["y0"]),
            "new_axis",
            Attr::Int(i64::from(whole)),
        );
        join.attrs.insert("axis".into(), axis);
        spec.nodes.push(join);
        spec.nodes.push(node("SequenceAt", &["pieces", "last"], &["y1"]));
    };
    built
}

/// Two sequences and a tensor that goes to every run of the body, which also reads one from outside.
fn map(d: &mut Draw) -> Built {
    let shape = d.shape(2, 1, 3);
    let inputs = (0..6).map(|_| free(d, &shape)).collect();
    let each = body(
        &["one", "other", "plain"],
        vec![
            node("Mul", &["one", "plain"], &["scaled"]),
            node("Tanh", &["scaled"], &["first"]),
            node("Mul", &["other", "one"], &["product"]),
            node("Add", &["product", "input5"], &["second"]),
        ],
        &["first", "second"],
    );
    let mut built = Built::new(inputs).attr("body", each).outputs(2, &[0, 1]);
    built.finish = |spec| {
        for (name, items) in [("ones", ["input0", "input1"]), ("others", ["input2", "input3"])] {
            spec.nodes.push(node("SequenceConstruct", &items, &[name]));
        }
        the(spec, "SequenceMap").inputs = vec!["ones".into(), "others".into(), "input4".into()];
        joined(spec, "SequenceMap", 0);
        joined(spec, "SequenceMap", 1);
    };
    built
}

/// Two values carried along, a weight from outside, and the runs' answers stacked.
fn repeat(d: &mut Draw) -> Built {
    let shape = d.shape(2, 1, 3);
    let (trips, limit) = (d.int(1, 4), d.int(0, 3));
    // Without a trip count the body's own condition ends the loop.
    let trips = if d.flag() { int(trips) } else { Input::Absent };
    let go = if d.flag() {
        Input::Whole(Elem::Bool, vec![], vec![1])
    } else {
        Input::Absent
    };
    let turn = body(
        &["turn", "going", "one", "other"],
        vec![
            node("Less", &["turn", "input4"], &["go"]),
            node("Mul", &["one", "input5"], &["scaled"]),
            node("Add", &["scaled", "other"], &["sum"]),
            node("Tanh", &["sum"], &["next"]),
            node("Mul", &["other", "one"], &["second"]),
            node("Mul", &["next", "second"], &["written"]),
        ],
        &["go", "next", "second", "written"],
    );
    let mut built = Built::new(vec![
        trips,
        go,
        free(d, &shape),
        free(d, &shape),
        int(limit),
        free(d, &shape),
    ])
    .attr("body", turn)
    .outputs(3, &[0, 1, 2]);
    // The limit and the weight are no inputs: the body reads them from outside.
    built.finish = |spec| the(spec, "Loop").inputs.truncate(4);
    built
}

/// A loop that never runs answers what it was given.
fn idle(d: &mut Draw) -> Built {
    let shape = d.shape(2, 1, 3);
    let none = d.flag();
    let turn = body(
        &["turn", "going", "one"],
        vec![
            node("Identity", &["going"], &["go"]),
            node("Mul", &["one", "one"], &["next"]),
        ],
        &["go", "next"],
    );
    Built::new(vec![
        int(if none { 0 } else { 3 }),
        Input::Whole(Elem::Bool, vec![], vec![i64::from(none)]),
        free(d, &shape),
    ])
    .attr("body", turn)
}

/// A loop that carries a sequence and adds an item to it at every turn.
fn growing(d: &mut Draw) -> Built {
    let shape = d.shape(2, 1, 3);
    let turn = body(
        &["turn", "going", "list", "one"],
        vec![
            node("Identity", &["going"], &["go"]),
            node("Mul", &["one", "input3"], &["next"]),
            node("SequenceInsert", &["list", "next"], &["longer"]),
        ],
        &["go", "longer", "next"],
    );
    let mut built = Built::new(vec![int(d.int(1, 3)), Input::Absent, free(d, &shape), free(d, &shape)])
        .attr("body", turn)
        .outputs(2, &[0, 1]);
    built.finish = |spec| {
        the(spec, "Loop").inputs = ["input0", "", "start", "input2"].map(str::to_owned).into();
        spec.nodes.push(node("SequenceConstruct", &["input2"], &["start"]));
        joined(spec, "Loop", 0);
    };
    built
}

/// The body of a scan: a state and two sequences, of which one weighs and the other is added. `weight`
/// comes from outside.
fn step(weight: &str) -> Attr {
    body(
        &["state", "factor", "term"],
        vec![
            node("Mul", &["state", "factor"], &["scaled"]),
            node("Add", &["scaled", "term"], &["sum"]),
            node("Tanh", &["sum"], &["next"]),
            node("Mul", &["next", "factor"], &["product"]),
            node("Mul", &["product", weight], &["first"]),
            node("Mul", &["state", "term"], &["second"]),
        ],
        &["next", "first", "second"],
    )
}

fn scan(d: &mut Draw) -> Built {
    let (shape, length) = (d.shape(2, 1, 3), d.size(1, 4));
    let axes: Vec<i64> = (0..4).map(|_| d.int(-3, 2)).collect();
    let ways = |d: &mut Draw| Attr::Ints(vec![d.int(0, 1), d.int(0, 1)]);
    let sequence = |axis: i64, d: &mut Draw| {
        let mut long = shape.clone();
        long.insert(axis.rem_euclid(3) as usize, length);
        free(d, &long)
    };
    let inputs = vec![
        free(d, &shape),
        sequence(axes[0], d),
        sequence(axes[1], d),
        free(d, &shape),
    ];
    let mut built = Built::new(inputs)
        .attr("body", step("input3"))
        .int("num_scan_inputs", 2)
        .attr("scan_input_axes", Attr::Ints(axes[..2].to_vec()))
        .attr("scan_output_axes", Attr::Ints(axes[2..].to_vec()))
        .attr("scan_input_directions", ways(d))
        .attr("scan_output_directions", ways(d))
        .outputs(3, &[0, 1, 2]);
    built.finish = |spec| the(spec, "Scan").inputs.truncate(3);
    built
}

/// Operator set 8: a batch in front, and every sequence of its own length.
fn batched_scan(d: &mut Draw) -> Built {
    let (batch, longest, width) = (d.size(1, 3), d.size(2, 4), d.size(1, 3));
    let lengths = if d.flag() {
        ints(&(0..batch).map(|_| d.int(1, longest as i64)).collect::<Vec<_>>())
    } else {
        Input::Absent
    };
    let inputs = vec![
        lengths,
        free(d, &[batch, width]),
        free(d, &[batch, longest, width]),
        free(d, &[batch, longest, width]),
        free(d, &[width]),
    ];
    let mut built = Built::new(inputs)
        .attr("body", step("input4"))
        .int("num_scan_inputs", 2)
        .attr("directions", Attr::Ints(vec![d.int(0, 1), d.int(0, 1)]))
        .outputs(3, &[0, 1, 2])
        .opset(8);
    built.finish = |spec| the(spec, "Scan").inputs.truncate(4);
    built
}

/// An optional of a tensor, or of a sequence of two.
fn optional(d: &mut Draw) -> Built {
    let count = d.size(1, 2);
    let shape = d.shape(2, 1, 3);
    let mut built = Built::new((0..count).map(|_| free(d, &shape)).collect());
    built.finish = |spec| {
        let several = the(spec, "Optional").inputs.len() > 1;
        if several {
            gathered(spec, "Optional", 0);
        }
        the(spec, "Optional").outputs = vec!["maybe".into()];
        let mut get = node("OptionalGetElement", &["maybe"], &["y0"]);
        if several {
            get.outputs = vec!["list".into()];
            spec.nodes.push(with(
                node("ConcatFromSequence", &["list"], &["y0"]),
                "axis",
                Attr::Int(0),
            ));
        }
        spec.nodes.push(get);
    };
    built
}

pub fn cases() -> Vec<Case> {
    vec![
        Case::new("SequenceConstruct", |d| {
            let mut built = Built::new(items(d, 1));
            built.finish = |spec| joined(spec, "SequenceConstruct", 0);
            built
        }),
        Case::new("SequenceEmpty", |d| {
            let shape = d.shape(2, 1, 4);
            let mut built = Built::new(vec![free(d, &shape)]);
            built.finish = |spec| {
                constant(spec, "only", 0);
                let empty = the(spec, "SequenceEmpty");
                empty.inputs.clear();
                empty.outputs = vec!["nothing".into()];
                spec.nodes
                    .push(node("SequenceInsert", &["nothing", "input0"], &["something"]));
                spec.nodes.push(node("SequenceAt", &["something", "only"], &["y0"]));
            };
            built
        }),
        Case::new("SequenceAt", |d| {
            let items = items(d, 1);
            let n = items.len() as i64;
            let at = d.int(-n, n - 1);
            let taken = at.rem_euclid(n);
            let mut inputs = reached(items, |k| k == taken);
            inputs.push(int(at));
            let mut built = Built::new(inputs);
            built.finish = |spec| gathered(spec, "SequenceAt", 1);
            built
        }),
        Case::new("SequenceInsert", |d| {
            let mut inputs = items(d, 2);
            // The last of them is the one put between the others.
            let n = inputs.len() as i64 - 1;
            inputs.push(if d.flag() { int(d.int(-n, n)) } else { Input::Absent });
            let mut built = Built::new(inputs);
            built.finish = |spec| {
                gathered(spec, "SequenceInsert", 2);
                joined(spec, "SequenceInsert", 0);
            };
            built
        }),
        Case::new("SequenceErase", |d| {
            let items = items(d, 2);
            let n = items.len() as i64;
            // Without a position the last goes.
            let at = if d.flag() { Some(d.int(-n, n - 1)) } else { None };
            let erased = at.unwrap_or(-1).rem_euclid(n);
            let mut inputs = reached(items, |k| k != erased);
            inputs.push(at.map_or(Input::Absent, int));
            let mut built = Built::new(inputs);
            built.finish = |spec| {
                gathered(spec, "SequenceErase", 1);
                joined(spec, "SequenceErase", 0);
            };
            built
        }),
        Case::new("ConcatFromSequence", |d| {
            let (new, axis) = (d.flag(), d.size(0, 1));
            let mut shape = d.shape(2, 1, 3);
            let inputs = (0..d.size(1, 3))
                .map(|_| {
                    if !new {
                        shape[axis] = d.size(1, 3);
                    }
                    free(d, &shape)
                })
                .collect();
            let rank = if new { 3 } else { 2 };
            let mut built = Built::new(inputs)
                .int("new_axis", i64::from(new))
                .int("axis", d.one(&[axis as i64, axis as i64 - rank]));
            built.finish = |spec| gathered(spec, "ConcatFromSequence", 0);
            built
        }),
        Case::new("SplitToSequence", split),
        Case::new("SequenceMap", map),
        Case::new("Optional", optional),
        Case::new("OptionalGetElement", |d| {
            let shape = d.shape(2, 1, 3);
            // A plain value is an optional that is there.
            Built::new(vec![free(d, &shape)])
        }),
        Case::new("OptionalGetElement", |d| {
            let shape = d.shape(2, 1, 3);
            let mut built = Built::new(vec![free(d, &shape)]);
            built.finish = |spec| {
                the(spec, "OptionalGetElement").inputs = vec!["maybe".into()];
                spec.nodes.push(node("Optional", &["input0"], &["maybe"]));
            };
            built
        }),
        Case::new("Loop", repeat),
        Case::new("Loop", idle),
        Case::new("Loop", growing),
        Case::new("Scan", scan),
        Case::new("Scan", batched_scan),
    ]
}
