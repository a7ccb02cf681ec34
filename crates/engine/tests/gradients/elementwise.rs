//! Element-wise mathematics of one and several inputs.

use glassboard_engine::Elem;

use crate::draw::Draw;
use crate::harness::{Built, Case, Input, free, positive};

fn within(d: &mut Draw, low: f64, high: f64) -> Built {
    let rank = d.size(0, 3);
    let shape = d.shape(rank, 1, 5);
    Built::new(vec![positive(d, &shape, low, high)])
}

fn signed(d: &mut Draw) -> Built {
    let rank = d.size(0, 3);
    let shape = d.shape(rank, 1, 5);
    Built::new(vec![free(d, &shape)])
}

fn above_zero(d: &mut Draw) -> Built {
    within(d, 0.4, 3.0)
}

fn below_one(d: &mut Draw) -> Built {
    within(d, -0.9, 0.9)
}

/// Two shapes that broadcast.
fn pair(d: &mut Draw) -> (Vec<usize>, Vec<usize>) {
    let full = d.shape(3, 1, 4);
    let mut part = full.clone();
    for size in &mut part {
        if d.flag() {
            *size = 1;
        }
    }
    let skip = d.size(0, 2);
    let part = part[skip..].to_vec();
    if d.flag() { (full, part) } else { (part, full) }
}

fn two(d: &mut Draw) -> Built {
    let (a, b) = pair(d);
    Built::new(vec![free(d, &a), free(d, &b)])
}

/// Two inputs whose elements are nowhere equal.
fn apart(d: &mut Draw) -> Built {
    let (a, b) = pair(d);
    let (n, m) = (a.iter().product::<usize>(), b.iter().product::<usize>());
    let all = d.numbers(n + m, -2.0, 2.0);
    Built::new(vec![
        Input::Free(a, all[..n].to_vec()),
        Input::Free(b, all[n..].to_vec()),
    ])
}

fn several(d: &mut Draw) -> Built {
    let (a, b) = pair(d);
    let third = if d.flag() { vec![] } else { a.clone() };
    Built::new(vec![free(d, &a), free(d, &b), free(d, &third)])
}

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for op in [
        "Abs", "Neg", "Exp", "Erf", "Sin", "Cos", "Atan", "Sinh", "Cosh", "Asinh", "Identity",
    ] {
        cases.push(Case::new(op, signed));
    }
    for op in ["Log", "Sqrt", "Reciprocal"] {
        cases.push(Case::new(op, above_zero));
    }
    for op in ["Asin", "Acos", "Atanh"] {
        cases.push(Case::new(op, below_one));
    }
    for op in ["Add", "Sub", "Mul"] {
        cases.push(Case::new(op, two));
    }
    for op in ["Max", "Min"] {
        cases.push(Case::new(op, apart));
    }
    for op in ["Sum", "Mean"] {
        cases.push(Case::new(op, several));
    }
    cases.extend([
        Case::new("Tan", |d| within(d, -1.2, 1.2)),
        Case::new("Acosh", |d| within(d, 1.3, 4.0)),
        Case::new("Div", |d| {
            let (a, b) = pair(d);
            let m = b.iter().product();
            Built::new(vec![free(d, &a), Input::Free(b, d.away(m, 0.5, 2.0))])
        }),
        Case::new("Pow", |d| {
            let (a, b) = pair(d);
            Built::new(vec![positive(d, &a, 0.4, 2.0), free(d, &b)])
        }),
        Case::new("Pow", |d| {
            let shape = d.shape(2, 1, 4);
            let exponent = d.one(&[0.0, 1.0, 2.0, 3.0, -1.0, -2.0]);
            Built::new(vec![free(d, &shape), Input::Fixed(vec![], vec![exponent])])
        }),
        Case::new("Clip", |d| {
            let shape = d.shape(2, 1, 5);
            let (low, high) = (d.number(-1.5, -0.2) as f32, d.number(0.2, 1.5) as f32);
            Built::new(vec![
                free(d, &shape),
                Input::Fixed(vec![], vec![low]),
                Input::Fixed(vec![], vec![high]),
            ])
        }),
        Case::new("Where", |d| {
            let (a, b) = pair(d);
            let n = a.iter().product();
            let mask = (0..n).map(|_| d.int(0, 1)).collect();
            Built::new(vec![
                Input::Whole(Elem::Bool, a.clone(), mask),
                free(d, &b),
                free(d, &a),
            ])
        }),
        Case::new("Dropout", |d| {
            let shape = d.shape(2, 2, 5);
            let training = d.int(0, 1);
            Built::new(vec![
                free(d, &shape),
                Input::Fixed(vec![], vec![0.4]),
                Input::Whole(Elem::Bool, vec![], vec![training]),
            ])
        }),
        // The types differ between the two graphs compared, so only a cast to the same type is smooth.
        Case::new("CastLike", |d| {
            let shape = d.shape(2, 1, 4);
            Built::new(vec![free(d, &shape), Input::Fixed(vec![1], vec![0.0])])
        }),
        Case::new("Cast", |d| {
            let shape = d.shape(2, 1, 4);
            let mut built = Built::new(vec![free(d, &shape)]);
            built.finish = |spec| {
                let code = if spec.inputs[0].elem == Some(Elem::F64) { 11 } else { 1 };
                for node in spec.nodes.iter_mut().filter(|n| n.op == "Cast") {
                    node.attrs.insert("to".into(), glassboard_engine::Attr::Int(code));
                }
            };
            built
        }),
    ]);
    cases
}
