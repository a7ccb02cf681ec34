//! Reductions and running sums.

use crate::draw::Draw;
use crate::harness::{Built, Case, Input, int, ints, positive};

/// Axes, kept or not, of a random input between `low` and `high`.
fn over(d: &mut Draw, low: f64, high: f64) -> Built {
    let shape = d.shape(3, 1, 4);
    let n = shape.iter().product();
    let x = if low < 0.0 {
        Input::Free(shape, d.away(n, 0.05, high))
    } else {
        positive(d, &shape, low, high)
    };
    let axes = match d.size(0, 3) {
        0 => vec![],
        1 => vec![d.int(-3, 2)],
        2 => vec![0, -1],
        _ => vec![0, 1, 2],
    };
    let (keep, noop) = (d.int(0, 1), i64::from(axes.is_empty() && d.flag()));
    Built::new(vec![x, ints(&axes)])
        .int("keepdims", keep)
        .int("noop_with_empty_axes", noop)
}

fn signed(d: &mut Draw) -> Built {
    over(d, -1.0, 2.0)
}

fn running(d: &mut Draw) -> Built {
    // An exclusive run over one element does not depend on it.
    let shape = d.shape(3, 2, 4);
    let (axis, exclusive, reverse) = (d.int(-3, 2), d.int(0, 1), d.int(0, 1));
    Built::new(vec![positive(d, &shape, -1.5, 1.5), int(axis)])
        .int("exclusive", exclusive)
        .int("reverse", reverse)
        .opset(26)
}

pub fn cases() -> Vec<Case> {
    let mut cases: Vec<Case> = [
        "ReduceSum",
        "ReduceMean",
        "ReduceMax",
        "ReduceMin",
        "ReduceProd",
        "ReduceL1",
        "ReduceL2",
        "ReduceSumSquare",
        "ReduceLogSumExp",
    ]
    .into_iter()
    .map(|op| Case::new(op, signed))
    .collect();
    cases.push(Case::new("ReduceLogSum", |d| over(d, 0.3, 2.0)));
    cases.push(Case::new("CumSum", running));
    cases.push(Case::new("CumProd", running));
    // A zero among the factors.
    cases.push(Case::new("CumProd", |d| {
        let mut built = running(d);
        if let Input::Free(_, data) = &mut built.inputs[0] {
            let at = d.size(0, data.len() - 1);
            data[at] = 0.0;
        }
        built
    }));
    cases
}
