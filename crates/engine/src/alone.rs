//! Graphs whose rows do not see each other, to the bit.
//!
//! The kernels add up every number in an order that its own row decides: products and convolutions along `k`, reductions
//! in blocks that end by the shape of what is reduced, everything else element by element. A graph of such operators
//! alone may be run over any number of rows at a time, and a row has the same bits: the last pass need not be filled up,
//! and one row costs what one row costs. What is left to the backend, or mixes rows, is not in the list; a graph that
//! has it runs at one size of pass ([`crate::batch`]).

use std::collections::BTreeSet;

use crate::graph::{Attr, Node, Program, ValueId};
use crate::shapes::{Dim, Fact, Shapes};
use crate::value::Elem;

/// Functions of every element, and of two arrays, on kernels of ours.
const ELEMENTWISE: &[&str] = &[
    "Add",
    "Clip",
    "Div",
    "Elu",
    "Erf",
    "HardSigmoid",
    "HardSwish",
    "Identity",
    "LeakyRelu",
    "Mul",
    "Relu",
    "Selu",
    "Sigmoid",
    "Softplus",
    "Sub",
    "Tanh",
];

/// Whether every node of the graph computes a row of its output from the same row of its inputs alone, on kernels whose
/// bits no other row changes. `constant` tells values that no node makes.
pub(crate) fn rows_alone(program: &Program, shapes: &Shapes, constant: &dyn Fn(ValueId) -> bool) -> bool {
    // Its number is free.
    let first = program.inputs.first();
    let rows = first.and_then(|(id, _)| shapes.facts[*id].shape.as_ref()?.first()?.as_symbol());
    let Some(rows) = rows else { return false };
    let in_rows = |id: ValueId| of_rows(&shapes.facts[id], rows);
    let is_constant = |id: ValueId| constant(id) || whole(&shapes.facts[id]);
    program.inputs.iter().all(|(id, _)| in_rows(*id))
        && program.nodes.iter().all(|node| {
            let outputs = || node.outputs.iter().flatten();
            outputs().all(|&id| is_constant(id)) || outputs().all(|&id| in_rows(id)) && alone(node, shapes, constant)
        })
}

/// A value of floats whose first axis is the rows, and no other has to do with them.
fn of_rows(fact: &Fact, rows: &str) -> bool {
    let Some([first, rest @ ..]) = fact.shape.as_deref() else {
        return false;
    };
    let mut others = BTreeSet::new();
    for dim in rest {
        dim.symbols(&mut others);
    }
    fact.elem == Some(Elem::F32)
        && first.as_symbol() == Some(rows)
        && !others.contains(rows)
        && !rest.iter().any(Dim::is_unknown)
}

/// Whole numbers are computed exactly: the sizes that a shape is made of.
fn whole(fact: &Fact) -> bool {
    matches!(fact.elem, Some(Elem::I64 | Elem::I32 | Elem::Bool))
}

fn alone(node: &Node, shapes: &Shapes, constant: &dyn Fn(ValueId) -> bool) -> bool {
    let given = |i: usize| node.inputs.get(i).copied().flatten();
    let fixed = |i: usize| given(i).is_some_and(constant);
    let fixed_or_none = |i: usize| given(i).is_none_or(constant);
    let set = |name: &str| matches!(node.attrs.get(name), Some(Attr::Int(v)) if *v != 0);
    let floats_are_single = || {
        let elem = |id: &ValueId| shapes.facts[*id].elem;
        node.inputs
            .iter()
            .flatten()
            .all(|id| !matches!(elem(id), Some(e) if e.is_float() && e != Elem::F32))
    };
    if !node.domain.is_empty() || !node.bodies.is_empty() || !floats_are_single() {
        return false;
    }
    match node.op.as_str() {
        "Conv" => fixed(1) && fixed_or_none(2),
        "Gemm" => !set("transA") && fixed(1) && fixed_or_none(2),
        "MatMul" => fixed(1) && rank(shapes, given(1)) == Some(2),
        // One that is trained takes the statistics of its rows; before operator set 14 more outputs say so.
        "BatchNormalization" => {
            !set("training_mode") && (1..5).all(fixed) && node.outputs.iter().flatten().count() == 1
        }
        // Over four dimensions they run on loops of their own.
        "MaxPool" | "AveragePool" => {
            node.outputs.iter().flatten().count() == 1 && rank(shapes, given(0)).is_some_and(|rank| rank <= 5)
        }
        // The first axis is as it was, which was asked already: what is summed, moved or joined is of one row.
        "ReduceMean" | "ReduceSum" | "ReduceMax" | "GlobalAveragePool" | "GlobalMaxPool" | "Flatten" | "Reshape"
        | "Concat" => true,
        // Along the last axis: the rows are another one.
        "Softmax" | "LogSoftmax" => {
            let last = rank(shapes, given(0)).map_or(i64::MAX, |rank| rank as i64 - 1);
            let axis = match node.attrs.get("axis") {
                Some(Attr::Int(axis)) => *axis,
                _ => -1,
            };
            node.opset >= 13 && last > 0 && (axis == -1 || axis == last)
        }
        op => ELEMENTWISE.contains(&op),
    }
}

fn rank(shapes: &Shapes, id: Option<ValueId>) -> Option<usize> {
    shapes.facts[id?].shape.as_ref().map(Vec::len)
}
