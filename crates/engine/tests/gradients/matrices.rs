//! Products of matrices and tensors.

use crate::draw::Draw;
use crate::harness::{Built, Case, free};
use glassboard_engine::Attr;

fn einsum(d: &mut Draw) -> Built {
    let [i, j, k] = [2, 3, 4].map(|n| d.size(1, n));
    let (equation, shapes): (&str, Vec<Vec<usize>>) = match d.size(0, 7) {
        0 => ("ij,jk->ik", vec![vec![i, j], vec![j, k]]),
        1 => ("bij,bjk->bki", vec![vec![2, i, j], vec![2, j, k]]),
        2 => ("ii->i", vec![vec![3, 3]]),
        3 => ("...ij,...jk", vec![vec![2, i, j], vec![1, j, k]]),
        4 => ("i,j->ij", vec![vec![i], vec![j]]),
        5 => ("ij->", vec![vec![i, j]]),
        6 => ("ij,ik,il->jkl", vec![vec![i, j], vec![i, k], vec![i, 2]]),
        _ => ("bhid,bhjd->bhij", vec![vec![2, 2, i, k], vec![2, 2, j, k]]),
    };
    Built::new(shapes.iter().map(|s| free(d, s)).collect()).text("equation", equation)
}

pub fn cases() -> Vec<Case> {
    vec![
        Case::new("MatMul", |d| {
            let [m, k, n] = [0; 3].map(|_| d.size(1, 4));
            let (a, b) = match d.size(0, 4) {
                0 => (vec![m, k], vec![k, n]),
                1 => (vec![2, m, k], vec![k, n]),
                2 => (vec![2, 1, m, k], vec![3, k, n]),
                3 => (vec![k], vec![k, n]),
                _ => (vec![2, m, k], vec![k]),
            };
            Built::new(vec![free(d, &a), free(d, &b)])
        }),
        Case::new("Gemm", |d| {
            let [m, k, n] = [0; 3].map(|_| d.size(1, 4));
            let (ta, tb) = (d.int(0, 1), d.int(0, 1));
            let a = if ta == 1 { [k, m] } else { [m, k] };
            let b = if tb == 1 { [n, k] } else { [k, n] };
            let c = match d.size(0, 2) {
                0 => vec![n],
                1 => vec![m, 1],
                _ => vec![m, n],
            };
            Built::new(vec![free(d, &a), free(d, &b), free(d, &c)])
                .int("transA", ta)
                .int("transB", tb)
                .number("alpha", 0.7)
                .number("beta", 1.3)
        }),
        Case::new("Einsum", einsum),
        Case::new("Det", |d| {
            let n = d.size(1, 4);
            let shape = if d.flag() { vec![n, n] } else { vec![2, n, n] };
            Built::new(vec![free(d, &shape)])
        }),
        Case::new("If", crate::matrices::branch),
    ]
}

/// A branch that squares a value from outside.
fn branch(d: &mut Draw) -> Built {
    use glassboard_engine::{Elem, GraphSpec, NodeSpec, Port};
    use std::sync::Arc;
    let shape = d.shape(2, 1, 4);
    let body = |factor: &str| {
        Attr::Graph(Arc::new(GraphSpec {
            nodes: vec![NodeSpec {
                op: "Mul".into(),
                inputs: vec!["input1".into(), factor.into()],
                outputs: vec!["inner".into()],
                ..NodeSpec::default()
            }],
            outputs: vec![Port::bare("inner")],
            ..GraphSpec::default()
        }))
    };
    let taken = d.int(0, 1);
    let mut built = Built::new(vec![
        crate::harness::Input::Whole(Elem::Bool, vec![], vec![taken]),
        free(d, &shape),
        free(d, &shape),
    ])
    .attr("then_branch", body("input1"))
    .attr("else_branch", body("input2"));
    if taken == 1 {
        // Only the first value is read then.
        built.inputs.truncate(2);
        built.attrs[1].1 = body("input1");
    }
    built.finish = |spec| {
        for node in spec.nodes.iter_mut().filter(|n| n.op == "If") {
            node.inputs.truncate(1);
        }
    };
    built
}
